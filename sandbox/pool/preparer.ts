/** Has a worker make isolates ready while no run is in it: each takes the worker's thread for a while. */
import type { SlotWorker } from "./slot-parts.ts";

/** Milliseconds without work after which a worker makes one. */
const PREPARE_AFTER_MS = 2;

interface Prepared {
  readonly isIdle: boolean;
  readonly worker: Pick<SlotWorker, "send">;
}

export class Preparer {
  readonly #least: number;
  readonly #slot: Prepared;
  /** Isolates that stand ready at least: the worker may hold more than `least`, and says how many are missing. */
  #ready = 0;
  #timer: NodeJS.Timeout | undefined;
  #isAsked = false;

  constructor(least: number, slot: Prepared) {
    this.#least = least;
    this.#slot = slot;
  }

  /** Whether the next run finds an isolate ready. */
  get isPrepared(): boolean {
    return this.#ready > 0;
  }

  /** A run takes one. */
  noteRun(): void {
    this.#ready--;
  }

  /** Asks for one soon, where any is missing. */
  want(missing: number): void {
    this.#ready = this.#least - missing;
    if (missing === 0) return;
    this.#timer ??= setTimeout(() => {
      if (!this.#slot.isIdle || this.#isAsked) return;
      this.#isAsked = true;
      this.#slot.worker.send({ type: "prepare" });
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
