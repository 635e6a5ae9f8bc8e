/** Output of esbuild in the words and positions of the author: its messages and its source map. Runs in the compile process. */
import type { Diagnostic } from "../../diagnostic.ts";

export interface KnownModule {
  readonly module: { readonly name: string; readonly owner: "action" | "package" };
  readonly text: string;
}

/** The part of esbuild's messages that is read here. */
export interface EsbuildMessage {
  readonly text: string;
  readonly detail?: unknown;
  readonly location: {
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly lineText: string;
  } | null;
}

export const JSX_SENTENCE = "JSX is not supported in actions.";
const MESSAGES = 20;
const MESSAGE_LENGTH = 600;

export async function diagnose(
  messages: readonly EsbuildMessage[],
  severity: Diagnostic["severity"],
  modules: ReadonlyMap<string, KnownModule>,
): Promise<Diagnostic[]> {
  if (messages.length === 0) return [];
  // Loaded only now: most compiles have nothing to draw.
  const { codeFrame, printable } = await import("../../code-frame.ts");
  return messages.slice(0, MESSAGES).map((message) => {
    const known = message.location === null ? undefined : modules.get(message.location.file);
    const { code, text } = inOurWords({ ...message, text: byName(message.text, modules) }, severity, known);
    const said = { code, message: printable(text).slice(0, MESSAGE_LENGTH), severity };
    if (known === undefined || message.location === null)
      return { ...said, file: null, line: null, column: null, frame: null };
    const { line, column } = position(message.location, known.text);
    return { ...said, file: printable(known.module.name), line, column, frame: codeFrame(known.text, line, column) };
  });
}

function position(
  at: { line: number; column: number; lineText: string },
  text: string,
): { line: number; column: number } {
  const lines = text.split("\n", at.line + 1);
  // The comment put behind every source is not the author's: its line means the end of theirs.
  if (at.line > lines.length || (at.line === lines.length && lines[at.line - 1] === undefined)) {
    return { line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
  }
  // esbuild counts bytes, people and V8 count UTF-16 units.
  const before = Buffer.from(lines[at.line - 1] ?? "")
    .subarray(0, at.column)
    .toString("utf8");
  return { line: at.line, column: before.length + 1 };
}

/** esbuild's own names of modules, replaced by those that people know. */
function byName(text: string, modules: ReadonlyMap<string, KnownModule>): string {
  return text.replaceAll(/"([a-z]+-[0-9a-f]{32}:[^"]*)"/g, (whole, key: string) => {
    const name = modules.get(key)?.module.name;
    return name === undefined ? whole : `"${name}"`;
  });
}

function inOurWords(
  message: EsbuildMessage,
  severity: Diagnostic["severity"],
  known: KnownModule | undefined,
): { code: string; text: string } {
  const { text } = message;
  if (typeof message.detail === "string") return { code: message.detail, text };
  if (severity === "warning") return { code: "COMPILE_WARNING", text };
  if (text.startsWith("Top-level await is")) {
    const ofPackage = `${known?.module.name} awaits while it loads (top-level await), which no module of an action can; use another version or package.`;
    const own = "An action cannot await while its module loads; move the await into execute_action.";
    return { code: "TOP_LEVEL_AWAIT", text: known?.module.owner === "package" ? ofPackage : own };
  }
  if (text.startsWith("Could not resolve")) {
    return {
      code: "IMPORT_REFUSED",
      text: "Files cannot be imported by a pattern; name each file in an import of its own.",
    };
  }
  if (text.startsWith("The JSX syntax extension")) return { code: "SYNTAX_ERROR", text: JSX_SENTENCE };
  return { code: "SYNTAX_ERROR", text: /[.!?]$/.test(text) ? text : `${text}.` };
}

/** Of the author's own texts together: they cross to the host in one message, and an action may import what it never uses. */
const TEXT_CHARS = 2 * 1024 * 1024;

/** Gives the sources the names that people know, and keeps the text of the author's own files only: the shortest first, as long as there is room. */
export function ownMap(text: string, modules: ReadonlyMap<string, KnownModule>): string {
  const map = JSON.parse(text) as { sources: string[]; sourcesContent?: (string | null)[] };
  const known = map.sources.map((source) => modules.get(source));
  const own = known.filter((found) => found?.module.owner === "action") as KnownModule[];
  let left = TEXT_CHARS;
  const kept = new Set(
    own.toSorted((a, b) => a.text.length - b.text.length).filter(({ text }) => (left -= text.length) >= 0),
  );
  return JSON.stringify({
    ...map,
    sources: known.map((found) => found?.module.name ?? "unknown"),
    sourcesContent: known.map((found) => (found !== undefined && kept.has(found) ? found.text : null)),
  });
}
