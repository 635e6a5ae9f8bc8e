/**
 * Runs that get another attempt: their process went without their fault, or a busy machine cut them off early. What takes such a run's process
 * along once more must be the run itself, so a later attempt is given a process of its own, unless that takes too long to be had.
 */
import type { RunEnd } from "../completion.ts";
import type { HostRun } from "./host-run.ts";

const MAX_ATTEMPTS = 3;
/** Attempts after which a run gets a process to itself: if that one goes down, it was this run alone. */
const SHARED_ATTEMPTS = 2;
/** Milliseconds that a run waits for a process of its own before it shares one after all. */
const ALONE_WITHIN_MS = 2_000;
/** Share of its CPU limit below which a run that was cut off for it has not had its time. */
const ENOUGH_CPU = 0.8;

export interface ChanceGiver {
  /** Puts a run at the head of its tenant's queue. */
  readonly queueAgain: (run: HostRun) => void;
  readonly dispatch: () => void;
}

export class SecondChances {
  readonly #pool: ChanceGiver;
  readonly #attempts = new WeakMap<HostRun, number>();

  constructor(pool: ChanceGiver) {
    this.#pool = pool;
  }

  /** Whether a run waits for a process that holds no other. */
  wantsProcess(run: HostRun): boolean {
    const isSuspect = !run.cpuTimer || (this.#attempts.get(run) ?? 1) > SHARED_ATTEMPTS;
    return isSuspect && run.waitedAgainMs < ALONE_WITHIN_MS;
  }

  /** True if the end is not the run's own and it runs again, its CPU time read from outside. */
  repeat(run: HostRun, end: RunEnd, cpuMs: number): boolean {
    if (end.type !== "timed_out" || end.limit !== "cpu") return false;
    if (!run.cpuTimer || !run.isUnseen || cpuMs >= run.request.limits.cpuMs * ENOUGH_CPU) return false;
    run.attemptWithoutTimer(end.stack);
    this.queueAgain(run);
    this.#pool.dispatch();
    return true;
  }

  /** A run whose process went without its fault, for this reason. */
  rescue(run: HostRun, reason: string, { mayRepeat }: { readonly mayRepeat: boolean }): void {
    if (run.request.signal?.aborted) return run.complete({ type: "cancelled" });
    const attempts = (this.#attempts.get(run) ?? 1) + 1;
    if (!mayRepeat || !run.isUnseen || attempts > MAX_ATTEMPTS)
      return run.complete({ type: "crashed", reason, ownFault: false });
    this.#attempts.set(run, attempts);
    run.startOver();
    return this.queueAgain(run);
  }

  /** It wants a process to itself for a while. When it no longer does, nothing else may happen that would have it placed. */
  queueAgain(run: HostRun): void {
    if (run.request.signal?.aborted) return run.complete({ type: "cancelled" });
    run.waitAgain();
    this.#pool.queueAgain(run);
    this.#placeLater(run);
  }

  #placeLater(run: HostRun): void {
    const left = ALONE_WITHIN_MS - run.waitedAgainMs;
    // A timer that is set late in a turn of the event loop comes due early.
    if (left > 0) setTimeout(() => this.#placeLater(run), left + 1).unref();
    else this.#pool.dispatch();
  }
}
