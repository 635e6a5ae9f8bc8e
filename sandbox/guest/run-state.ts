/** The state of a run: where a run stands inside its isolate: what the bootstrap and its parts share. */
export interface RunState {
  phase: "preparing" | "loading" | "running" | "ended";
  clock: Clock;
  argumentChars: number;
  /** Calls that came after the end: of host functions that stand for a promise to the customer, and of all others. */
  lateCalls: number;
  otherLateCalls: number;
}

/** The clock of a run: V8's own, unless the host sets one (parts/clock.ts). */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Moves a clock that stands still. */
  advance(ms: number): void;
  /** Of a run that is recorded: what the clock shows until the next turn. */
  set(at: number | undefined): void;
  /** 32 random bits; null where randomness is V8's own. */
  readonly bits: (() => number) | null;
}

/** With a seed, time moves by this much at every host answer. */
export const HOST_ANSWER_MS = 1;
