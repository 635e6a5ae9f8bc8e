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
      left -= isArray(this) ? 1 : key.length + 1;
      if (typeof part === "string") left -= part.length + 2;
      if (left < 0) throw TOO_LARGE;
      return part;
    });
    if (json === undefined) return { ok: true, json: "null" };
    return json.length > maxChars ? tooLarge() : { ok: true, json };
  } catch (error) {
    return error === TOO_LARGE ? tooLarge() : { ok: false, reason: "not_json", error };
  }
}

function tooLarge(): ResultText {
  return { ok: false, reason: "too_large", error: null };
}
