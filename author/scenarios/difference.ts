/** Two JSON values, line by line: what was expected with "-", what came with "+", like the differences that authors know from git. */
import { isDeepStrictEqual } from "node:util";
import type { Json } from "../../sandbox/index.ts";

export interface DifferenceLine {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

/** Beyond this many lines each side is shown whole: the comparison is quadratic. */
const MOST_LINES = 400;
/** Equal lines that are kept around a difference. */
const AROUND = 3;

export function isSame(left: Json | undefined, right: Json | undefined): boolean {
  return isDeepStrictEqual(sorted(left), sorted(right));
}

export function difference(expected: Json | undefined, actual: Json | undefined): DifferenceLine[] {
  const left = linesOf(expected);
  const right = linesOf(actual);
  if (left.length > MOST_LINES || right.length > MOST_LINES) return [...mark("-", left), ...mark("+", right)];
  return shorten(align(left, right));
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

const mark = (sign: "-" | "+", lines: readonly string[]): DifferenceLine[] => lines.map((text) => ({ sign, text }));

/** By the longest common subsequence. */
function align(left: readonly string[], right: readonly string[]): DifferenceLine[] {
  const width = right.length + 1;
  const common = new Uint32Array((left.length + 1) * width);
  for (let row = left.length - 1; row >= 0; row -= 1) {
    for (let column = right.length - 1; column >= 0; column -= 1) {
      common[row * width + column] =
        left[row] === right[column]
          ? common[(row + 1) * width + column + 1]! + 1
          : Math.max(common[(row + 1) * width + column]!, common[row * width + column + 1]!);
    }
  }
  const lines: DifferenceLine[] = [];
  let row = 0;
  let column = 0;
  while (row < left.length || column < right.length) {
    if (row < left.length && column < right.length && left[row] === right[column]) {
      lines.push({ sign: " ", text: left[row]! });
      row += 1;
      column += 1;
    } else if (
      column === right.length ||
      (row < left.length && common[(row + 1) * width + column]! >= common[row * width + column + 1]!)
    ) {
      lines.push({ sign: "-", text: left[row]! });
      row += 1;
    } else {
      lines.push({ sign: "+", text: right[column]! });
      column += 1;
    }
  }
  return lines;
}

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
