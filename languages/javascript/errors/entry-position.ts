/**
 * Where an action's entry point is defined: what is shown for a run that ended without a position of its own, out of memory or killed.
 * A light scan, not a parser: comments and strings are blanked first, and a miss only costs the frame.
 */
import { codeFrame } from "../../code-frame.ts";
import { type Mapped, type Position, positionsOf } from "./stack.ts";

export interface EntryPosition extends Position {
  readonly frame: string;
}

const NOTE = "the action's entry point";

/** In the order in which entry points are looked for. */
const DEFINITIONS = [
  ...["execute_action", "executeAction"].flatMap(named),
  /\bexport\s+default\b/,
  /\bmodule\.exports\s*=/,
];

export function entryPosition(source: string, filename: string): EntryPosition | null {
  const code = blankTextAndComments(source);
  for (const definition of DEFINITIONS) {
    const found = definition.exec(code);
    if (found === null) continue;
    const before = code.slice(0, found.index);
    const line = before.split("\n").length;
    const column = found.index - (before.lastIndexOf("\n") + 1) + 1;
    const frame = codeFrame(source, line, column, NOTE);
    return frame === null ? null : { file: filename, line, column, frame };
  }
  return null;
}

/** The same for a bundle, whose source map carries the entry's text. */
export function entryPositionOf(bundle: Mapped & { readonly filename: string }): EntryPosition | null {
  const source = positionsOf(bundle).contentOf(bundle.filename);
  return source === null ? null : entryPosition(source, bundle.filename);
}

function named(name: string): RegExp[] {
  return [
    new RegExp(String.raw`\b(?:export\s+)?(?:async\s+)?function\s*\*?\s*${name}\b`),
    new RegExp(String.raw`\b(?:export\s+)?(?:const|let|var)\s+${name}\b`),
    new RegExp(String.raw`\b(?:module\.)?exports\.${name}\s*=`),
    new RegExp(String.raw`\bexport\s*\{[^{}]{0,2000}\b${name}\b`),
  ];
}

/** Same length, same lines. Goes through the text once, whatever is in it. */
function blankTextAndComments(source: string): string {
  const out: string[] = [];
  let from = 0;
  for (let at = 0; at < source.length; at += 1) {
    const end = endOfOpaque(source, at);
    if (end === null) continue;
    out.push(source.slice(from, at), source.slice(at, end).replaceAll(/[^\n]/g, " "));
    from = end;
    at = end - 1;
  }
  out.push(source.slice(from));
  return out.join("");
}

function endOfOpaque(source: string, at: number): number | null {
  const character = source[at];
  if (character === "/" && source[at + 1] === "/") return orEnd(source.indexOf("\n", at), source);
  if (character === "/" && source[at + 1] === "*") {
    const close = source.indexOf("*/", at + 2);
    return close === -1 ? source.length : close + 2;
  }
  if (character !== '"' && character !== "'" && character !== "`") return null;
  for (let next = at + 1; next < source.length; next += 1) {
    if (source[next] === "\\") next += 1;
    else if (source[next] === character) return next + 1;
    else if (source[next] === "\n" && character !== "`") return next;
  }
  return source.length;
}

function orEnd(index: number, source: string): number {
  return index === -1 ? source.length : index;
}
