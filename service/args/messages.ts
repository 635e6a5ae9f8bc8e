/** Messages of the process that reads types: what it is asked, and what it answers: one line of JSON text each. */
import { z } from "zod";

export interface ArgsQuestion {
  readonly id: number;
  readonly path: string;
}

/** Characters of a schema that a model would be shown: it stands in each list of tools and of versions. */
export const SCHEMA_CHARS = 64 * 1024;
/** Of a line with such a schema, in any script. */
export const LINE_BYTES = 4 * SCHEMA_CHARS;

/** The reader is loaded. */
const ready = z.strictObject({ ready: z.literal(true) });
const answer = z.strictObject({
  id: z.int(),
  /** Null: the action does not say what its arguments are, in a way that can be read without running it; or its schema is too long. */
  args: z.record(z.string(), z.unknown()).nullable(),
});

export const argsLine = z.union([ready, answer]);
export type ArgsReady = z.output<typeof ready>;
export type ArgsAnswer = z.output<typeof answer>;
