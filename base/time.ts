/** Bounded waits. Each leaves no timer behind, and none keeps the process alive by itself longer than what it waits for. */

/** What a bounded wait gives in the place of a value that did not come in time. */
export const OVERDUE = Symbol("overdue");

/** The bound of one wait: it begins where it is made. */
export class Deadline {
  readonly #over = Promise.withResolvers<typeof OVERDUE>();
  readonly #timer: NodeJS.Timeout;

  constructor(ms: number) {
    this.#timer = setTimeout(() => this.end(), ms);
  }

  /** Ends the wait now. */
  end(): void {
    this.#over.resolve(OVERDUE);
  }

  /** Takes the bound away: the wait takes as long as it takes. */
  lift(): void {
    clearTimeout(this.#timer);
  }

  /** What `work` gives, or OVERDUE; rejects as `work` does. */
  async wait<Value>(work: () => Promise<Value>): Promise<Value | typeof OVERDUE> {
    try {
      return await Promise.race([work(), this.#over.promise]);
    } finally {
      this.lift();
    }
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
