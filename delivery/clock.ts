/** Time and chance, handed in so that a simulation can hold them in its hand. */
import { deadlines } from "../base/wheel.ts";

export interface Clock {
  /** Milliseconds since 1970, as the machine has it: it may be wrong, and may be set while one looks. */
  now(): number;
  /** Milliseconds since some moment of the process; they only grow, whatever is done to the machine's clock. */
  elapsed(): number;
  /** Resolves early when `signal` aborts; it never rejects. `background` sleeps keep no process alive. */
  sleep(ms: number, options?: { readonly signal?: AbortSignal; readonly background?: boolean }): Promise<void>;
  /** Rings once, unless it is stopped before. */
  alarm(ms: number, ring: () => void): { stop(): void };
}

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: (ms, { signal, background = false } = {}) =>
    new Promise((resolve) => {
      if (signal?.aborted) {
        resolve();
        return;
      }
      const timer = setTimeout(done, ms);
      if (background) timer.unref();
      signal?.addEventListener("abort", done, { once: true });
      function done(): void {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      }
    }),
  alarm(ms, ring) {
    const bell = deadlines.set(ms, ring);
    return { stop: () => deadlines.stop(bell) };
  },
};

export type Timely<Value> = { readonly type: "answered"; readonly value: Value } | { readonly type: "late" };

/** What `work` gave, if it gave it in time; the signal aborts when the wait is over. */
export async function within<Value>(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<Value>,
  signal?: AbortSignal,
): Promise<Timely<Value>> {
  const over = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<Timely<Value>>();
  const stop = (): void => {
    resolve({ type: "late" });
    over.abort();
  };
  if (signal?.aborted) over.abort(signal.reason);
  work(over.signal).then((value) => resolve({ type: "answered", value }), reject);
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop, { once: true });
  // Its end is the end of the wait too, whichever comes first.
  void clock.sleep(ms, { signal: over.signal }).then(stop);
  try {
    return await promise;
  } finally {
    over.abort();
    signal?.removeEventListener("abort", stop);
  }
}

/** As `within`, for work that takes no signal. It stands in the way of every hand-off, and so is no more than an alarm. */
export function inTime<Value>(clock: Clock, ms: number, work: Promise<Value>): Promise<Timely<Value>> {
  return new Promise((resolve, reject) => {
    const alarm = clock.alarm(ms, () => resolve({ type: "late" }));
    work.then(
      (value) => {
        alarm.stop();
        resolve({ type: "answered", value });
      },
      (error: unknown) => {
        alarm.stop();
        reject(error);
      },
    );
  });
}

/** Exponential, with full jitter: many that failed together do not come back together. */
export function backoffMs(attempt: number, random: () => number, baseMs = 1000, capMs = 300_000): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(ceiling * (0.5 + random() / 2));
}
