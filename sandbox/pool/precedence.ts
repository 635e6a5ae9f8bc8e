/**
 * Precedence of a worker process: whether it computes beside the others or after them. One that computes for a while without a run beginning, ending or
 * taking its turn is put after all others, so that a loop costs its neighbours next to nothing; it comes up again with the next run of a tenant that
 * behaves, where the host may raise it at all.
 */
const DEMOTE_AFTER_CPU_MS = 15;
/** Share of a processor below which a process that computes after all others is starved by them. */
const STARVED_BELOW = 0.3;
/** Milliseconds between two looks at that share, at least. */
const SHARE_AFTER_MS = 150;
/** Milliseconds of CPU time between two looks below which it only waits: for a timer of the guest's, say. */
const RESTING_BELOW_CPU_MS = 1;

export interface Ranked {
  /** CPU time so far in milliseconds; null where the system does not say. */
  readonly cpuMs: number | null;
  /** True if the process computes after all others from now on. */
  lower(): boolean;
  /** False where the host may not raise it. */
  raise(): boolean;
}

export class Precedence {
  readonly #process: Ranked;
  readonly #now: () => number;
  #isLow = false;
  #isStuck = false;
  #isResting = false;
  #hurries = false;
  #since: number | null = null;
  #last = 0;
  /** When its share of a processor was last taken, and the CPU time by then. */
  #share: { readonly at: number; readonly cpuMs: number } | null = null;
  #isStarved = false;

  constructor(process: Ranked, now: () => number = () => performance.now()) {
    this.#process = process;
    this.#now = now;
  }

  /** Whether it computes after all others. */
  get isLow(): boolean {
    return this.#isLow;
  }

  /** Whether the host could not raise it: its next runs would be slow for what an earlier one did. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  /** Whether it did not compute between the last two looks, whatever it holds. */
  get isResting(): boolean {
    return this.#isResting;
  }

  /** What was lowered while it started may have been a program that put up a wall for it. */
  onReady(): void {
    if (this.#isLow) this.#process.lower();
  }

  /** Ranks it by what the tenant of its next run has done so far. */
  rank({ low }: { readonly low: boolean }): void {
    if (low) this.#lower();
    else this.#raise();
  }

  /** Has a process come to its end that is to end a run: starved of processor time it would be taken to be stuck. */
  hurry(): void {
    this.#hurries = true;
    this.#raise();
  }

  #lower(): void {
    if (!this.#isLow && !this.#hurries) this.#isLow = this.#process.lower();
  }

  #raise(): void {
    if (!this.#isLow || this.#isStuck) return;
    this.#isLow = !this.#process.raise();
    this.#isStuck = this.#isLow;
  }

  /** Whether it computes after all others and hardly gets a turn. */
  get isStarved(): boolean {
    return this.#isLow && this.#isStarved;
  }

  /** A run began, ended or took its turn: what was computed before is not the doing of the one that computes now. */
  noteProgress(): void {
    this.#since = null;
    this.#isResting = false;
    this.#hurries = false;
  }

  /** Looks whether it computes, and for how long already; puts it after all others only where that `mayLower`. */
  look({ mayLower }: { readonly mayLower: boolean } = { mayLower: true }): void {
    const { cpuMs } = this.#process;
    if (cpuMs === null) return;
    const isFirst = this.#since === null;
    this.#since ??= cpuMs;
    this.#isResting = !isFirst && cpuMs - this.#last < RESTING_BELOW_CPU_MS;
    this.#last = cpuMs;
    if (mayLower && cpuMs - this.#since > DEMOTE_AFTER_CPU_MS) this.#lower();
    this.#takeShare(cpuMs);
  }

  #takeShare(cpuMs: number): void {
    const at = this.#now();
    if (!this.#isLow) {
      this.#share = null;
      this.#isStarved = false;
    } else if (this.#share === null) this.#share = { at, cpuMs };
    else if (at - this.#share.at >= SHARE_AFTER_MS) {
      this.#isStarved = (cpuMs - this.#share.cpuMs) / (at - this.#share.at) < STARVED_BELOW;
      this.#share = { at, cpuMs };
    }
  }
}
