/**
 * Costs: what a function of the platform may cost. It runs in one go, on the thread that all runs of the process share, and nothing ends it but the end
 * of the process: so its cost is estimated before it begins. A call that no run could make is refused; one for which this run has too little time left
 * ends it, as its limit would have.
 */
import type { Pace } from "../../sandbox/worker/platform.ts";
import { type Need, PlatformError } from "./platform-input.ts";

export type { Need } from "./platform-input.ts";

/** The run has not so much time left. */
export class OutOfTimeError extends Error {
  override readonly name = "OutOfTimeError";
}

const SURE_MS = 2;
/** CPU time is counted in steps of milliseconds: a short call teaches nothing. */
const LEARN_MS = 20;
/** By how much a run may pass its limit before anything is done about it from outside, less some. */
const SLACK_MS = 30;
/** How many times over all its time a call has to take to be an error of the action, and not the run's end by its limit. */
const HOPELESS = 3;
const MAX_SLOWNESS = 30;

export class Costs {
  /** How much slower than estimated this machine has turned out to be. */
  #slowness = 1;

  /** Runs one call. What it says that it needs is measured against the time that it took, so that the next estimate is a better one. */
  measure<T>(pace: Pace, call: (need: Need, leftMs: number) => T): T {
    let neededMs = 0;
    let refused = false;
    const need: Need = (work, ms) => {
      neededMs += ms;
      const leftMs = pace.leftMs();
      const takesMs = neededMs * this.#slowness;
      // What works in slices asks between two of them, for nothing more.
      if (leftMs < -SLACK_MS) throw new OutOfTimeError();
      if (takesMs <= SURE_MS || takesMs <= leftMs + SLACK_MS) return;
      refused = true;
      throw takesMs > pace.totalMs * HOPELESS ? tooCostly(work, takesMs, pace.totalMs) : new OutOfTimeError();
    };
    const before = cpuMs();
    try {
      return call(need, (pace.leftMs() + SLACK_MS) / this.#slowness);
    } finally {
      if (neededMs > LEARN_MS && !refused) this.#learn((cpuMs() - before) / neededMs);
    }
  }

  /** Slower at once, faster little by little: an estimate that is too low costs the neighbours of a run. */
  #learn(ratio: number): void {
    const kept = this.#slowness * 0.9 + ratio * 0.1;
    this.#slowness = Math.min(MAX_SLOWNESS, Math.max(1, ratio, kept));
  }
}

function tooCostly(work: string, takesMs: number, totalMs: number): PlatformError {
  const told = `${work} takes about ${Math.ceil(takesMs)} ms, and a run may compute for ${Math.floor(totalMs)} ms`;
  return new PlatformError("CALL_TOO_COSTLY", told, "RangeError");
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
