/**
 * Answers of providers, read by a schema: a provider is other people's code, often in plain JavaScript, and `true` or `"delivered"` is
 * no answer. What cannot be read counts as a failure whose code names the provider, so that the row goes on and ends.
 */
import { z } from "zod";
import { fieldOf } from "../base/thrown.ts";
import type { DeliveryResult, Provider, TransferResult } from "./provider.ts";

const MAX_CODE = 200;
// One line of printable text, short enough for a column, a log line and a table.
const code = z.string().transform((text) =>
  text
    .replaceAll(/[^\x20-\x7e]+/g, " ")
    .trim()
    .slice(0, MAX_CODE),
);
const named = code.pipe(z.string().min(1));

const deliverySchema = z.discriminatedUnion("type", [
  // Its code is a remark: one that cannot be read takes no delivery back.
  z.object({ type: z.literal("delivered"), code: named.optional().catch(undefined) }),
  z.object({ type: z.literal("retry"), code: named, afterMs: z.number().nonnegative().optional() }),
  z.object({ type: z.literal("dead"), code: named }),
]);

const transferSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("accepted") }),
  z.object({ type: z.literal("refused"), code: named }),
  z.object({ type: z.literal("unknown"), code: named }),
]);

export function readDelivery(provider: Provider, answer: unknown): DeliveryResult {
  const read = deliverySchema.safeParse(fieldsOf(answer));
  return read.success ? (read.data as DeliveryResult) : { type: "retry", code: unreadable(provider) };
}

/** An answer that cannot be read may stand for a call that rings already: it is unknown. */
export function readTransfer(provider: Provider, answer: unknown): TransferResult {
  const read = transferSchema.safeParse(fieldsOf(answer));
  return read.success ? read.data : { type: "unknown", code: unreadable(provider) };
}

/** Each by itself: a getter of the answer may throw. */
function fieldsOf(answer: unknown): unknown {
  if (typeof answer !== "object" || answer === null) return answer;
  return Object.fromEntries(["type", "code", "afterMs"].map((field) => [field, fieldOf(answer, field)]));
}

const INVALID = "_answer_invalid";
/** A name may be anything, and this stands in a column and in lines of the log. */
export const unreadable = ({ name }: Pick<Provider, "name">): string => {
  const shown = code.parse(name).slice(0, MAX_CODE - INVALID.length);
  return `${shown === "" ? "provider" : shown}${INVALID}`;
};
