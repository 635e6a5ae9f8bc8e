/** Time that passes only when a test says so: what takes a minute takes no time, and a busy machine changes nothing. */
import type { Clock } from "../../delivery/index.ts";
import { createChance } from "../simulation/chance.ts";
import { createScheduler } from "../simulation/scheduler.ts";

export interface VirtualTime {
  readonly clock: Clock;
  now(): number;
  pass(ms: number): Promise<void>;
  /** Lets time pass until `work` is settled. */
  until<Value>(work: Promise<Value>): Promise<Value>;
}

export function createVirtualTime(): VirtualTime {
  const scheduler = createScheduler(createChance(1));
  const life = { alive: true };
  const clock = scheduler.clock(life, 0);
  const virtual: VirtualTime = {
    clock,
    now: () => scheduler.now(),
    pass: (ms) => virtual.until(clock.sleep(ms)),
    async until(work) {
      const seen = { settled: false };
      const done = (): void => void (seen.settled = true);
      work.then(done, done);
      // What needs no time comes first.
      await new Promise((resolve) => setImmediate(resolve));
      for (let idle = 0; !seen.settled;) {
        if (await scheduler.step()) idle = 0;
        else if ((idle += 1) > 100) throw new Error("Nothing is left to happen, and it is not settled.");
        else await new Promise((resolve) => setImmediate(resolve));
      }
      return work;
    },
  };
  return virtual;
}
