/**
 * The result of a run becomes JSON text inside the isolate, under its deadline and a cap that is kept while the text grows:
 * a small graph that shares its parts, or an array of four thousand million holes, is given up as soon as it is too long.
 */
import {
  apply,
  cut,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  isArray,
  kindOfTyped,
  ownKeys,
  stringify,
} from "./primordials.ts";

export type ResultText =
  | { readonly ok: true; readonly json: string; readonly emptied: string | null }
  | { readonly ok: false; readonly reason: "not_json" | "too_large"; readonly error: unknown };

const TOO_LARGE = { __proto__: null } as object;

export function toJsonText(value: unknown, maxChars: number): ResultText {
  let left = maxChars;
  let emptied: string | null = typeof value === "function" || typeof value === "symbol" ? typeof value : null;
  try {
    const json = stringify(value, function weigh(this: unknown, key: string, part: unknown): unknown {
      left -= leastLength(isArray(this), key, part);
      if (left < 0) throw TOO_LARGE;
      if (emptied === null && typeof part === "object" && part !== null) emptied = kindOfEmptied(part);
      return part;
    });
    if (json === undefined) return { ok: true, json: "null", emptied };
    return json.length > maxChars ? tooLarge() : { ok: true, json, emptied };
  } catch (error) {
    return error === TOO_LARGE ? tooLarge() : { ok: false, reason: "not_json", error };
  }
}

const plainPrototype = Object.prototype;
const toText = Object.prototype.toString;
const MAX_KIND = 100;

/** The class of an object that holds something and of which JSON keeps nothing: a Map, a Response, a generator, a promise. Null for any other. */
function kindOfEmptied(part: object): string | null {
  try {
    const prototype = getPrototypeOf(part);
    if (prototype === plainPrototype || prototype === null || isArray(part) || kindOfTyped(part) !== undefined)
      return null;
    const text = cut(apply(toText, part, []), MAX_KIND);
    if (text === "[object Object]" || BOXED[text]) return null;
    return hasEnumerable(part) ? null : text;
  } catch {
    return null;
  }
}

/** A key that JSON sees. The message and the stack of an error are none. */
function hasEnumerable(part: object): boolean {
  const keys = ownKeys(part);
  for (let at = 0; at < keys.length; at++)
    if (typeof keys[at] === "string" && getOwnPropertyDescriptor(part, keys[at]!)?.enumerable === true) return true;
  return false;
}

/** Objects around a text, a number or a yes and no are written as what they hold. */
const BOXED = {
  __proto__: null,
  "[object String]": true,
  "[object Number]": true,
  "[object Boolean]": true,
} as unknown as Readonly<Record<string, boolean>>;

/** What a part adds to the text at least; never more than it does, because a result may fill its limit to the last character. */
function leastLength(inArray: boolean, key: string, part: unknown): number {
  const type = typeof part;
  const text = type === "string" ? (part as string).length + 2 : 1;
  if (inArray || key === "") return text;
  return type === "undefined" || type === "function" || type === "symbol" ? 0 : key.length + 3 + text;
}

function tooLarge(): ResultText {
  return { ok: false, reason: "too_large", error: null };
}
