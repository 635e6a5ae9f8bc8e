/** Bounded waits. Each leaves nothing behind, and none keeps the process alive by itself longer than what it waits for. */
import { type Bell, deadlines } from "./wheel.ts";

/** What a bounded wait gives in the place of a value that did not come in time. */
export const OVERDUE = Symbol("overdue");

/** The bound of one wait: it begins where it is made. */
export class Deadline {
  readonly #bell: Bell;
  #isOver = false;
  #giveUp: (() => void) | undefined;

  constructor(ms: number) {
    this.#bell = deadlines.set(ms, () => this.end());
  }

  /** Ends the wait now. */
  end(): void {
    this.#isOver = true;
    this.#giveUp?.();
  }

  /** Takes the bound away: the wait takes as long as it takes. */
  lift(): void {
    deadlines.stop(this.#bell);
  }

  /** What `work` gives, or OVERDUE; rejects as `work` does. */
  wait<Value>(work: () => Promise<Value>): Promise<Value | typeof OVERDUE> {
    return new Promise((resolve, reject) => {
      this.#giveUp = () => {
        this.lift();
        resolve(OVERDUE);
      };
      const given = (value: Value): void => {
        this.lift();
        resolve(value);
      };
      const failed = (error: unknown): void => {
        this.lift();
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- whatever the work was rejected with
        reject(error);
      };
      try {
        // A keeper of the host's own may answer without a promise.
        Promise.resolve(work()).then(given, failed);
      } catch (error) {
        return failed(error);
      }
      // What is here already comes before a bound that is over.
      if (this.#isOver) queueMicrotask(this.#giveUp);
    });
  }
}

/** What `work` gives within `ms` milliseconds, or OVERDUE. */
export function within<Value>(ms: number, work: () => Promise<Value>): Promise<Value | typeof OVERDUE> {
  return new Deadline(ms).wait(work);
}

/** Waits until `work` has settled, whichever way, and no longer than `ms` milliseconds. True if it settled in time. */
export async function settledWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const settled = work.then(
    () => true,
    () => true,
  );
  return (await within(ms, () => settled)) !== OVERDUE;
}
