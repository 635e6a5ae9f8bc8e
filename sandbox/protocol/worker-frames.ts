/**
 * Frames of a worker process: all that it can send on its two channels (what it writes on standard error is last-words.ts's). The worker may be in a
 * guest's hands, so each is read by a strict schema, or as strictly from fixed places (positions.ts), before the host uses any of it. wire.ts bounds how
 * large they are; how many there are, what the host asked for, and frame-budget.ts for those that no run pays for. The arguments of a call are read once
 * more, by the host function's own schema.
 */
import { z } from "zod";
import { MAX_MARKS, WORKER_STAGES } from "./stages.ts";
import { readPositions, readSyncCall } from "./positions.ts";
import { type Frame, FrameError, JSON_KIND } from "./wire.ts";

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
  /** Lines that were not sent so far: sent as their number doubles, for the case that the run's end never comes. */
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
  /** When an ended run reached which stage, of one that was to say so. */
  z.strictObject({
    type: z.literal("stages"),
    run,
    marks: z.array(z.tuple([z.enum(WORKER_STAGES), count])).max(MAX_MARKS),
  }),
]);

/** Worker → host, on the second channel, where the worker then stands still until the answer is there. */
const syncCallFrame = z.strictObject({ type: z.literal("call"), run, name: shortText, args: text });

export type WorkerFrame = z.infer<typeof workerFrame>;

/** A frame of the worker's main channel; throws for what no worker of ours sends. */
export function readWorkerFrame(frame: Frame): WorkerFrame {
  if (frame.kind !== JSON_KIND) return readPositions(frame);
  const read = workerFrame.parse(readJson(frame.json));
  if (frame.bytes !== undefined && read.type !== "call" && read.type !== "ended")
    throw new FrameError("bytes that no frame of this kind has");
  return read;
}

/** A frame of its second channel. */
export function readCallFrame(frame: Frame): SyncCallFrame {
  return frame.kind === JSON_KIND ? syncCallFrame.parse(readJson(frame.json)) : readSyncCall(frame);
}

/** What makes a frame long is text in it, a result or arguments. A megabyte of anything else would hold the host up before a schema sees it. */
const MAX_STRUCTURE = 64 * 1024;
const QUOTE = '"';

function readJson(json: string): unknown {
  if (json.length > MAX_STRUCTURE) holdStructure(json);
  return JSON.parse(json);
}

function holdStructure(json: string): void {
  let outside = 0;
  for (let at = 0; at < json.length;) {
    const start = json.indexOf(QUOTE, at);
    outside += (start === -1 ? json.length : start + 2) - at;
    if (outside > MAX_STRUCTURE) throw new FrameError("a frame that is long without a long text in it");
    if (start === -1) return;
    at = start + 1;
    while (at < json.length && json[at] !== QUOTE) at += json[at] === "\\" ? 2 : 1;
    at++;
  }
}

export type EndedFrame = Extract<WorkerFrame, { type: "ended" }>;
export type WorkerRunEnd = EndedFrame["end"];
export type SyncCallFrame = z.infer<typeof syncCallFrame>;
