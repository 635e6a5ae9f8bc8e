/**
 * A call of `hand_off_conversation` as it crosses from the guest: a trust boundary.
 * The guest's half cuts everything before it crosses; this schema holds it to that, because the isolate is not believed.
 */
import { z } from "zod";

export const REASON_CODE_POINTS = 500;
/** One more than is kept, so that the host can see that there was more. */
export const CROSSING_REASON_CODE_POINTS = REASON_CODE_POINTS + 1;
export const CROSSING_NUMBER_LENGTH = 64;
/** Of a longer conversation id only so much is compared. */
export const CROSSING_ID_LENGTH = 1_024;
/** Of the second and the third argument together. */
export const CROSSING_KEYS = 8;
export const CROSSING_KEY_LENGTH = 32;

/** Unpaired surrogates count as one, as they do when text is iterated. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

const context = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("conversation"), id: z.string().max(CROSSING_ID_LENGTH) }),
  z.strictObject({ type: z.enum(["missing", "not_an_object", "no_conversation", "unreadable"]) }),
]);

const absent = z.strictObject({ type: z.literal("absent") });

/** Something given that is no string: only `typeof` crosses. */
const other = z.strictObject({
  type: z.literal("other"),
  is: z.enum(["number", "boolean", "bigint", "symbol", "function", "object"]),
});

const reason = z.discriminatedUnion("type", [
  absent,
  other,
  z.strictObject({
    type: z.literal("string"),
    text: z
      .string()
      .min(1)
      .max(2 * CROSSING_REASON_CODE_POINTS)
      .refine((text) => codePoints(text) <= CROSSING_REASON_CODE_POINTS),
  }),
]);

const phoneDestination = z.discriminatedUnion("type", [
  absent,
  other,
  z.strictObject({ type: z.literal("string"), text: z.string().min(1).max(CROSSING_NUMBER_LENGTH) }),
]);

/** The keys of an argument that is an object and yet no options object, so that a misspelt name can be pointed out. */
const oddKeys = z.array(z.string().max(CROSSING_KEY_LENGTH)).max(CROSSING_KEYS).optional();

export const handOffCallSchema = z.discriminatedUnion("overflow", [
  z.strictObject({ overflow: z.literal(false), context, reason, phoneDestination, oddKeys }),
  /** The first call past the run's `handOffCalls`: what it asked for does not matter any more. */
  z.strictObject({ overflow: z.literal(true) }),
]);

/** One message over the bridge. */
export type HandOffMessage = z.infer<typeof handOffCallSchema>;

/** One call that is within the run's number of calls. */
export type HandOffCall = Extract<HandOffMessage, { overflow: false }>;
