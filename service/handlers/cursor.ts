/** Cursors of pages: opaque to callers, and no promise of what is in them. */
import { invalid } from "../fault.ts";

export function writeCursor(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

export function readCursor(text: string | undefined, length: number): readonly (string | number)[] | null {
  if (text === undefined) return null;
  try {
    const parts = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as unknown;
    if (Array.isArray(parts) && parts.length === length) return parts as (string | number)[];
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
