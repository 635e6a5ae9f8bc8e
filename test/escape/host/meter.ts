/**
 * How long the host's event loop stands still in its longest turn: the time of the wall or the processor time of the main thread, whichever is
 * less. The one also counts what the thread waited for a processor, the other comes in ticks of some milliseconds. What a turn may take is related to
 * work of the test's own, measured at the same time: other processes on the machine make both slower.
 */
import { setTimeout as delay } from "node:timers/promises";

/** What no text may exceed, on a machine of our time that has nothing else to do. */
const MAX_MS = 20;
/** The piece of work takes about this long on such a machine. */
const UNIT_MS = 5;
const PIECE = JSON.stringify(Object.fromEntries(Array.from({ length: 18_000 }, (_, at) => [`k${at}`, at])));
/** The engine moves an object that grows to so many members in one go, which nothing can cut into slices. A turn may do that, and half as much beside. */
const MEMBERS = 60_000;
const BESIDE = 1.5;
const UNITS = 3;

interface Since {
  readonly wall: number;
  readonly cpu: NodeJS.CpuUsage;
}

const now = (): Since => ({ wall: performance.now(), cpu: process.threadCpuUsage() });

function msSince({ wall, cpu }: Since): number {
  const { user, system } = process.threadCpuUsage(cpu);
  return Math.min(performance.now() - wall, (user + system) / 1_000);
}

/** The middle one of a few. */
function usual(measure: () => number): number {
  return Array.from({ length: UNITS }, measure).sort((a, b) => a - b)[Math.floor(UNITS / 2)]!;
}

const unitMs = (): number =>
  usual(() => {
    const before = now();
    JSON.parse(PIECE);
    return msSince(before);
  });

const growthMs = (): number =>
  usual(() => {
    const grown: Record<string, number> = {};
    let longest = 0;
    for (let at = 0; at < MEMBERS; at++) {
      const before = performance.now();
      grown[`k${at}`] = at;
      longest = Math.max(longest, performance.now() - before);
    }
    return longest;
  });

export interface Measured<T> {
  readonly result: T;
  /** Milliseconds of the longest turn. */
  readonly longestMs: number;
  /** Milliseconds that it may take here and now. */
  readonly mostMs: number;
}

export async function measureTurns<T>(work: () => Promise<T>): Promise<Measured<T>> {
  const before = unitMs();
  let longestMs = 0;
  let isOn = true;
  let from = now();
  const turn = (): void => {
    longestMs = Math.max(longestMs, msSince(from));
    from = now();
    if (isOn) setImmediate(turn);
  };
  setImmediate(turn);
  try {
    const result = await work();
    await new Promise((done) => setImmediate(done));
    const mostMs = MAX_MS * Math.max(1, before / UNIT_MS, unitMs() / UNIT_MS);
    return { result, longestMs, mostMs: longestMs <= mostMs ? mostMs : Math.max(mostMs, BESIDE * growthMs()) };
  } finally {
    isOn = false;
  }
}

/** Milliseconds between two tries: what the machine has to do beside the test may be over by then. */
const BETWEEN_MS = 50;

/** A collection of garbage or a first use may fall into one turn; what a text costs comes again each time. */
export async function leastOf<T>(tries: number, work: () => Promise<T>): Promise<Measured<T>> {
  let best = await measureTurns(work);
  for (let left = tries - 1; left > 0 && best.longestMs > best.mostMs; left--) {
    await delay(BETWEEN_MS * (tries - left));
    const next = await measureTurns(work);
    if (next.longestMs / next.mostMs < best.longestMs / best.mostMs) best = next;
  }
  return best;
}
