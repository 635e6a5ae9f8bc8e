/** Hints for entry points: what an action without an entry point may have meant by another name. A reading of lines: a miss only costs the hint. */
import { nearest } from "../../../base/suggest.ts";
import type { Artifact } from "../../action.ts";
import { SourcePositions } from "../../source-positions.ts";

const ENTRY = "execute_action";
const HABITS = ["executeAction", "execute", "main", "handler", "lambda_handler", "run", "action"];
const FUNCTION = /^(?:async[ \t]+)?def[ \t]+([^\W\d]\w*)/gmu;
const MAX_FUNCTIONS = 1_000;

/** Whether a function's name is nearly the entry point's, so that its file was meant as an action. */
export function hasMisspeltEntry(source: string): boolean {
  return [...source.matchAll(FUNCTION)].some(([, name]) => name !== ENTRY && nearest(name!, [ENTRY]) !== null);
}

export function entryHint({ filename, map, positions = new SourcePositions(map) }: Artifact): string | null {
  const source = positions.contentOf(filename) ?? "";
  const names: string[] = [];
  for (const [, name] of source.matchAll(FUNCTION)) {
    names.push(name!);
    if (names.length === MAX_FUNCTIONS) break;
  }
  const meant = names.find((name) => nearest(name, [ENTRY]) !== null || HABITS.includes(name));
  if (meant !== undefined) return `did you mean ${ENTRY} where it says ${meant}?`;
  return /^[ \t]+(?:async[ \t]+)?def[ \t]+execute_action\b/m.test(source)
    ? `${ENTRY} is there, but inside of something else: it has to stand at the left margin.`
    : null;
}
