/**
 * Takes a member out of a long JSON text before that is parsed: what is not read need not be built, and a value of many parts costs the collector of
 * garbage more than the reader.
 */
import type { Slices } from "../slices.ts";
import { COMMA, LIST, LIST_END, OBJECT, OBJECT_END, QUOTE, isEscaped } from "./characters.ts";

/** Characters between two looks at the clock. */
const STEPS = 64 * 1024;

export interface Skimmed {
  /** With `{}` for the value of the member. */
  readonly rest: string;
  /** The text of its value; null where there is no such member, or its value is no object. */
  readonly member: string | null;
}

/** `text` is an object as `JSON.stringify` writes it. */
export async function takeOut(text: string, key: string, slices: Slices): Promise<Skimmed> {
  const whole = { rest: text, member: null };
  const name = JSON.stringify(key);
  let looked = 0;
  for (let at = 1; text.charCodeAt(at) === QUOTE;) {
    const colon = afterText(text, at);
    const begin = colon + 1;
    let end = begin;
    for (let depth = 0; ;) {
      const code = text.charCodeAt(end);
      if (depth === 0 && (code === COMMA || code === OBJECT_END)) break;
      if (Number.isNaN(code)) return whole;
      if (code === QUOTE) end = afterText(text, end);
      else {
        if (code === LIST || code === OBJECT) depth++;
        else if (code === LIST_END || code === OBJECT_END) depth--;
        end++;
      }
      if (end - looked < STEPS) continue;
      looked = end;
      await slices.pause();
    }
    const isIt = text.startsWith(name, at) && colon === at + name.length && text.charCodeAt(begin) === OBJECT;
    if (isIt) return { rest: `${text.slice(0, begin)}{}${text.slice(end)}`, member: text.slice(begin, end) };
    at = end + 1;
  }
  return whole;
}

/** Where the text ends that begins with the quote at `at`. */
function afterText(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end !== -1; end = text.indexOf('"', end + 1))
    if (!isEscaped(text, end)) return end + 1;
  return text.length;
}
