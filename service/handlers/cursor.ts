/** Cursors of pages: opaque to callers, and no promise of what is in them. */
import { invalid } from "../fault.ts";

export function writeCursor(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

interface Kinds {
  readonly number: number;
  readonly string: string;
}
type Kind = keyof Kinds;
type PartsOf<K extends readonly Kind[]> = { readonly [At in keyof K]: Kinds[K[At]] };

/** `kinds` says what stands in it; a cursor of another list, or one that was changed, is no cursor of this one. */
export function readCursor<const K extends readonly Kind[]>(text: string | undefined, ...kinds: K): PartsOf<K> | null {
  if (text === undefined) return null;
  try {
    const parts = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as unknown;
    const fits = (kind: Kind, part: unknown): boolean =>
      kind === "number" ? Number.isSafeInteger(part) : typeof part === "string" && !part.includes("\0");
    if (Array.isArray(parts) && parts.length === kinds.length && kinds.every((kind, at) => fits(kind, parts[at])))
      return parts as unknown as PartsOf<K>;
  } catch {
    // Below.
  }
  throw invalid("query.cursor", "is not a cursor of this list");
}

/** `next` of a page that was asked for with one row more than it shows. */
export function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  cursor: (row: Row) => string,
): { rows: readonly Row[]; next: string | null } {
  if (rows.length <= limit) return { rows, next: null };
  const shown = rows.slice(0, limit);
  return { rows: shown, next: cursor(shown.at(-1)!) };
}
