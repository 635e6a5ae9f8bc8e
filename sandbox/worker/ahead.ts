/**
 * Isolates made ahead: how many isolates stand ready: as many as the runs that came close together of late, so that a burst like the last one finds an
 * isolate for each of its runs, and fewer again as that passes. The host says when one may be made: in a gap, and never between an answer and the next
 * frame.
 */
const CLOSE_MS = 20;
/** After this long half of what a burst has taught is forgotten. */
const HALF_LIFE_MS = 10_000;
/** What isolates that stand ready may take of the memory that the host allows a process beside its runs. */
const ROOM_BYTES = 56 * 1024 * 1024;
/** One of scripts alone, as measured. */
const SCRIPT_ISOLATE_BYTES = 1.4 * 1024 * 1024;

export class Ahead {
  readonly #least: number;
  readonly #most: number;
  readonly #now: () => number;
  #burst = 0;
  #lastAt = -Infinity;
  #peak = 0;
  #peakAt = 0;

  /** `least` is what the host asks for: 0 has every isolate made when its run comes. */
  constructor(least: number, isolateBytes: number, now: () => number = () => performance.now()) {
    this.#least = least;
    this.#most = least === 0 ? 0 : Math.max(least, Math.floor(ROOM_BYTES / (SCRIPT_ISOLATE_BYTES + isolateBytes)));
    this.#now = now;
  }

  /** A run came. */
  note(): void {
    const now = this.#now();
    this.#burst = now - this.#lastAt <= CLOSE_MS ? this.#burst + 1 : 1;
    this.#lastAt = now;
    if (this.#burst < this.#remembered(now)) return;
    this.#peak = this.#burst;
    this.#peakAt = now;
  }

  get wanted(): number {
    return Math.min(this.#most, Math.max(this.#least, Math.round(this.#remembered(this.#now()))));
  }

  #remembered(now: number): number {
    return this.#peak * 0.5 ** ((now - this.#peakAt) / HALF_LIFE_MS);
  }
}
