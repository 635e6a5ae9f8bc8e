/** Frames of the host: what it says to a worker process. They are only typed, since the worker believes its host. */
import type { Json } from "../../base/json.ts";
import type { Image } from "../image.ts";
import type { JournalRequest } from "../journal.ts";
import type { SandboxLimits } from "../limits.ts";
import type { Answer } from "./answer.ts";
import { type Frame, encodeBody } from "./wire.ts";

export type { Answer } from "./answer.ts";

/** Host → worker, on the main channel. */
export type HostFrame =
  | ConfigureFrame
  | RunFrame
  /** What runs have in common, attached as the JSON text of a RunSetup: runs name it by its number. */
  | { readonly type: "setup"; readonly setup: number }
  /** No run waits for this worker: it may make one more isolate ready. */
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
  /** End this run if it has not ended; the worker answers with how it ended. */
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
  /** Whether the worker is to say when the run reached which stage: a frame `stages` after its end. */
  readonly marked: boolean;
}

/** What a run has in common with others that is neither recorded nor given a clock. */
export type RunSetup = Pick<RunFrame, "entryPoints" | "preludeData" | "functions" | "limits">;

/** The kind of a run's frame, among those of positions.ts. */
export const RUN = 6;

/** What most runs of a host have in common is sent once, as a frame `setup`; a run then names it by its number. */
export interface PositionalRun {
  readonly run: number;
  readonly setup: number;
  readonly cpuTimer: boolean;
  readonly marked: boolean;
  readonly script: string;
  /** Of a run that is recorded: the two hexadecimal seeds of its randomness, each of its length. */
  readonly journal: { readonly mode: "record"; readonly entropy: string; readonly seed: string } | null;
}

/** Hexadecimal digits. */
const ENTROPY_DIGITS = 64;
const SEED_DIGITS = 32;

/**
 * The recording of a run that has nothing of its own but its number, its script, its input and a recording's seeds; undefined of one that has more, and
 * goes as a frame of JSON.
 */
export function journalInPlace({ clock, journal }: RunFrame): PositionalRun["journal"] | undefined {
  if (clock === undefined || clock.now !== null || clock.seed !== null) return undefined;
  if (journal === null || journal === undefined) return null;
  if (journal.mode !== "record") return undefined;
  const isInPlace = journal.entropy.length === ENTROPY_DIGITS && journal.seed.length === SEED_DIGITS;
  return isInPlace ? journal : undefined;
}

export function encodeRun({ run, setup, cpuTimer, marked, script, journal }: PositionalRun, input: string): Buffer {
  const fill = (frame: Buffer, at: number): void => {
    frame.writeUInt32LE(run, at);
    frame.writeUInt32LE(setup, at + 4);
    frame.writeUInt8((cpuTimer ? CPU_TIMER : 0) + (journal === null ? 0 : RECORDED) + (marked ? MARKED : 0), at + 8);
  };
  return encodeBody(RUN, 9, journal === null ? script : journal.entropy + journal.seed + script, fill, input);
}

const CPU_TIMER = 1;
const RECORDED = 2;
const MARKED = 4;

/** In the worker, which believes its host. */
export function readRun({ body }: Frame): PositionalRun {
  const flags = body.readUInt8(8);
  const text = body.toString("utf8", 9);
  const isRecorded = (flags & RECORDED) !== 0;
  const begin = isRecorded ? ENTROPY_DIGITS + SEED_DIGITS : 0;
  return {
    run: body.readUInt32LE(0),
    setup: body.readUInt32LE(4),
    cpuTimer: (flags & CPU_TIMER) !== 0,
    marked: (flags & MARKED) !== 0,
    script: text.slice(begin),
    journal: isRecorded
      ? { mode: "record", entropy: text.slice(0, ENTROPY_DIGITS), seed: text.slice(ENTROPY_DIGITS, begin) }
      : null,
  };
}
