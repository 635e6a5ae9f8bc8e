/**
 * Settings of the engine: how V8 works in a worker process. Optimizing compilers are where about half of its exploited bugs were, so the top tier is off
 * unless the host wants it; and one thread does everything, so that the CPU time of that thread is all there is.
 */
import type { Wall } from "./wall.ts";

/** Which optimizing compilers work for actions: only Maglev, both Maglev and Turbofan, or none. */
export type Optimize = "maglev" | boolean;

export const OPTIMIZE_VALUES: readonly Optimize[] = ["maglev", true, false];

/**
 * With helper threads V8 collects garbage and compiles on processors of its own accord, and that time is on no run's account. Work that one
 * thread does alone takes less CPU time in all.
 */
const ONE_THREAD = "--single-threaded";

export function engineFlags(optimize: Optimize): string[] {
  switch (optimize) {
    case true:
      return [ONE_THREAD];
    case "maglev":
      return [ONE_THREAD, "--no-opt"];
    case false:
      return [ONE_THREAD, "--no-opt", "--no-maglev"];
    default:
      return optimize satisfies never;
  }
}

export function optimizerWall(optimize: Optimize): Wall {
  const name = "no-optimizer";
  switch (optimize) {
    case true:
      return { name, stands: false, note: "engine.optimize is true: Turbofan works" };
    case "maglev":
      return { name, stands: true, note: "Turbofan is off, Maglev works" };
    case false:
      return { name, stands: true, note: "Turbofan and Maglev are off" };
    default:
      return optimize satisfies never;
  }
}
