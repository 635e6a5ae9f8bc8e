/** Two JSON values, line by line: what was expected with "-", what came with "+", like the differences that authors know from git. */
import { isDeepStrictEqual } from "node:util";
import { diffArrays } from "diff";
import type { Json } from "../../sandbox/index.ts";

export interface DifferenceLine {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

/** Beyond this many changed lines each side is shown whole: what is searched grows with their square. */
const MAX_CHANGES = 400;
/** Equal lines that are kept around a difference. */
const AROUND = 3;

export function isSame(left: Json | undefined, right: Json | undefined): boolean {
  return isDeepStrictEqual(sorted(left), sorted(right));
}

export function difference(expected: Json | undefined, actual: Json | undefined): DifferenceLine[] {
  const left = linesOf(expected);
  const right = linesOf(actual);
  const changes = diffArrays(left, right, { maxEditLength: MAX_CHANGES });
  if (changes === undefined) return [...mark("-", left), ...mark("+", right)];
  return shorten(changes.flatMap(({ added, removed, value }) => mark(added ? "+" : removed ? "-" : " ", value)));
}

function linesOf(value: Json | undefined): string[] {
  return value === undefined ? ["(nothing)"] : JSON.stringify(sorted(value), null, 2).split("\n");
}

function sorted(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((part) => sorted(part as Json)!);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part as Json)!]));
}

const mark = (sign: DifferenceLine["sign"], lines: readonly string[]): DifferenceLine[] =>
  lines.map((text) => ({ sign, text }));

function shorten(lines: readonly DifferenceLine[]): DifferenceLine[] {
  const isNear = lines.map((_, index) =>
    lines.slice(Math.max(0, index - AROUND), index + AROUND + 1).some(({ sign }) => sign !== " "),
  );
  const kept: DifferenceLine[] = [];
  for (const [index, line] of lines.entries()) {
    if (isNear[index]) kept.push(line);
    else if (index === 0 || isNear[index - 1]) kept.push({ sign: " ", text: "…" });
  }
  return kept;
}
