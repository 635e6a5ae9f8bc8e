/**
 * The completion of a run: how one run in the sandbox ended, raw: nothing here knows what the script was for. The caller settles what it means.
 */
import type { Json } from "../base/json.ts";
import type { Journal } from "./journal.ts";

export type { Json } from "../base/json.ts";

export interface Completion {
  readonly end: RunEnd;
  readonly logs: readonly LogLine[];
  /** Lines that the run wrote past its log limits. */
  readonly logsDropped: number;
  readonly usage: Usage;
  /** Of a run that was recorded or replayed. */
  readonly journal?: Journal | undefined;
}

export type RunEnd =
  /** `value` was read from the text that the isolate made of the result; undefined became null. */
  | {
      readonly type: "returned";
      readonly value: Json;
      readonly open?: OpenWork | undefined;
      readonly hasPositions?: boolean;
      /** The kind of a part of the result that held something and of which JSON kept nothing, as `[object Map]`. */
      readonly emptied?: string | undefined;
    }
  /** The script threw or rejected, while loading (`phase: "loading"`) or running. */
  | {
      readonly type: "threw";
      readonly phase: "loading" | "running";
      readonly error: GuestError;
      /** A promise was rejected before anything had handled it. */
      readonly unhandled?: boolean | undefined;
    }
  /** It returned what JSON text cannot carry, or too much of it. */
  | { readonly type: "bad_result"; readonly reason: "not_json" | "too_large"; readonly error: GuestError }
  /** None of the asked entry points is exported, or the one found is no function. */
  | { readonly type: "no_entry"; readonly found: null | { readonly name: string; readonly type: string } }
  | {
      readonly type: "timed_out";
      readonly limit: "wall" | "cpu";
      readonly stack: string | null;
      readonly waiting: boolean;
    }
  | { readonly type: "out_of_memory"; readonly stack: string | null }
  /** The worker process died. `ownFault` is false where another run of the same process is to blame. */
  | { readonly type: "crashed"; readonly reason: string; readonly ownFault: boolean }
  | { readonly type: "cancelled" }
  /** Never ran: the queue was full, or it had waited there for too long. */
  | { readonly type: "refused"; readonly waited?: boolean };

/** What was left open when the result was there, and what came after it. `stack` is where the first of it began. */
export interface OpenWork {
  readonly timers: number;
  readonly calls: number;
  /** Tasks and coroutines that nothing awaited, in a language that has them. */
  readonly tasks: number;
  /** Calls after the end that a prelude refused by itself: hand-offs that the action asked for too late. */
  readonly lateCalls: number;
  readonly otherLateCalls: number;
  readonly stack: string | null;
}

/** What the isolate made of something thrown: text only, already capped. */
export interface GuestError {
  readonly name: string;
  readonly message: string;
  /** V8's text, with positions in the script that ran; null where the thrown thing had none. */
  readonly stack: string | null;
  /** A string `code` property of the thrown error, if it had one. */
  readonly code?: string | undefined;
}

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  /** ISO 8601, by the clock of the run. */
  readonly time: string;
}

export interface Usage {
  /** Milliseconds from the request until the run began. */
  readonly queuedMs: number;
  /** Milliseconds the run took, without the waits for synchronous host functions. */
  readonly wallMs: number;
  /** Milliseconds the guest waited for host functions: for synchronous ones, and idle while an asynchronous one (`fetch`) was open; the latter are in `wallMs` too. */
  readonly hostMs: number;
  /** Milliseconds of thread CPU time. */
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
  /** Calls that left the worker process. */
  readonly hostCalls: number;
}
