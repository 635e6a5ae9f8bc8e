/**
 * One timer for all deadlines. A run sets several that hardly ever ring, each of which would be a timer of Node's: set, kept in order and cleared
 * again. Here it is an entry in the bucket of its tick, and the one timer looks at the nearest bucket when that is due. A deadline rings no
 * earlier than it should, and a tick later at most.
 */
const TICK_MS = 8;

/** A deadline that was set; what rings it. */
export interface Bell {
  readonly ring: () => void;
  readonly tick: number;
}

export class DeadlineWheel {
  readonly #now: () => number;
  readonly #buckets = new Map<number, Set<Bell>>();
  #timer: NodeJS.Timeout | undefined;
  /** The tick that the timer waits for. */
  #awaited = Infinity;
  #pending = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Calls `ring` after `ms` milliseconds, unless it is stopped before. Keeps the process alive until then, as a timer does. */
  set(ms: number, ring: () => void): Bell {
    const bell: Bell = { ring, tick: Math.ceil((this.#now() + Math.max(0, ms)) / TICK_MS) };
    const bucket = this.#buckets.get(bell.tick);
    if (bucket === undefined) this.#buckets.set(bell.tick, new Set([bell]));
    else bucket.add(bell);
    if (this.#pending++ === 0) this.#timer?.ref();
    if (bell.tick < this.#awaited) this.#await(bell.tick);
    return bell;
  }

  /** Does nothing to one that has rung, or was stopped before. */
  stop(bell: Bell): void {
    const bucket = this.#buckets.get(bell.tick);
    if (bucket?.delete(bell) !== true) return;
    if (bucket.size === 0) this.#buckets.delete(bell.tick);
    // The timer stays: the next deadline finds it, and alone it keeps no process alive.
    if (--this.#pending === 0) this.#timer?.unref();
  }

  #await(tick: number): void {
    clearTimeout(this.#timer);
    this.#awaited = tick;
    const ms = Math.min(Math.max(1, tick * TICK_MS - this.#now()), MAX_TIMER_MS);
    this.#timer = setTimeout(() => this.#look(), ms);
    if (this.#pending === 0) this.#timer.unref();
  }

  #look(): void {
    this.#timer = undefined;
    this.#awaited = Infinity;
    const now = this.#now();
    const due: Bell[] = [];
    for (const [tick, bucket] of this.#buckets) if (tick * TICK_MS <= now) due.push(...bucket);
    for (const bell of due.toSorted((left, right) => left.tick - right.tick)) this.#ring(bell);
    let next = Infinity;
    for (const tick of this.#buckets.keys()) if (tick < next) next = tick;
    if (next < this.#awaited) this.#await(next);
  }

  /** One that rings may stop another; what one throws is Node's to report, and keeps no other from ringing. */
  #ring(bell: Bell): void {
    if (this.#buckets.get(bell.tick)?.has(bell) !== true) return;
    this.stop(bell);
    try {
      bell.ring();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

/** Longer ones would ring at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** That of this process. Like Node's own timers it belongs to no runtime. */
export const deadlines = new DeadlineWheel();
