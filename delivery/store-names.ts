/** Names as a store's indexes hold them: a plain and short one is its own key, any other has its hash as key. */
import { createHash } from "node:crypto";

/** Bytes of UTF-8. Three keys of an index fit a page of PostgreSQL. */
const LONGEST_KEY = 800;
const HASHED = /^sha256:[0-9a-f]{64}$/;

export function keyOf(name: string): string {
  const plain = !name.includes("\0") && name.isWellFormed() && Buffer.byteLength(name) <= LONGEST_KEY;
  if (plain && !HASHED.test(name)) return name;
  // As UTF-16: lone surrogates differ there.
  return `sha256:${createHash("sha256").update(Buffer.from(name, "utf16le")).digest("hex")}`;
}

/** The name of an execution whose row has its key. */
export function nameIn(row: { readonly executionId: string; readonly ids?: string | null }): string {
  return row.ids ? ((JSON.parse(row.ids) as { executionId?: string }).executionId ?? row.executionId) : row.executionId;
}
