/** Mistakes in the text of a context, each with its line and column: its JSON first, then what the runtime's own schema says of it. */
import { LineCounter, parseDocument } from "yaml";
import { contextSchema } from "../runtime/context.ts";
import { DEFAULT_LIMITS } from "../runtime/limits.ts";
import type { Json } from "../sandbox/index.ts";
import { findJsonMistake } from "./json-position.ts";
import { contextChannelMistake } from "./scenarios/load.ts";

export interface ContextMistake {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

const MOST = 50;
/** Beyond it mistakes are named without their place: finding it is not worth what it costs. */
const PLACED_CHARACTERS = 300_000;

export function checkContext(text: string): ContextMistake[] {
  const mistake = findJsonMistake(text);
  if (mistake !== null) {
    const { line, column, expected } = mistake;
    return [{ line, column, message: `This is not JSON: expected ${expected}.` }];
  }
  const value = JSON.parse(text) as Json;
  const bytes = Buffer.byteLength(JSON.stringify(value));
  const found: { readonly path: readonly PropertyKey[]; readonly message: string }[] = [];
  if (bytes > DEFAULT_LIMITS.contextBytes)
    found.push({ path: [], message: `It has ${bytes} bytes; contextBytes allows ${DEFAULT_LIMITS.contextBytes}.` });
  const read = contextSchema.safeParse(value);
  if (!read.success) {
    const issues = read.error.issues.slice(0, MOST);
    found.push(...issues.map(({ path, message }) => ({ path, message: sentenceOf(path, message) })));
  }
  const channel = contextChannelMistake(value);
  if (channel !== null)
    found.push({ path: ["conversation", "latestChannel"], message: `conversation.latestChannel: ${channel}.` });
  if (found.length === 0) return [];
  const place = placesOf(text);
  return found.map(({ path, message }) => ({ ...place(path), message }));
}

function sentenceOf(path: readonly PropertyKey[], message: string): string {
  return `${path.join(".") || "the context"}: ${message.replace(/^Invalid input: /, "").replace(", received undefined", "; it is missing")}.`;
}

type Place = { readonly line: number; readonly column: number };

/** JSON is YAML, and its parser knows where everything stands. A key that is missing is shown at the object that lacks it. */
function placesOf(text: string): (path: readonly PropertyKey[]) => Place {
  const top = { line: 1, column: 1 };
  if (text.length > PLACED_CHARACTERS) return () => top;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, logLevel: "silent" });
  return (path) => {
    for (let depth = path.length; depth > 0; depth -= 1) {
      const node = document.getIn(path.slice(0, depth), true) as { readonly range?: readonly number[] } | undefined;
      const at = node?.range?.[0];
      if (at === undefined) continue;
      const { line, col } = lines.linePos(at);
      return { line, column: col };
    }
    return top;
  };
}
