/**
 * The journal of a run: in which order the guest's door gave it its turns and answers, so that the same run can be played again. A worker writes
 * it, and may be in a guest's hands: what comes from there is read by the schema below. What the host answered the host keeps by itself.
 */
import { z } from "zod";
import type { Answer } from "./protocol/answer.ts";

/** Turns and replies that a worker keeps; a run with more is played, but not to be replayed. */
export const MAX_TURNS = 50_000;
export const MAX_REPLIES = 20_000;
export const MAX_REPLY_CHARS = 4 * 1024 * 1024;
const MAX_CALLS = 100_000;

const name = z.string().max(300);

/** One turn of the guest: `of` is the how-manieth call that was answered, or timer that came due, counted from 1; `at` is the guest's clock. */
export const turnSchema = z.strictObject({
  kind: z.enum(["start", "answer", "timer"]),
  of: z.int().min(0),
  at: z.number().min(-8.64e15).max(8.64e15),
});

/** What the worker itself answered and would answer otherwise a second time: a signature, say. `of` is the digest of what was asked. */
export const replySchema = z.strictObject({
  name,
  of: z.string().max(64),
  json: z.string().max(MAX_REPLY_CHARS),
  bytes: z.base64().max(MAX_REPLY_CHARS).nullable(),
});

/** A worker's half of the journal. */
export const workerJournal = z.strictObject({
  turns: z.array(turnSchema).max(MAX_TURNS),
  /** Names of the host functions that were called, in the guest's own order. */
  calls: z.array(name).max(MAX_CALLS),
  replies: z.array(replySchema).max(MAX_REPLIES),
  /** Why it is not whole; null where it is. */
  lost: z.string().max(300).nullable(),
});

export type Turn = z.infer<typeof turnSchema>;
export type WorkerReply = z.infer<typeof replySchema>;
export type WorkerJournal = z.infer<typeof workerJournal>;

/** What a run's journal is asked for. `entropy` is the hexadecimal key of all random bytes of the run, `seed` that of `Math.random`. */
export type JournalRequest =
  | { readonly mode: "record"; readonly entropy: string; readonly seed: string }
  | {
      readonly mode: "replay";
      readonly entropy: string;
      readonly seed: string;
      /** The guest's clock at its start. */
      readonly startAt: number;
      /** Null lets the run find its own order: time passes by what its timers and answers take. */
      readonly turns: readonly Turn[] | null;
      readonly replies: readonly WorkerReply[];
    };

/** The journal as the host puts it together. */
export interface Journal {
  /** Null where the worker took its half along. */
  readonly worker: WorkerJournal | null;
  /** In the order in which they reached the host. */
  readonly calls: readonly MadeCall[];
}

export interface MadeCall {
  readonly name: string;
  /** JSON text. */
  readonly args: string;
  readonly bytes?: Uint8Array | undefined;
  /** Absent where the run ended before. */
  readonly answer?: Answer;
  readonly answerBytes?: Uint8Array | undefined;
  /** Milliseconds until the answer. */
  readonly ms?: number;
}
