/** What a guest may send to its door, read: it can be anything, at any time. */
/** What the guest sent in place of a text counts as none. */
export const text = (part: unknown): string => (typeof part === "string" ? part : "");
export const count = (part: unknown): number =>
  Number.isSafeInteger(part) && (part as number) > 0 ? (part as number) : 0;
/** Nor does any other kind of array count as bytes: a frame would have room for all of it and be filled with a part. */
export const bytes = (part: unknown): Uint8Array | undefined => (part instanceof Uint8Array ? part : undefined);

export function toError(parts: unknown[]): { name: string; message: string; stack: string | null; code?: string } {
  const [name, message, stack, code] = parts;
  const error = { name: text(name), message: text(message), stack: typeof stack === "string" ? stack : null };
  return typeof code === "string" ? { ...error, code } : error;
}
