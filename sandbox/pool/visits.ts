/**
 * Visits of cordons: how often each comes back, and so how long an idle process is worth keeping for each: one that comes every minute finds its
 * process, one that came once gives its memory back as soon as others would have come back.
 */
import { LRUCache } from "lru-cache";

/** Cordons that are remembered, those included whose process has gone. */
const MAX_CORDONS = 10_000;
/** A process is kept for so many times the longest pause that its cordon made of late. */
const PAUSES = 3;
/** Milliseconds after which a long pause counts for half. */
const HALF_LIFE_MS = 600_000;
/** Milliseconds that a process is kept for a cordon that comes back, at most: for one that comes less often it is not kept at all. */
const MAX_MS = 600_000;

/** How long a process is kept for a cordon of which nothing is known, where no other has come back either. */
const IDLE_MS = 10_000;
/** Weight of a new figure in the mean of the pauses that cordons make. */
const FRESH = 0.05;

interface Visits {
  /** When the cordon last ran something. */
  readonly at: number;
  /** Its longest pause of late in milliseconds; 0 while it has made none. */
  readonly pauseMs: number;
}

export class VisitHistory {
  readonly #idleMs: number | undefined;
  readonly #now: () => number;
  readonly #cordons = new LRUCache<string, Visits>({ max: MAX_CORDONS });
  /** Mean of the longest pauses of those that came back: what is expected of one that has come once. */
  #usualMs = 0;

  /** With `idleMs` a process is kept for so long, whatever its cordon does. */
  constructor(idleMs: number | undefined, now: () => number = () => performance.now()) {
    this.#idleMs = idleMs;
    this.#now = now;
  }

  /** A run of the cordon begins. */
  noteRun(cordon: string): void {
    const at = this.#now();
    const seen = this.#cordons.get(cordon);
    if (seen === undefined) return void this.#cordons.set(cordon, { at, pauseMs: 0 });
    const pauseMs = Math.max(at - seen.at, faded(seen, at));
    this.#cordons.set(cordon, { at, pauseMs });
    if (pauseMs * PAUSES <= MAX_MS) this.#usualMs += (pauseMs - this.#usualMs) * FRESH;
  }

  /** A run of the cordon has ended: what it took was no pause. */
  noteEnd(cordon: string): void {
    const at = this.#now();
    const seen = this.#cordons.get(cordon);
    this.#cordons.set(cordon, { at, pauseMs: seen === undefined ? 0 : faded(seen, at) });
  }

  /** Milliseconds that an idle process of the cordon is kept while memory allows. */
  keepMs(cordon: string): number {
    if (this.#idleMs !== undefined) return this.#idleMs;
    const pauseMs = this.#cordons.peek(cordon)?.pauseMs ?? 0;
    const kept = PAUSES * (pauseMs === 0 ? this.#usualMs : pauseMs);
    return kept > MAX_MS ? IDLE_MS : Math.max(IDLE_MS, kept);
  }
}

/** What the pause still counts for. */
function faded({ at, pauseMs }: Visits, now: number): number {
  return pauseMs * 0.5 ** ((now - at) / HALF_LIFE_MS);
}
