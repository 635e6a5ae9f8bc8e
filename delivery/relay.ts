/**
 * Empties the outbox: leases what is due, delivers it, settles it under the fencing token of the lease, and looks after transfers that
 * were not dialled in time. Any number of relays may work on one store; one that dies loses its rows to the others.
 */
import { deliver, reconcile } from "./attempts.ts";
import { backoffMs } from "./clock.ts";
import { reportDead } from "./dead-letters.ts";
import { createSignal, type DeliveryContext } from "./context.ts";
import type { Provider } from "./provider.ts";
import type { Entry, OutboxTask } from "./rows.ts";
import { createTurns, SLOW_MS, type Room, type Turn } from "./turns.ts";

export interface Relay {
  start(): void;
  /** Takes no more rows, and waits for those that are out. */
  stop(): Promise<void>;
}

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over the rows that are out
export function createRelay(context: DeliveryContext): Relay {
  const { settings, clock } = context;
  const stopping = new AbortController();
  const turns = createTurns(settings, clock, context.provider?.endpoint ?? null);
  let loop: Promise<void> | null = null;

  /** Rows that are out at the provider. */
  const out = new Map<string, Promise<void>>();
  /** A place is free again. */
  const room = createSignal();
  let renewing: Promise<void> | null = null;

  /** Takes what is due; true: there may be more. */
  async function runOnce(): Promise<boolean> {
    await sweep(context);
    const tasks = tasksOf(context);
    if (tasks.length === 0) return false;
    const slow = turns.slowRoom();
    if (slow !== null) await lease(tasks, slow);
    const quick = turns.quickRoom();
    return quick.limit === 0 || (await lease(tasks, quick)) === quick.limit;
  }

  async function lease(tasks: readonly OutboxTask[], room: Room): Promise<number> {
    const now = context.now();
    const until = now + settings.leaseMs;
    const { limit, each, rooms } = room;
    const leased = await context.store.run("lease", { tasks, now, until, owner: context.owner, limit, each, rooms });
    for (const entry of leased) take(entry);
    if (leased.length > 0) renewing ??= renewLeases().finally(() => (renewing = null));
    turns.leased(room, leased.length);
    return leased.length;
  }

  function take(entry: Entry): void {
    const { intentId, tenant } = entry;
    const turn = turns.begin(tenant, endpointOf(context.provider, tenant));
    const work = (turn === null ? putBack(context, entry) : attempt(context, entry, turn))
      // Its lease runs out, and it is tried again.
      .catch((error: unknown) =>
        context.logger?.warn(
          { error: String(error) },
          "The result of a delivery attempt could not be stored; the row is tried again once its lease has expired",
        ),
      )
      .finally(() => {
        turn?.ended("failed");
        out.delete(intentId);
        room.notify();
      });
    out.set(intentId, work);
  }

  /** The leases are short, so that the rows of a relay that dies are soon another's; one that lives holds on to its own. */
  async function renewLeases(): Promise<void> {
    for (;;) {
      await clock.sleep(settings.leaseMs / 3, { background: true });
      if (out.size === 0) return;
      const until = context.now() + settings.leaseMs;
      const intentIds = [...out.keys()];
      await context.store
        .run("renew", { owner: context.owner, intentIds, until })
        .catch((error: unknown) =>
          context.logger?.warn({ error: String(error) }, "The relay could not renew its leases"),
        );
    }
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const woken = context.work.wait();
      const roomAgain = room.wait();
      let more = false;
      try {
        more = await runOnce();
        failures = 0;
      } catch (error) {
        failures += 1;
        context.logger?.warn({ error: String(error), failures }, "The relay could not reach the store");
      }
      if (stopping.signal.aborted) return;
      const idleMs = Math.min(settings.pollMs, turns.nextInMs() ?? settings.pollMs);
      const pauseMs = failures === 0 ? idleMs : backoffMs(failures, context.random, settings.pollMs, 10_000);
      const asleep = new AbortController();
      const signal = AbortSignal.any([stopping.signal, asleep.signal]);
      const sleep = clock.sleep(pauseMs, { signal, background: true });
      await (failures > 0 ? sleep : Promise.race([sleep, woken, ...(more ? [roomAgain] : [])]));
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

async function attempt(context: DeliveryContext, entry: Entry, turn: Turn): Promise<void> {
  const how = await (entry.outbox.task === "reconcile" ? reconcile(context, entry) : deliver(context, entry));
  turn.ended(how);
}

/** Where a tenant's rows go, as far as that is known. */
function endpointOf(provider: Provider | null, tenant: string): string | null {
  try {
    const endpoint: unknown = provider?.endpoint ?? provider?.endpointOf?.(tenant);
    return typeof endpoint === "string" ? endpoint : null;
  } catch {
    return null;
  }
}

/** No place where it would go to: not an attempt. */
async function putBack(context: DeliveryContext, { outbox }: Entry): Promise<void> {
  const { attempts, triedSince } = outbox;
  const untried = { attempts: attempts - 1, triedSince: attempts === 1 ? null : triedSince };
  const free = { ...outbox, ...untried, leaseOwner: null, leaseUntil: null, nextAt: context.now() + SLOW_MS };
  await context.store.run("settle", { outbox: free, change: null });
}

function tasksOf(context: DeliveryContext): OutboxTask[] {
  const tasks: OutboxTask[] = [];
  if (context.provider?.deliver) tasks.push("deliver");
  if (context.provider?.deliver ?? context.provider?.withdraw) tasks.push("withdraw");
  if (context.provider?.reconcile) tasks.push("reconcile");
  return tasks;
}

async function sweep(context: DeliveryContext): Promise<void> {
  const { dialWithinMs } = context.settings;
  const reconcile = context.provider?.reconcile !== undefined;
  const { moved, dead } = await context.store.run("sweep", { now: context.now(), dialWithinMs, reconcile, limit: 100 });
  if (moved > 0) context.changed.notify();
  // What came of these dials no provider can say: a person has to look.
  await Promise.all(dead.map((entry) => reportDead(context, entry, entry.code ?? "dial_lost")));
}
