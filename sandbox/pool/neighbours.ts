/**
 * Neighbours: which cordons had a run lately of a tenant that behaves. What computes for long is put after them; where there is none to protect, it would only
 * be starved by whatever else the machine does.
 */
const LATELY_MS = 1_000;

interface Seen {
  readonly cordon: string;
  readonly at: number;
}

export class Neighbours {
  readonly #now: () => number;
  /** The last one, and the last one of another cordon: no more is asked for. */
  #last: Seen | null = null;
  #other: Seen | null = null;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  note(cordon: string): void {
    if (this.#last !== null && this.#last.cordon !== cordon) this.#other = this.#last;
    this.#last = { cordon, at: this.#now() };
  }

  /** Whether a cordon has any. */
  has(cordon: string | null): boolean {
    const seen = this.#last?.cordon === cordon ? this.#other : this.#last;
    return seen !== null && this.#now() - seen.at < LATELY_MS;
  }
}
