/**
 * Reads a run's result on the host. The worker that sent it may be in a guest's hands, so text that is no JSON or is too long breaks the protocol;
 * text that nests deeper than a host's own code can walk is an ordinary end of a hostile run.
 */
import type { Json, OpenWork, RunEnd } from "../completion.ts";
import { lostNumber } from "./lost-number.ts";

/** Levels of arrays and objects. Cloning, comparing or writing a value recurses once a level on the host. */
export const MAX_DEPTH = 1_000;

/** How V8 spells a position in the script that ran. */
const POSITION = "baton:action:";

/** What the worker says beside the text. */
interface Beside {
  readonly open?: OpenWork | undefined;
  readonly emptied?: string | undefined;
}

export function readResult(json: string, maxBytes: number, { open, emptied }: Beside = {}): RunEnd {
  if (Buffer.byteLength(json) > maxBytes) throw new RangeError("a result over its cap");
  if (isDeep(json)) return { type: "bad_result", reason: "not_json", error: TOO_DEEP };
  const value = JSON.parse(json) as Json;
  const lost = lostNumber(json);
  const more = {
    ...(open === undefined || isNothing(open) ? {} : { open }),
    ...(emptied === undefined ? {} : { emptied }),
    ...(json.includes(POSITION) ? { hasPositions: true } : {}),
  };
  if (lost === null) return { type: "returned", value, ...more };
  const message = `it holds the number ${lost}, which JSON cannot carry back and forth`;
  return { type: "bad_result", reason: "not_json", error: { name: "RangeError", message, stack: null } };
}

const isNothing = ({ timers, calls, tasks, lateCalls, otherLateCalls }: OpenWork): boolean =>
  timers + calls + tasks + lateCalls + otherLateCalls === 0;

const TOO_DEEP = { name: "RangeError", message: `it nests deeper than ${MAX_DEPTH} levels`, stack: null };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const opens = (code: number): boolean => code === 0x5b || code === 0x7b;
const closes = (code: number): boolean => code === 0x5d || code === 0x7d;

/** Of well-formed JSON. */
export function isDeep(json: string): boolean {
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
