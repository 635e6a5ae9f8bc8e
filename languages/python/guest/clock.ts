/** The run's clock: the wall clock, or one that begins at a given time, or one that stands still but for timers and answers of the host. */
import { seededBits } from "../../../sandbox/guest/random.ts";

export interface PythonClock {
  now(): number;
  /** Milliseconds since the run began, and a little: a monotonic clock that starts at zero looks like one that was never set. */
  monotonic(): number;
  advance(ms: number): void;
  /** Random bytes from the run's seed; null where they are asked of the worker. */
  readonly nextByte: (() => number) | null;
}

const MONOTONIC_START_MS = 1_000;

export function createPythonClock(now: number | null, seed: string | null): PythonClock {
  const began = Date.now();
  const start = now ?? began;
  const bits = seed === null ? null : seededBits(seed);
  let moved = 0;
  const read = bits === null ? () => start + (Date.now() - began) : () => start + Math.floor(moved);
  return {
    now: read,
    monotonic: () => read() - start + MONOTONIC_START_MS,
    advance(ms) {
      moved += ms;
    },
    nextByte: bits && (() => bits() & 255),
  };
}
