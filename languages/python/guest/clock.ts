/**
 * The run's clock: the wall clock, or one that begins at a given time, one that stands still but for timers and answers of the host,
 * or that of a run that is recorded, which stands still within a turn.
 */
import { seededBits } from "../../../sandbox/guest/random.ts";

export interface PythonClock {
  now(): number;
  /** Milliseconds since the run began, and a little: a monotonic clock that starts at zero looks like one that was never set. */
  monotonic(): number;
  advance(ms: number): void;
  /** Of a run that is recorded: what the clock shows until the next turn. */
  set(at: number | undefined): void;
  /** Random bytes from the run's seed; null where they are asked of the worker. */
  readonly nextByte: (() => number) | null;
}

const MONOTONIC_START_MS = 1_000;

export function createPythonClock(now: number | null, seed: string | null, at?: number): PythonClock {
  const began = Date.now();
  const start = now ?? at ?? began;
  let stands = at;
  const bits = seed === null ? null : seededBits(seed);
  let moved = 0;
  const read = bits === null ? () => stands ?? start + (Date.now() - began) : () => start + Math.floor(moved);
  return {
    now: read,
    monotonic: () => read() - start + MONOTONIC_START_MS,
    advance(ms) {
      moved += ms;
    },
    set(time) {
      stands = time;
    },
    nextByte: bits && (() => bits() & 255),
  };
}
