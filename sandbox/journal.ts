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
const LINE_ITEMS = 1_000;
/** Replies of four million characters, each of which may take six in JSON text. */
const LINE_BYTES = 26 * 1024 * 1024;
const LINE_END = 0x0a;

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

/** One line of a worker's half of the journal. */
const lineSchema = z.strictObject({
  turns: z.array(turnSchema).max(LINE_ITEMS).optional(),
  calls: z.array(name).max(LINE_ITEMS).optional(),
  replies: z.array(replySchema).max(LINE_ITEMS).optional(),
  lost: z.string().max(300).nullable().optional(),
});

export type Turn = z.infer<typeof turnSchema>;
export type WorkerReply = z.infer<typeof replySchema>;

/** A worker's half of the journal. */
export interface WorkerJournal {
  readonly turns: readonly Turn[];
  /** Names of the host functions that were called, in the guest's own order. */
  readonly calls: readonly string[];
  readonly replies: readonly WorkerReply[];
  /** Why it is not whole; null where it is. */
  readonly lost: string | null;
}

/**
 * Reads what a worker wrote. `pause` is asked between two lines, so that a long journal does not hold the host up. Rejects for what no worker of ours
 * writes.
 */
export async function readWorkerJournal(
  written: Uint8Array,
  pause: () => Promise<void> | undefined,
): Promise<WorkerJournal> {
  const turns: Turn[] = [];
  const calls: string[] = [];
  const replies: WorkerReply[] = [];
  let lost: string | null = null;
  const text = Buffer.from(written.buffer, written.byteOffset, written.byteLength);
  for (let at = 0; at < text.length;) {
    const found = text.indexOf(LINE_END, at);
    const end = found === -1 ? text.length : found;
    if (end - at > LINE_BYTES) throw new RangeError("a line that is too long");
    const line = lineSchema.parse(JSON.parse(text.toString("utf8", at, end)));
    turns.push(...(line.turns ?? []));
    calls.push(...(line.calls ?? []));
    replies.push(...(line.replies ?? []));
    lost ??= line.lost ?? null;
    if (turns.length > MAX_TURNS || calls.length > MAX_CALLS || replies.length > MAX_REPLIES)
      throw new RangeError("more than a worker writes");
    at = end + 1;
    await pause();
  }
  return { turns, calls, replies, lost };
}

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
  /** What `readWorkerJournal` reads; null where the worker took its half along. */
  readonly worker: Uint8Array | null;
  /** In the order in which the host heard of them. */
  readonly calls: readonly MadeCall[];
  /** Why they are not whole; null where they are. */
  readonly lost: string | null;
  /** Of all of it, about. */
  readonly bytes: number;
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
