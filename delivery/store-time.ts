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
  /** The time by which something is forgotten for good: what a clock that was set ahead lately skips is not over yet. */
  lasting(): number;
}

/** A clock that was set, and not one that drifts. */
const JUMP_MS = 1000;

/** A clock that is wrong is put right by then, or it is right. */
const DOUBTED_MS = 3_600_000;

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
  const jumps = watchJumps(clock);
  const now = (): number => Math.round(base + clock.elapsed());
  return {
    now,
    async follow() {
      const seen = await ask();
      if (seen.tookMs > EXACT_ENOUGH_MS) return;
      jumps.saw(seen.base - base);
      base = seen.base;
    },
    steadyForMs: jumps.steadyForMs,
    lasting: () => now() - jumps.doubtedMs(),
  };
}

function machineTime(clock: Clock): StoreTime {
  let base = clock.now() - clock.elapsed();
  const jumps = watchJumps(clock);
  function now(): number {
    const time = clock.now();
    const seen = time - clock.elapsed();
    jumps.saw(seen - base);
    base = seen;
    return Math.round(time);
  }
  return {
    now,
    follow: async () => {},
    steadyForMs() {
      now();
      return jumps.steadyForMs();
    },
    lasting: () => now() - jumps.doubtedMs(),
  };
}

interface Jumps {
  /** The clock was found so far from where it should have been. */
  saw(ms: number): void;
  steadyForMs(): number;
  /** How far it was set ahead lately, on the whole. */
  doubtedMs(): number;
}

function watchJumps(clock: Clock): Jumps {
  let since = clock.elapsed();
  let ahead = 0;
  const steadyForMs = (): number => clock.elapsed() - since;
  return {
    saw(ms) {
      if (Math.abs(ms) <= JUMP_MS) return;
      ahead = (steadyForMs() < DOUBTED_MS ? ahead : 0) + ms;
      since = clock.elapsed();
    },
    steadyForMs,
    doubtedMs: () => (steadyForMs() < DOUBTED_MS ? Math.max(0, ahead) : 0),
  };
}
