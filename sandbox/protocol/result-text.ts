/**
 * Reads a run's result on the host. The worker that sent it may be in a guest's hands, so text that is no JSON or is too long breaks the protocol;
 * text that nests deeper than a host's own code can walk is an ordinary end of a hostile run.
 */
import type { Json, OpenWork, RunEnd } from "../completion.ts";

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

/** As many digits any number carries. */
const SAFE_DIGITS = 15;
/** As many digits a double can have at all. */
const MOST_DIGITS = 17;
const SHOWN = 40;

/** What every number that is lost has somewhere: an exponent, or more digits than any number carries. Most results have neither, in texts included. */
const MAY_BE_LOST = /[\d.]{16}|\d[eE]/;

/**
 * The first number of a JSON text that reads as another one: `1e400` as infinity, `1e-400` as nothing, digits past a double's precision.
 * JavaScript writes none of these by itself, but `JSON.rawJSON` and other languages do.
 */
function lostNumber(json: string): string | null {
  if (!MAY_BE_LOST.test(json)) return null;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) at = endOfString(json, at);
    else if (code === MINUS || (code >= 0x30 && code <= 0x39)) {
      let end = at + 1;
      while (end < json.length && isNumeric(json.charCodeAt(end))) end++;
      if (isLost(json.slice(at, end))) return json.slice(at, Math.min(end, at + SHOWN));
      at = end - 1;
    }
  }
  return null;
} // prettier-ignore

function isLost(text: string): boolean {
  if (text.length <= SAFE_DIGITS && !/[eE]/.test(text)) return false;
  const value = Number(text);
  const read = String(value);
  if (read === text || decimalOf(read) === decimalOf(text)) return false;
  // Not the shortest way to write it, and still all of its digits.
  return !Number.isFinite(value) || decimalOf(value.toPrecision(MOST_DIGITS)) !== decimalOf(text);
}

/** Digits without zeros around them, and the power of ten behind the last one. Anything that is no number is itself. */
function decimalOf(text: string): string {
  const found = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (found === null) return text;
  const [, sign = "", whole = "", fraction = "", power = "0"] = found;
  const digits = (whole + fraction).replace(/^0+/, "");
  let last = digits.length;
  while (last > 0 && digits[last - 1] === "0") last--;
  return last === 0 ? "0" : `${sign}${digits.slice(0, last)}e${Number(power) - fraction.length + digits.length - last}`;
}

const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const LETTER_E = 0x45;
const LETTER_SMALL_E = 0x65;

/** Of what JSON numbers are made of. */
function isNumeric(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === MINUS || code === POINT || code === PLUS || code === LETTER_E || code === LETTER_SMALL_E;
} // prettier-ignore

function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json.charCodeAt(at) !== QUOTE) at += json.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

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
