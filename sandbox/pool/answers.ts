/** Answers of host functions, and their failures, as they are in a frame. */
import { HostCallError, type HostAnswer } from "../host-function.ts";
import type { Answer } from "../protocol/host-frames.ts";
import { MAX_ATTACHED_BYTES, MAX_JSON_BYTES } from "../protocol/wire.ts";

/** A frame holds the answer's text with a few words around it. */
const MAX_ANSWER_BYTES = MAX_JSON_BYTES - 1_024;

export interface Answered {
  readonly head: { readonly answer: Answer; readonly afterMs?: number | undefined };
  readonly bytes?: Uint8Array;
}

/** Throws for what no frame can carry: that is the host function's failure, and must not become the host's. */
export function toAnswered({ value, bytes, afterMs }: HostAnswer): Answered {
  const json = JSON.stringify(value);
  if (json === undefined || isTooLong(json) || (bytes?.byteLength ?? 0) > MAX_ATTACHED_BYTES)
    throw new TypeError("the answer of a host function does not fit into a frame");
  const head = { answer: { ok: true as const, value }, ...(afterMs === undefined ? {} : { afterMs }) };
  return bytes === undefined ? { head } : { head, bytes };
}

/** No character takes more than three bytes. */
const isTooLong = (json: string): boolean =>
  json.length * 3 > MAX_ANSWER_BYTES && Buffer.byteLength(json) > MAX_ANSWER_BYTES;

export function toRefused(error: unknown): Answered {
  return { head: { answer: { ok: false, error: toRefusal(error) } } };
}

/** A host function's error as the guest gets it: its own words only where it chose them for the guest. */
function toRefusal(error: unknown): { code: string; message: string; name: string } {
  if (error instanceof HostCallError) return { code: error.code, message: error.message, name: error.guestName };
  return { code: "HOST_FUNCTION_FAILED", message: "the host function failed", name: "Error" };
}
