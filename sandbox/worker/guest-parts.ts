/** Parts of a guest's messages: what a guest may send to its door, read: it can be anything, at any time. */
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

/** A fault of a guest whose runner knows where it stood. */
export interface PlacedError extends Error {
  readonly place?: string;
  /** Its time was not quite up. */
  readonly isEarly?: boolean;
}

const MAX_SHOWN = 4_000;
/** What isolated-vm says in the place of an object that is no error. */
const NO_ERROR = "An object was thrown from supplied code within isolated-vm";

/** What came out of a turn. A promise can be rejected with anything, and what was no error does not come out as one. */
export function thrown(reason: unknown): PlacedError {
  if (typeof reason !== "object" || reason === null) return nonError(shownPrimitive(reason));
  const { message, name } = reason as Partial<Record<keyof Error, unknown>>;
  if (typeof message !== "string" || typeof name !== "string" || message.startsWith(NO_ERROR))
    return nonError("an object");
  return reason as PlacedError;
}

function nonError(what: string): PlacedError {
  return { name: "NonError", message: `${what} was thrown, which is not an Error` };
}

function shownPrimitive(reason: unknown): string {
  if (typeof reason === "string") return `the string "${reason.slice(0, MAX_SHOWN)}"`;
  if (typeof reason === "symbol" || typeof reason === "function") return `a ${typeof reason}`;
  return typeof reason === "bigint" ? "a BigInt" : String(reason);
}
