/**
 * Empties the outbox: leases what is due, delivers it, settles it under the fencing token of the lease, and looks after transfers that
 * nobody dialled in time. Any number of relays may work on one store; one that dies loses its rows to the others.
 */
import { deliver, reconcile } from "./attempts.ts";
import { backoffMs } from "./clock.ts";
import { reportDead } from "./dead-letters.ts";
import { createNews, type Desk } from "./desk.ts";
import type { OutboxTask } from "./rows.ts";

export interface Relay {
  start(): void;
  /** Takes no more rows, and waits for those that are out. */
  stop(): Promise<void>;
}

export function createRelay(desk: Desk): Relay {
  const { settings, clock } = desk;
  const stopping = new AbortController();
  let loop: Promise<void> | null = null;

  /** Rows that are out at the provider. */
  const out = new Set<Promise<void>>();
  /** Half of the rows that may be out are back. */
  const room = createNews();

  /** Takes what is due; true: there may be more. */
  async function runOnce(): Promise<boolean> {
    await sweep(desk);
    const tasks = tasksOf(desk);
    const limit = settings.concurrency - out.size;
    if (tasks.length === 0) return false;
    if (limit === 0) return true;
    const now = desk.now();
    const until = now + settings.leaseMs;
    const leased = await desk.store.run("lease", { tasks, now, until, owner: desk.owner, limit });
    for (const entry of leased) {
      const work = (entry.outbox.task === "reconcile" ? reconcile(desk, entry) : deliver(desk, entry))
        // Its lease runs out, and it is tried again.
        .catch((error: unknown) => desk.logger?.warn({ error: String(error) }, "A delivery was not settled"))
        .finally(() => {
          out.delete(work);
          if (out.size <= settings.concurrency / 2) room.tell();
        });
      out.add(work);
    }
    return leased.length === limit;
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const heard = desk.work.heard();
      const roomAgain = room.heard();
      let more = false;
      try {
        more = await runOnce();
        failures = 0;
      } catch (error) {
        failures += 1;
        desk.logger?.warn({ error: String(error), failures }, "The relay could not reach the store");
      }
      if (stopping.signal.aborted) return;
      const pauseMs = failures === 0 ? settings.pollMs : backoffMs(failures, desk.random, settings.pollMs, 10_000);
      const asleep = new AbortController();
      const signal = AbortSignal.any([stopping.signal, asleep.signal]);
      const sleep = clock.sleep(pauseMs, { signal, background: true });
      // A few rows that take long hold up no others: there is room again once half of them are back.
      await (failures > 0 ? sleep : Promise.race([sleep, heard, ...(more ? [roomAgain] : [])]));
      asleep.abort();
    }
  }

  return {
    start() {
      loop ??= run();
    },
    async stop() {
      stopping.abort();
      await loop;
      await Promise.all(out);
    },
  };
}

function tasksOf(desk: Desk): OutboxTask[] {
  const tasks: OutboxTask[] = [];
  if (desk.provider?.deliver) tasks.push("deliver");
  if (desk.provider?.reconcile) tasks.push("reconcile");
  return tasks;
}

async function sweep(desk: Desk): Promise<void> {
  const { dialWithinMs } = desk.settings;
  const reconcile = desk.provider?.reconcile !== undefined;
  const { moved, dead } = await desk.store.run("sweep", { now: desk.now(), dialWithinMs, reconcile, limit: 100 });
  if (moved > 0) desk.news.tell();
  // What came of these dials nobody can be asked: a person has to look.
  await Promise.all(dead.map((entry) => reportDead(desk, entry, entry.code ?? "dial_lost")));
}
