/**
 * The one function that the worker gives the guest's bootstrap. Everything that leaves the isolate leaves here, as primitives and byte arrays.
 * It never throws: an error comes back as text, because a thrown one would carry the worker's stack into the isolate.
 */
export interface Door {
  /**
   * The result, and what the action left open: timers, host calls, and where the first of it began. `emptied` names what JSON kept nothing of.
   */
  (op: "done", json: string, timers: number, calls: number, stack: string | null, emptied: string | null): void;
  /** After `done`, once what was due at once has had its turn: calls that came too late. */
  (op: "close", lateCalls: number, otherLateCalls: number): void;
  (
    op: "threw",
    phase: "loading" | "running",
    name: string,
    message: string,
    stack: string | null,
    code: string | null,
  ): void;
  (op: "bad_result", reason: "not_json" | "too_large", name: string, message: string, stack: string | null): void;
  (op: "no_entry", name: string | null, type: string | null): void;
  (op: "log", level: "debug" | "info" | "warn" | "error", message: string, time: string): void;
  /** Answers with the JSON text of an Answer. */
  (op: "call", name: string, args: string): string;
  /** Answers with the JSON text of an Answer that refuses the call, or undefined once it is on its way. */
  (op: "call_async", call: number, name: string, args: string, bytes: Uint8Array | undefined): string | undefined;
  (op: "schedule", handle: number, ms: number): void;
  (op: "cancel", handle: number): void;
  /** Evaluates a part in this realm and answers with its value. */
  (op: "load_part", name: string): unknown;
  /** A pure function of the worker process: JSON text of an Answer, with bytes behind it where there are any. */
  (
    op: "call_worker",
    name: string,
    args: string,
    bytes: Uint8Array | undefined,
  ): string | { json: string; bytes: Uint8Array };
}

/** What the worker calls in the guest: one function for every turn. */
export interface Turn {
  (kind: "start", runJson: string, script: (exports: unknown, module: unknown) => void, input: string): void;
  (kind: "rehearse", runJson: string, script: (exports: unknown, module: unknown) => void, input: string): void;
  /** `at` is the clock of a run that is recorded. */
  (kind: "answer", call: number, answerJson: string, bytes: Uint8Array | undefined, at?: number): void;
  (kind: "timer", handle: number, advanceMs: number, none: undefined, at?: number): void;
}

export interface RunData {
  readonly entryPoints: readonly string[];
  readonly preludeData: Readonly<Record<string, unknown>>;
  readonly argumentChars: number;
  readonly returnChars: number;
  readonly clock: {
    readonly now: string | null;
    readonly seed: string | null;
    /** Of a run that is recorded or replayed: what the clock shows in its first turn, and the seed of `Math.random`. */
    readonly at?: number;
    readonly random?: string;
  };
}
