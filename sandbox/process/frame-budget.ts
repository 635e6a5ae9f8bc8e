/**
 * The budget of frames that a worker process may send and no run pays for: word of whose turn it is, and frames of runs that are gone. (A sign of life
 * and an isolate made ready answer a frame of the host's, and count there.) Reading one costs the host's thread a few microseconds, and a worker in a
 * guest's hands can send hundreds of thousands a second. The worker keeps itself to half of this (`turns.ts` beside its main file), so that it never
 * passes it honestly, however late the host reads.
 */
export const FRAMES_PER_SECOND = 8_000;
/** More than a socket between two processes holds while the host is kept from reading. */
const BURST = 4_000;

export class FrameBudget {
  readonly #now: () => number;
  #left = BURST;
  #at: number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#at = now();
  }

  /** False for the frame that is one too many. */
  take(): boolean {
    const now = this.#now();
    this.#left = Math.min(BURST, this.#left + ((now - this.#at) * FRAMES_PER_SECOND) / 1_000);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
