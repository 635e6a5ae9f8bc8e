/**
 * The turns of runs that share the process, reported to the host: only when they change, and no oftener than the host reads. Guests that
 * take turns faster than that wait for each other a little.
 */
const TURNS_PER_SECOND = 4_000;
const BURST = 1_000;
const WAIT_MS = 1;

export class Turns {
  readonly #tell: (run: number) => void;
  #told: number | null = null;
  #left = BURST;
  #at = performance.now();

  constructor(tell: (run: number) => void) {
    this.#tell = tell;
  }

  enter(run: number, isShared: boolean): void {
    if (!isShared || this.#told === run) return;
    while (!this.#take()) sleep();
    this.#told = run;
    this.#tell(run);
  }

  /** The host forgets whose turn it was when that run is gone. */
  forget(run: number): void {
    if (this.#told === run) this.#told = null;
  }

  #take(): boolean {
    const now = performance.now();
    this.#left = Math.min(BURST, this.#left + ((now - this.#at) * TURNS_PER_SECOND) / 1_000);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

const lock = new Int32Array(new SharedArrayBuffer(4));
const sleep = (): void => void Atomics.wait(lock, 0, 0, WAIT_MS);
