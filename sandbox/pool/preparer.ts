/** Has a worker make isolates ready while no run is in it: each takes the worker's thread for a while. */

/** Milliseconds without work after which a worker makes one. */
const PREPARE_AFTER_MS = 2;

export class Preparer {
  readonly #isIdle: () => boolean;
  readonly #ask: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isAsked = false;

  constructor(isIdle: () => boolean, ask: () => void) {
    this.#isIdle = isIdle;
    this.#ask = ask;
  }

  /** Asks for one soon, where any is missing. */
  want(missing: number): void {
    if (missing === 0) return;
    this.#timer ??= setTimeout(() => {
      if (!this.#isIdle() || this.#isAsked) return;
      this.#isAsked = true;
      this.#ask();
    }, PREPARE_AFTER_MS).unref();
    this.#timer.refresh();
  }

  /** The worker says that it made one; throws where it was not asked to. */
  onPrepared(missing: number): void {
    if (!this.#isAsked) throw new Error("it was not asked to prepare");
    this.#isAsked = false;
    this.want(missing);
  }
}
