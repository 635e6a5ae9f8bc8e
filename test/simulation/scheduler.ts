/**
 * Virtual time. Whatever takes time in the simulated world is an event here; one step is one event, and between two events every promise
 * that can go on does. Events of a process that was killed never happen.
 */
import type { Clock } from "../../delivery/index.ts";
import type { Chance } from "./chance.ts";

/** A simulated process; `world` is for what belongs to none. */
export interface Life {
  alive: boolean;
}

interface Happening {
  readonly at: number;
  readonly order: number;
  readonly life: Life;
  readonly run: () => void;
}

export interface Scheduler {
  now(): number;
  readonly steps: number;
  after(ms: number, life: Life, run: () => void): void;
  /** One event; false where nothing is left to happen. */
  step(): Promise<boolean>;
  /** A process's clock, which is wrong by `skewMs`. */
  clock(life: Life, skewMs: number): Clock;
}

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over the accounts of one node
export function createScheduler(chance: Chance): Scheduler {
  const heap: Happening[] = [];
  let now = Date.UTC(2026, 0, 1);
  let steps = 0;

  const before = (a: Happening, b: Happening): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
  const swap = (i: number, j: number): void => {
    const held = heap[i] as Happening;
    heap[i] = heap[j] as Happening;
    heap[j] = held;
  };
  function push(item: Happening): void {
    heap.push(item);
    for (let i = heap.length - 1; i > 0;) {
      const parent = (i - 1) >> 1;
      if (!before(heap[i] as Happening, heap[parent] as Happening)) break;
      swap(i, parent);
      i = parent;
    }
  }
  function pop(): Happening | undefined {
    const top = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return top;
    heap[0] = last;
    for (let i = 0; ;) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && before(heap[child] as Happening, heap[least] as Happening)) least = child;
      }
      if (least === i) return top;
      swap(i, least);
      i = least;
    }
  }

  const scheduler: Scheduler = {
    now: () => now,
    get steps() {
      return steps;
    },
    after(ms, life, run) {
      // The order of what happens at the same moment is chance, and so repeatable.
      push({ at: now + Math.max(0, ms), order: chance.next(), life, run });
    },
    async step() {
      for (let next = pop(); next !== undefined; next = pop()) {
        if (!next.life.alive) continue;
        now = Math.max(now, next.at);
        steps += 1;
        next.run();
        await new Promise((resolve) => setImmediate(resolve));
        return true;
      }
      return false;
    },
    clock: (life, skewMs) => ({
      now: () => now + skewMs,
      elapsed: () => now,
      sleep: (ms, { signal } = {}) =>
        new Promise((resolve) => {
          if (signal?.aborted) {
            resolve();
            return;
          }
          signal?.addEventListener("abort", () => resolve(), { once: true });
          scheduler.after(ms, life, resolve);
        }),
      alarm(ms, ring) {
        const set = { alive: life.alive };
        // A stopped alarm belongs to no live process, and so never happens.
        scheduler.after(ms, set, () => {
          if (life.alive) ring();
        });
        return { stop: () => void (set.alive = false) };
      },
    }),
  };
  return scheduler;
}
