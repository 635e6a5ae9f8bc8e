/**
 * Puts other texts in the place of those in a result, in slices. A walk with a list of its own, in place: a result can be made of nothing but
 * a hundred thousand empty lists, and a promise for each or a copy of each would hold the event loop.
 */
import type { MaybePromise } from "../base/promises.ts";
import { type Slices, createStride } from "../base/slices.ts";
import type { Json } from "../sandbox/index.ts";

export interface Replacements {
  readonly text: (text: string) => MaybePromise<string>;
  /** What a field is called then; as it is where this is left out. */
  readonly key?: (key: string) => string;
}

/** The value was read from a run's text and is held by nothing else: what changes is changed in it. Only a text by itself has to be returned. */
export async function replaceTexts(value: Json, { text, key: nameOf }: Replacements, slices: Slices): Promise<Json> {
  if (typeof value === "string") return text(value);
  const open: Json[] = [value];
  const step = createStride(slices);
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (one === null || typeof one !== "object") continue;
    const fields = one as Record<string | number, Json>;
    const keys = Array.isArray(one) ? null : Object.keys(one);
    const count = keys?.length ?? (one as readonly Json[]).length;
    let isRenamed = false;
    for (let at = 0; at < count; at++) {
      const pause = step();
      if (pause !== undefined) await pause;
      const key = keys === null ? at : keys[at]!;
      if (typeof key === "string" && nameOf !== undefined) isRenamed ||= nameOf(key) !== key;
      const item = fields[key]!;
      if (typeof item === "object") open.push(item);
      else if (typeof item === "string") {
        const made = text(item);
        const replaced = typeof made === "string" ? made : await made;
        if (replaced !== item) Object.defineProperty(fields, key, { value: replaced });
      }
    }
    if (isRenamed) rename(fields, nameOf!);
  }
  return value;
}

/** Gives fields other names and keeps their order; of two that now have one name the later stays. */
function rename(fields: Record<string, Json>, nameOf: (key: string) => string): void {
  const entries = Object.entries(fields);
  for (const [key] of entries) delete fields[key];
  for (const [key, value] of entries)
    Object.defineProperty(fields, nameOf(key), { value, enumerable: true, writable: true, configurable: true });
}
