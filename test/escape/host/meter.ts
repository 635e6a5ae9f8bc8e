/**
 * How long the host's event loop stands still: the processor time of the main thread in the longest turn. Time of the wall would also count what
 * the thread waited for a processor. What a turn may take is related to a piece of work of the test's own, measured at the same time: other
 * processes on the machine make both slower.
 */
import { setTimeout as delay } from "node:timers/promises";

/** What no text may exceed, on a machine of our time that has nothing else to do. */
const MOST_MS = 20;
/** The piece of work takes about this long on such a machine. */
const UNIT_MS = 5;

const PIECE = JSON.stringify(Object.fromEntries(Array.from({ length: 18_000 }, (_, at) => [`k${at}`, at])));
const UNITS = 3;

const since = (before: NodeJS.CpuUsage): number => {
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
};

function unitMs(): number {
  const times = Array.from({ length: UNITS }, () => {
    const before = process.threadCpuUsage();
    JSON.parse(PIECE);
    return since(before);
  });
  return times.sort((a, b) => a - b)[1]!;
}

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
  let from = process.threadCpuUsage();
  const turn = (): void => {
    longestMs = Math.max(longestMs, since(from));
    from = process.threadCpuUsage();
    if (isOn) setImmediate(turn);
  };
  setImmediate(turn);
  try {
    const result = await work();
    await new Promise((done) => setImmediate(done));
    return { result, longestMs, mostMs: MOST_MS * Math.max(1, before / UNIT_MS, unitMs() / UNIT_MS) };
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
