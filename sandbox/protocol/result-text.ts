/**
 * Reads a run's result on the host. The worker that sent it may be in a guest's hands, so text that is no JSON or is too long breaks the protocol;
 * text that nests deeper than a host's own code can walk is an ordinary end of a hostile run.
 */
import type { Json, RunEnd } from "../completion.ts";

/** Levels of arrays and objects. Cloning, comparing or writing a value recurses once a level on the host. */
export const MAX_DEPTH = 1_000;

export function readResult(json: string, maxBytes: number): RunEnd {
  if (Buffer.byteLength(json) > maxBytes) throw new RangeError("a result over its cap");
  if (isDeep(json)) return { type: "bad_result", reason: "not_json", error: TOO_DEEP };
  return { type: "returned", value: JSON.parse(json) as Json };
}

const TOO_DEEP = { name: "RangeError", message: `it nests deeper than ${MAX_DEPTH} levels`, stack: null };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const opens = (code: number): boolean => code === 0x5b || code === 0x7b;
const closes = (code: number): boolean => code === 0x5d || code === 0x7d;

function isDeep(json: string): boolean {
  if (json.length <= MAX_DEPTH * 2) return false;
  let depth = 0;
  let inString = false;
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index);
    if (code === BACKSLASH) index++;
    else if (code === QUOTE) inString = !inString;
    else if (inString) continue;
    else if (opens(code) && ++depth > MAX_DEPTH) return true;
    else if (closes(code)) depth--;
  }
  return false;
}
