/**
 * Empties the outbox: leases what is due, delivers it, settles it under the fencing token of the lease, and looks after transfers that
 * nobody dialled in time. Any number of relays may work on one store; one that dies loses its rows to the others.
 */
import { deliver, reconcile } from "./attempts.ts";
import { backoffMs } from "./clock.ts";
import { reportDead } from "./dead-letters.ts";
import { createNews, type Desk } from "./desk.ts";
import type { Entry, OutboxTask } from "./rows.ts";
import { createTurns, SLOW_MS, type Call } from "./turns.ts";

export interface Relay {
  start(): void;
  /** Takes no more rows, and waits for those that are out. */
  stop(): Promise<void>;
}

export function createRelay(desk: Desk): Relay {
  const { settings, clock } = desk;
  const stopping = new AbortController();
  const turns = createTurns(settings, clock);
  let loop: Promise<void> | null = null;

  /** Rows that are out at the provider. */
  const out = new Map<string, Promise<void>>();
  /** A place is free again. */
  const room = createNews();
  let renewing: Promise<void> | null = null;

  /** Takes what is due; true: there may be more. */
  async function runOnce(): Promise<boolean> {
    await sweep(desk);
    const tasks = tasksOf(desk);
    const { limit, each, rooms } = turns.room();
    if (tasks.length === 0) return false;
    if (limit === 0) return true;
    const now = desk.now();
    const until = now + settings.leaseMs;
    const leased = await desk.store.run("lease", { tasks, now, until, owner: desk.owner, limit, each, rooms });
    for (const entry of leased) take(entry);
    if (leased.length > 0) renewing ??= renewLeases().finally(() => (renewing = null));
    return leased.length === limit;
  }

  function take(entry: Entry): void {
    const { intentId, tenant } = entry;
    const call = turns.begin(tenant, desk.provider?.endpoint ?? null);
    const work = (call === null ? putBack(desk, entry) : attempt(desk, entry, call))
      // Its lease runs out, and it is tried again.
      .catch((error: unknown) => desk.logger?.warn({ error: String(error) }, "A delivery was not settled"))
      .finally(() => {
        call?.ended("answered");
        out.delete(intentId);
        room.tell();
      });
    out.set(intentId, work);
  }

  /** The leases are short, so that the rows of a relay that dies are soon another's; one that lives holds on to its own. */
  async function renewLeases(): Promise<void> {
    for (;;) {
      await clock.sleep(settings.leaseMs / 3, { background: true });
      if (out.size === 0) return;
      const until = desk.now() + settings.leaseMs;
      const intentIds = [...out.keys()];
      await desk.store
        .run("renew", { owner: desk.owner, intentIds, until })
        .catch((error: unknown) =>
          desk.logger?.warn({ error: String(error) }, "The leases of rows could not be renewed"),
        );
    }
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
      const idleMs = Math.min(settings.pollMs, turns.nextInMs() ?? settings.pollMs);
      const pauseMs = failures === 0 ? idleMs : backoffMs(failures, desk.random, settings.pollMs, 10_000);
      const asleep = new AbortController();
      const signal = AbortSignal.any([stopping.signal, asleep.signal]);
      const sleep = clock.sleep(pauseMs, { signal, background: true });
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
      await Promise.all(out.values());
    },
  };
}

async function attempt(desk: Desk, entry: Entry, call: Call): Promise<void> {
  const how = await (entry.outbox.task === "reconcile" ? reconcile(desk, entry) : deliver(desk, entry));
  call.ended(how);
}

/** No place where it would go to: not an attempt. */
async function putBack(desk: Desk, { outbox }: Entry): Promise<void> {
  const { attempts, triedSince } = outbox;
  const untried = { attempts: attempts - 1, triedSince: attempts === 1 ? null : triedSince };
  const free = { ...outbox, ...untried, leaseOwner: null, leaseUntil: null, nextAt: desk.now() + SLOW_MS };
  await desk.store.run("settle", { outbox: free, change: null });
}

function tasksOf(desk: Desk): OutboxTask[] {
  const tasks: OutboxTask[] = [];
  if (desk.provider?.deliver) tasks.push("deliver", "withdraw");
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
