/**
 * The time that all users of a store share. Leases and deadlines are compared between machines whose clocks disagree and are set while
 * they run; so a store that has a clock of its own is asked for it, and the answer is carried on by a clock that cannot be set.
 */
import type { Clock } from "./clock.ts";
import type { HandoffStore as Store } from "./store-schema.ts";

export interface StoreTime {
  now(): number;
  /** Asks the store again, because clocks drift. */
  follow(): Promise<void>;
  /** For how long that time has run without a jump, as far as this process has seen. */
  steadyForMs(): number;
}

/** A clock that was set, and not one that drifts. */
const JUMP_MS = 1000;

/** An answer that took longer says too little about when it was given. */
const EXACT_ENOUGH_MS = 250;

export async function openStoreTime(store: Store, clock: Clock): Promise<StoreTime> {
  // Memory has one process, and SQLite the processes of one machine: there the machine's clock is the shared one.
  if (store.time === undefined) return machineTime(clock);
  const ask = async (): Promise<{ readonly base: number; readonly tookMs: number }> => {
    const asked = clock.elapsed();
    const time = (await store.time?.()) ?? clock.now();
    const answered = clock.elapsed();
    return { base: time - (asked + answered) / 2, tookMs: answered - asked };
  };
  let { base } = await ask();
  let since = clock.elapsed();
  return {
    now: () => Math.round(base + clock.elapsed()),
    async follow() {
      const seen = await ask();
      if (seen.tookMs > EXACT_ENOUGH_MS) return;
      if (Math.abs(seen.base - base) > JUMP_MS) since = clock.elapsed();
      base = seen.base;
    },
    steadyForMs: () => clock.elapsed() - since,
  };
}

function machineTime(clock: Clock): StoreTime {
  let base = clock.now() - clock.elapsed();
  let since = clock.elapsed();
  return {
    now: () => Math.round(clock.now()),
    follow: async () => {},
    steadyForMs() {
      const seen = clock.now() - clock.elapsed();
      if (Math.abs(seen - base) > JUMP_MS) since = clock.elapsed();
      base = seen;
      return clock.elapsed() - since;
    },
  };
}
