/** Spare processes, kept started for tenants that have none: one at rest, and more as new ones come faster, up to a ceiling. */

/** Milliseconds over which the rate of new tenants is taken. */
const OVER_MS = 2_000;
/** What a process takes to start, roughly, on a machine that has other work: so many new tenants are to find one meanwhile. */
const START_MS = 250;
const FLOOR = 1;

export class SpareTarget {
  readonly #ceiling: number;
  readonly #now: () => number;
  /** New tenants, each weighing less as it gets older. */
  #count = 0;
  #at: number;

  constructor(ceiling: number, now: () => number = () => performance.now()) {
    this.#ceiling = Math.max(FLOOR, ceiling);
    this.#now = now;
    this.#at = now();
  }

  /** A tenant came that had no process. */
  noteNew(): void {
    this.#decay();
    this.#count++;
  }

  get target(): number {
    this.#decay();
    const perSecond = (this.#count * 1_000) / OVER_MS;
    return Math.min(this.#ceiling, Math.max(FLOOR, Math.round((perSecond * START_MS) / 1_000)));
  }

  #decay(): void {
    const now = this.#now();
    this.#count *= Math.exp((this.#at - now) / OVER_MS);
    this.#at = now;
  }
}
