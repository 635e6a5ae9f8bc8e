/** The timers of one run: kept by the event loop, or by a replay, where time passes without anything waiting for it. */
const MAX_TIMERS = 1_000;
const MAX_MS = 2 ** 31 - 1;

export class RunTimers {
  readonly #timers = new Map<number, NodeJS.Timeout | null>();
  readonly #delays = new Map<number, number>();
  readonly #onDue: (handle: number) => void;

  constructor(onDue: (handle: number) => void) {
    this.#onDue = onDue;
  }

  /** The delay as it counts; null where the run has as many timers as it may. `keeps` is false where something else says when it comes due. */
  set(handle: number, ms: number, keeps: boolean): number | null {
    if (this.#timers.size >= MAX_TIMERS) return null;
    const delay = Math.min(Math.max(0, Math.trunc(ms) || 0), MAX_MS);
    this.#timers.set(handle, keeps ? setTimeout(() => this.#onDue(handle), delay) : null);
    this.#delays.set(handle, delay);
    return delay;
  }

  /** It came due: the delay that it was set with. */
  take(handle: number): number {
    const delay = this.#delays.get(handle) ?? 0;
    this.cancel(handle);
    return delay;
  }

  cancel(handle: number): void {
    const timer = this.#timers.get(handle);
    if (timer !== null) clearTimeout(timer);
    this.#timers.delete(handle);
    this.#delays.delete(handle);
  }

  clear(): void {
    for (const handle of [...this.#timers.keys()]) this.cancel(handle);
  }
}
