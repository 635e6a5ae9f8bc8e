/**
 * The result of a run becomes JSON text inside the isolate, under its deadline and a cap that is kept while the text grows:
 * a small graph that shares its parts, or an array of four thousand million holes, is given up as soon as it is too long.
 */
import { isArray, stringify } from "./primordials.ts";

export type ResultText =
  | { readonly ok: true; readonly json: string }
  | { readonly ok: false; readonly reason: "not_json" | "too_large"; readonly error: unknown };

const TOO_LARGE = { __proto__: null } as object;

export function toJsonText(value: unknown, maxChars: number): ResultText {
  let left = maxChars;
  try {
    const json = stringify(value, function weigh(this: unknown, key: string, part: unknown): unknown {
      left -= leastLength(isArray(this), key, part);
      if (left < 0) throw TOO_LARGE;
      return part;
    });
    if (json === undefined) return { ok: true, json: "null" };
    return json.length > maxChars ? tooLarge() : { ok: true, json };
  } catch (error) {
    return error === TOO_LARGE ? tooLarge() : { ok: false, reason: "not_json", error };
  }
}

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
