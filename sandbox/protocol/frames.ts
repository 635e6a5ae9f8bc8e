/**
 * What host and worker process say to each other. The worker may be in a guest's hands, so everything it sends is read by a strict schema
 * before the host uses it; what the host sends is only typed. The worker imports nothing but the types from here.
 */
import { z } from "zod";
import type { Json } from "../completion.ts";
import type { Image } from "../image.ts";
import type { JournalRequest } from "../journal.ts";
import type { SandboxLimits } from "../limits.ts";
import { readPositions, readSyncCall } from "./positions.ts";
import { type Frame, JSON_KIND } from "./wire.ts";

/** Host → worker, on the main channel. */
export type HostFrame =
  | ConfigureFrame
  | RunFrame
  /** What runs have in common, attached as the JSON text of a RunSetup: runs name it by its number (positions.ts). */
  | { readonly type: "setup"; readonly setup: number }
  /** Nobody waits for this worker: it may make one more isolate ready. */
  | { readonly type: "prepare" }
  /** Its text is attached: escaped into JSON, a large one would hold up the host. */
  | { readonly type: "script"; readonly hash: string }
  | {
      readonly type: "answer";
      readonly run: number;
      readonly call: number;
      readonly answer: Answer;
      /** What it took when it was recorded. */
      readonly afterMs?: number | undefined;
    }
  /** End this run if it has not ended; the worker says how it stood. */
  | { readonly type: "stop"; readonly run: number }
  | { readonly type: "ping"; readonly ping: number };

export interface ConfigureFrame {
  readonly type: "configure";
  readonly image: Image;
  readonly memoryMiB: number;
  /** Isolates to hold ready at least; more where runs come in bursts. 0 for none. */
  readonly ahead: number;
}

/** The JSON text of the input is attached to the frame. */
export interface RunFrame {
  readonly type: "run";
  readonly run: number;
  /** The hash of a script sent before. */
  readonly script: string;
  readonly entryPoints: readonly string[];
  readonly preludeData: Readonly<Record<string, Json>>;
  readonly functions: Readonly<Record<string, { readonly mode: "sync" | "async"; readonly budget: number | null }>>;
  readonly limits: SandboxLimits;
  /**
   * Whether a turn of the guest may last no longer than the CPU time it has left. False after a busy machine cut it off too early that way:
   * then the host reads the CPU time from outside.
   */
  readonly cpuTimer: boolean;
  readonly clock: { readonly now: string | null; readonly seed: string | null };
  /** Null for a run that is neither recorded nor replayed. The worker attaches its half of the journal to `ended`. */
  readonly journal: JournalRequest | null;
}

/** Host → worker, for a host call; `value` of a byte answer has its bytes beside it in the frame. */
export type Answer =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string; readonly name: string } };

const run = z.int().min(0);
const count = z.number().min(0);
const text = z.string();
/** The guest's side cuts these; whatever is longer did not come from there. */
const shortText = z.string().max(1_000);
const stackText = z.string().max(20_000).nullable();
const guestError = z.strictObject({
  name: shortText,
  message: z.string().max(8_000),
  stack: stackText,
  code: shortText.optional(),
});

const openWork = z.strictObject({
  timers: z.int().min(0),
  calls: z.int().min(0),
  tasks: z.int().min(0),
  lateCalls: z.int().min(0),
  otherLateCalls: z.int().min(0),
  stack: stackText,
});

const runEnd = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("returned"), json: text, open: openWork.optional(), emptied: shortText.optional() }),
  z.strictObject({
    type: z.literal("threw"),
    phase: z.enum(["loading", "running"]),
    error: guestError,
    unhandled: z.boolean().optional(),
  }),
  z.strictObject({ type: z.literal("bad_result"), reason: z.enum(["not_json", "too_large"]), error: guestError }),
  z.strictObject({
    type: z.literal("no_entry"),
    found: z.strictObject({ name: shortText, type: shortText }).nullable(),
  }),
  z.strictObject({
    type: z.literal("timed_out"),
    limit: z.enum(["wall", "cpu"]),
    stack: stackText,
    waiting: z.boolean(),
  }),
  z.strictObject({ type: z.literal("out_of_memory"), stack: stackText }),
  z.strictObject({ type: z.literal("stopped") }),
]);

/** Worker → host, on the main channel. */
export const workerFrame = z.discriminatedUnion("type", [
  /** `missing` says how many isolates it could still make ready. */
  z.strictObject({ type: z.literal("ready"), missing: z.int() }),
  z.strictObject({ type: z.literal("prepared"), missing: z.int() }),
  z.strictObject({
    type: z.literal("log"),
    run,
    level: z.enum(["debug", "info", "warn", "error"]),
    message: z.string().max(20_000),
    time: shortText,
  }),
  /** Lines that were not sent so far: told as their number doubles, for the case that the run cannot tell at its end. */
  z.strictObject({ type: z.literal("dropped"), run, lines: z.int().min(0) }),
  z.strictObject({ type: z.literal("call"), run, call: z.int(), name: shortText, args: text }),
  /** The guest entered while others were in flight: from here on this run is the one that computes. */
  z.strictObject({ type: z.literal("entered"), run }),
  z.strictObject({
    type: z.literal("ended"),
    run,
    end: runEnd,
    logsDropped: z.int().min(0),
    usage: z.strictObject({ wallMs: count, hostMs: count, cpuMs: count, peakMemoryBytes: count, hostCalls: z.int() }),
  }),
  /** The run's isolate is gone and its place is free. */
  z.strictObject({ type: z.literal("freed"), run, missing: z.int() }),
  z.strictObject({ type: z.literal("pong"), ping: z.int(), heaps: z.record(shortText, count) }),
]);

/** Worker → host, on the second channel, where the worker then stands still until the answer is there. */
export const syncCallFrame = z.strictObject({ type: z.literal("call"), run, name: shortText, args: text });

export type WorkerFrame = z.infer<typeof workerFrame>;

/** A frame of the worker's main channel; throws for what no worker of ours sends. */
export function readWorkerFrame(frame: Frame): WorkerFrame {
  return frame.kind === JSON_KIND ? workerFrame.parse(JSON.parse(frame.json)) : readPositions(frame);
}

/** A frame of its second channel. */
export function readCallFrame(frame: Frame): SyncCallFrame {
  return frame.kind === JSON_KIND ? syncCallFrame.parse(JSON.parse(frame.json)) : readSyncCall(frame);
}

/** What a run has in common with others that is neither recorded nor given a clock. */
export type RunSetup = Pick<RunFrame, "entryPoints" | "preludeData" | "functions" | "limits">;

export type EndedFrame = Extract<WorkerFrame, { type: "ended" }>;
export type WorkerRunEnd = EndedFrame["end"];
export type SyncCallFrame = z.infer<typeof syncCallFrame>;
