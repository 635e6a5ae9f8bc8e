/**
 * Draws the author's lines around a position, for compile errors and run-time errors alike. The source is hostile text that ends
 * on terminals and in logs: control characters are shown as a replacement character, and endless lines are cut around the position.
 */
import { codeFrameColumns } from "@babel/code-frame";

const LINES_ABOVE = 2;
const LINES_BELOW = 2;
const LINE_WIDTH = 160;

/** Where a line begins in the source, so that a frame far down need not count from the top. */
export interface KnownLine {
  readonly line: number;
  readonly at: number;
}

const TOP: KnownLine = { line: 1, at: 0 };

export const firstLineOf = (line: number): number => Math.max(1, line - LINES_ABOVE);

/** `line` and `column` count from 1; `known` is no farther down than the frame's first line. Null where the source has no such line. */
export function codeFrame(
  source: string,
  line: number,
  column: number,
  message?: string,
  known: KnownLine = TOP,
): string | null {
  const first = firstLineOf(line);
  const lines = linesOf(source, first, line + LINES_BELOW, known);
  const focus = lines[line - first];
  if (focus === undefined) return null;
  const cut = focus.length > LINE_WIDTH ? Math.max(0, column - 1 - LINE_WIDTH / 2) : 0;
  const shown = lines.map((text) => printable(text.slice(cut, cut + LINE_WIDTH)));
  const at = Math.min(column - 1 - cut, (shown[line - first] ?? "").length);
  return codeFrameColumns(
    shown.join("\n"),
    { start: { line, column: Math.max(0, at) } },
    {
      linesAbove: LINES_ABOVE,
      linesBelow: LINES_BELOW,
      startLine: first,
      highlightCode: false,
      ...(message === undefined ? {} : { message: printable(message).slice(0, LINE_WIDTH) }),
    },
  );
}

/** Replaces what a terminal or a log could obey: control characters, line separators, and marks that turn the direction of text. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (found) =>
    found === "\t" ? " " : "\ufffd",
  );
}

function linesOf(source: string, first: number, last: number, known: KnownLine): string[] {
  const lines: string[] = [];
  let start = known.at;
  for (let number = known.line; number <= last && start <= source.length; number += 1) {
    const found = source.indexOf("\n", start);
    const end = found === -1 ? source.length : found;
    if (number >= first) lines.push(source.slice(start, Math.min(end, start + 2_000_000)).replace(/\r$/, ""));
    start = end + 1;
  }
  return lines;
}
