/** The time of one run as the host counts it: from its beginning on, without what the guest stood still for. */
export class RunClock {
  readonly #now: () => number;
  #begunAt: number | null = null;
  #pausedMs = 0;
  #pausedAt: number | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Null before it began. */
  get begunAt(): number | null {
    return this.#begunAt;
  }

  get isPaused(): boolean {
    return this.#pausedAt !== null;
  }

  /** Milliseconds for which it stood still, the present pause apart. */
  get pausedMs(): number {
    return this.#pausedMs;
  }

  /** Milliseconds of its own; 0 before it began. */
  get wallMs(): number {
    if (this.#begunAt === null) return 0;
    const waiting = this.#pausedAt === null ? 0 : this.#now() - this.#pausedAt;
    return this.#now() - this.#begunAt - this.#pausedMs - waiting;
  }

  /** It begins, or goes on. */
  begin(): void {
    this.#begunAt ??= this.#now();
    this.resume();
  }

  pause(): void {
    this.#pausedAt ??= this.#now();
  }

  resume(): void {
    if (this.#pausedAt === null) return;
    this.#pausedMs += this.#now() - this.#pausedAt;
    this.#pausedAt = null;
  }

  /** None of the time so far was its own. */
  reset(): void {
    this.#begunAt = this.#pausedAt = null;
    this.#pausedMs = 0;
  }
}
