/**
 * The size of a value before it is written as JSON text, counted no further than a bound: what is long goes a way in slices, what is too long
 * goes none.
 */

export interface Size {
  /** Members and items, at any depth. */
  readonly values: number;
  /** Characters of texts and of keys: no fewer bytes of JSON text. */
  readonly chars: number;
}

/** What JSON text of it can be made and read in a turn of the event loop beside other work. */
export const SMALL: Size = { values: 2_000, chars: 128 * 1024 };

export const isWithin = (size: Size, most: Size): boolean => size.values <= most.values && size.chars <= most.chars;

export const isSmall = (value: unknown): boolean => isWithin(sizeOf(value, SMALL), SMALL);

/** Counts on until either bound is passed. What writes itself (`toJSON`) counts as one value. Throws what a getter throws. */
export function sizeOf(value: unknown, most: Size): Size {
  const open: unknown[] = [value];
  let values = 0;
  let chars = 0;
  while (open.length > 0 && values <= most.values && chars <= most.chars) {
    const one = open.pop();
    if (typeof one === "string") chars += one.length;
    if (typeof one !== "object" || one === null) continue;
    if (ArrayBuffer.isView(one)) {
      values += one.byteLength;
      chars += one.byteLength;
    } else if (Array.isArray(one)) {
      values += one.length;
      if (values <= most.values) for (let at = 0; at < one.length; at++) open.push(one[at]);
    } else if (typeof (one as { readonly toJSON?: unknown }).toJSON !== "function") {
      for (const key in one) {
        const item = (one as Readonly<Record<string, unknown>>)[key];
        if (item === undefined || typeof item === "function" || typeof item === "symbol") continue;
        chars += key.length;
        if (++values > most.values) break;
        open.push(item);
      }
    }
  }
  return { values, chars };
}
