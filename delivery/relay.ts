/**
 * Empties the outbox: leases what is due, delivers it, settles it under the fencing token of the lease, and looks after transfers that
 * nobody dialled in time. Any number of relays may work on one store; one that dies loses its rows to the others.
 */
import { backoffMs, within } from "./clock.ts";
import { createNews, type Desk } from "./desk.ts";
import { deliveryOf, transferRequest } from "./dial.ts";
import type { DeliveryResult, TransferResult } from "./provider.ts";
import type { ChangeRow, Entry, OutboxRow, OutboxTask } from "./rows.ts";

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
  const moved = await desk.store.run("sweep", { now: desk.now(), dialWithinMs, reconcile, limit: 100 });
  if (moved > 0) desk.news.tell();
}

async function deliver(desk: Desk, entry: Entry): Promise<void> {
  const timely = await within(desk.clock, desk.settings.deliverMs, (signal) => attempt(desk, entry, signal));
  const result: DeliveryResult =
    timely.type === "answered" ? timely.value : { type: "retry", code: "delivery_timeout" };
  const now = desk.now();
  const change = (type: ChangeRow["type"]): ChangeRow => {
    const { tenant, conversationId, epoch, intentId } = entry;
    return { at: now, tenant, conversationId, epoch, intentId, type };
  };
  const free = { ...entry.outbox, leaseOwner: null, leaseUntil: null };
  switch (result.type) {
    case "delivered":
      await settle(desk, { ...free, status: "delivered", code: null, settledAt: now }, change("delivered"));
      return;
    case "dead":
      await settle(desk, { ...free, status: "dead", code: result.code, settledAt: now }, change("dead"));
      return;
    case "retry": {
      if (entry.outbox.attempts >= desk.settings.maxAttempts) {
        await settle(desk, { ...free, status: "dead", code: result.code, settledAt: now }, change("dead"));
        return;
      }
      const pauseMs = Math.max(backoffMs(entry.outbox.attempts, desk.random), Math.min(result.afterMs ?? 0, 3_600_000));
      await settle(desk, { ...free, code: result.code, nextAt: now + pauseMs }, null);
    }
  }
}

async function attempt(desk: Desk, entry: Entry, signal: AbortSignal): Promise<DeliveryResult> {
  try {
    return (
      (await desk.provider?.deliver?.(deliveryOf(entry, desk.now()), signal)) ?? { type: "retry", code: "no_provider" }
    );
  } catch (error) {
    desk.logger?.warn(
      { intentId: entry.intentId, error: Error.isError(error) ? error.name : "thrown" },
      "The provider threw",
    );
    return { type: "retry", code: "provider_threw" };
  }
}

async function reconcile(desk: Desk, entry: Entry): Promise<void> {
  const ask = async (signal: AbortSignal): Promise<TransferResult> => {
    try {
      return (
        (await desk.provider?.reconcile?.(transferRequest(entry, desk.now()), signal)) ?? {
          type: "unknown",
          code: "no_provider",
        }
      );
    } catch {
      return { type: "unknown", code: "provider_threw" };
    }
  };
  const { intentId, outbox } = entry;
  // Number and call were erased: whoever was asked about nothing would answer that nothing was dialled.
  const erased = entry.purgedAt !== null;
  const timely = erased ? null : await within(desk.clock, desk.settings.deliverMs, ask);
  const result: TransferResult =
    timely?.type === "answered" ? timely.value : { type: "unknown", code: erased ? "purged" : "reconcile_timeout" };
  const now = desk.now();
  if (result.type !== "unknown") {
    const code = result.type === "refused" ? result.code : null;
    await desk.store.run("settleTransfer", { intentId, event: result.type, code, now });
    desk.news.tell();
    desk.work.tell();
    return;
  }
  const free = { ...outbox, leaseOwner: null, leaseUntil: null, code: result.code };
  if (erased || outbox.attempts >= desk.settings.maxAttempts) {
    const { tenant, conversationId, epoch } = entry;
    const change = { at: now, tenant, conversationId, epoch, intentId, type: "dead" as const };
    await settle(desk, { ...free, status: "dead", settledAt: now }, change);
    return;
  }
  await settle(desk, { ...free, nextAt: now + backoffMs(outbox.attempts, desk.random) }, null);
}

async function settle(desk: Desk, outbox: OutboxRow, change: ChangeRow | null): Promise<void> {
  const held = await desk.store.run("settle", { outbox, change });
  if (!held) desk.logger?.warn({ intentId: outbox.intentId }, "The lease had run out; another relay has the row");
  else if (change !== null) desk.news.tell();
}
