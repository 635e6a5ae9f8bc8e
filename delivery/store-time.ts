/**
 * The time that all users of a store share. Leases and deadlines are compared between machines whose clocks disagree and are set while
 * they run; so a store that has a clock of its own is asked for it, and the answer is carried on by a clock that nobody can set.
 */
import type { Clock } from "./clock.ts";
import type { HandoffStore as Store } from "./store-schema.ts";

export interface StoreTime {
  now(): number;
  /** Asks the store again, because clocks drift. */
  follow(): Promise<void>;
}

/** An answer that took longer says too little about when it was given. */
const EXACT_ENOUGH_MS = 250;

export async function openStoreTime(store: Store, clock: Clock): Promise<StoreTime> {
  // Memory has one process, and SQLite the processes of one machine: there the machine's clock is the shared one.
  if (store.time === undefined) return { now: () => clock.now(), follow: async () => {} };
  const ask = async (): Promise<{ readonly base: number; readonly tookMs: number }> => {
    const asked = clock.elapsed();
    const told = (await store.time?.()) ?? clock.now();
    const answered = clock.elapsed();
    return { base: told - (asked + answered) / 2, tookMs: answered - asked };
  };
  let { base } = await ask();
  return {
    now: () => Math.round(base + clock.elapsed()),
    async follow() {
      const seen = await ask();
      if (seen.tookMs <= EXACT_ENOUGH_MS) base = seen.base;
    },
  };
}
