/**
 * One attempt at one leased row: the provider is asked, its answer is read, and the row is settled under the fencing token of its lease.
 * Every row ends: failures are repeated for `deliverForMs` with growing pauses, and attempts are counted before the provider is asked,
 * so that one which takes its process down ends too.
 */
import { nameOf } from "../base/thrown.ts";
import { readDelivery, readTransfer } from "./answers.ts";
import { backoffMs, within } from "./clock.ts";
import { reportDead } from "./dead-letters.ts";
import type { DeliveryContext } from "./context.ts";
import type { DeliverySettings } from "./settings.ts";
import { deliveryOf, transferRequest } from "./requests.ts";
import type { DeliveryResult, HandoffDelivery, Provider, TransferResult } from "./provider.ts";
import type { ChangeRow, Entry, OutboxRow } from "./rows.ts";
import type { Ended } from "./turns.ts";

/** The longest pause between two attempts. */
const MAX_PAUSE_MS = 15 * 60_000;
/**
 * A process that has only come, or whose clock was set, gives nothing up for want of time: it was not there while that time passed, and what it
 * delivers to may be coming back just as it is.
 */
const ARRIVAL_MS = 10 * 60_000;
/** Where the provider cannot say what came of a transfer, a person has to look: about an hour of asking. */
const MAX_QUESTIONS = 12;

export async function deliver(context: DeliveryContext, entry: Entry): Promise<Ended> {
  const spent = entry.outbox.attempts > mostAttempts(context.settings);
  const result: DeliveryResult | null = spent
    ? { type: "dead", code: "attempts_spent" }
    : entry.outbox.task === "withdraw"
      ? await askToWithdraw(context, entry)
      : await askToDeliver(context, entry);
  await settleDelivery(context, entry, result ?? { type: "retry", code: "delivery_timeout" });
  return result === null ? "hung" : result.type === "retry" ? "failed" : "answered";
}

async function settleDelivery(context: DeliveryContext, entry: Entry, result: DeliveryResult): Promise<void> {
  const { outbox } = entry;
  const now = context.now();
  const free = { ...outbox, leaseOwner: null, leaseUntil: null };
  switch (result.type) {
    case "delivered":
      await settle(
        context,
        { ...free, status: "delivered", code: result.code ?? null, settledAt: now },
        changeOf(entry, "delivered", now),
      );
      context.rowLog.recovered(entry);
      if (result.code !== undefined) context.rowLog.inPart(entry, result.code);
      return;
    case "dead":
      await giveUp(context, entry, result.code);
      return;
    case "retry": {
      const nextAt = nextAttempt(context, entry, now, result.afterMs);
      if (nextAt === null) {
        await giveUp(context, entry, result.code);
        return;
      }
      context.rowLog.failed(entry, result.code, nextAt - now);
      await settle(context, { ...free, code: result.code, nextAt }, null);
    }
  }
}

/** Null: it has been tried for long enough. The last attempt is at the very end of that time. */
function nextAttempt(context: DeliveryContext, { outbox, createdAt }: Entry, now: number, afterMs = 0): number | null {
  const { deliverForMs, maxAttempts } = context.settings;
  const end = (outbox.triedSince ?? createdAt) + deliverForMs;
  if (outbox.attempts >= (maxAttempts ?? Number.POSITIVE_INFINITY)) return null;
  const pauseMs = Math.max(
    backoffMs(outbox.attempts, context.random, 1000, MAX_PAUSE_MS),
    Math.min(afterMs, MAX_PAUSE_MS),
  );
  if (now < end) return Math.min(now + Math.round(pauseMs), end);
  const arrivalMs = Math.min(ARRIVAL_MS, deliverForMs / 100);
  return context.answeredForMs() < arrivalMs ? now + Math.round(Math.min(pauseMs, arrivalMs / 5)) : null;
}

/** More than the pauses leave room for: attempts past it can only be those of processes that died. */
function mostAttempts({ maxAttempts, deliverForMs }: DeliverySettings): number {
  return maxAttempts ?? 24 + 2 * Math.ceil(deliverForMs / (MAX_PAUSE_MS / 2));
}

async function giveUp(context: DeliveryContext, entry: Entry, code: string): Promise<void> {
  // No customer waits for a human where the bot has its conversation back.
  const taken = entry.outbox.task !== "withdraw" && (await reportDead(context, entry, code));
  const now = context.now();
  const free = { ...entry.outbox, leaseOwner: null, leaseUntil: null, settledAt: now };
  if (taken)
    await settle(
      context,
      { ...free, status: "delivered", code: "delivered_by_on_dead" },
      changeOf(entry, "delivered", now),
    );
  else await settle(context, { ...free, status: "dead", code }, changeOf(entry, "dead", now));
}

async function askToDeliver(context: DeliveryContext, entry: Entry): Promise<DeliveryResult | null> {
  const { provider } = context;
  if (!provider?.deliver) return { type: "retry", code: "no_provider" };
  return ask(context, entry, provider, (delivery, signal) => provider.deliver?.(delivery, signal));
}

/** A receiver that takes no withdrawals is left with what it has; the row says that it was handed back. */
async function askToWithdraw(context: DeliveryContext, entry: Entry): Promise<DeliveryResult | null> {
  const { provider } = context;
  if (!provider?.withdraw) return { type: "dead", code: "handed_back" };
  return ask(context, entry, provider, (delivery, signal) => provider.withdraw?.(delivery, signal));
}

type Send = (delivery: HandoffDelivery, signal: AbortSignal) => Promise<DeliveryResult> | undefined;

/** Null: no answer in time. */
async function ask(
  context: DeliveryContext,
  entry: Entry,
  provider: Provider,
  send: Send,
): Promise<DeliveryResult | null> {
  const answered = async (signal: AbortSignal): Promise<DeliveryResult> => {
    try {
      return readDelivery(provider, await send(deliveryOf(entry, context.now()), signal));
    } catch (error) {
      context.logger?.warn(
        { intentId: entry.intentId, provider: provider.name, error: nameOf(error) },
        "The provider threw during a delivery attempt",
      );
      return { type: "retry", code: "provider_threw" };
    }
  };
  const timely = await within(context.clock, context.settings.deliverMs, answered);
  return timely.type === "answered" ? timely.value : null;
}

export async function reconcile(context: DeliveryContext, entry: Entry): Promise<Ended> {
  const { intentId, outbox } = entry;
  // Number and call were erased: a provider that is asked about nothing would answer that nothing was dialled.
  const erased = entry.purgedAt !== null;
  const most = context.settings.maxAttempts ?? MAX_QUESTIONS;
  const result: TransferResult = erased
    ? { type: "unknown", code: "purged" }
    : outbox.attempts > most
      ? { type: "unknown", code: "attempts_spent" }
      : await askWhatCame(context, entry);
  const now = context.now();
  if (result.type !== "unknown") {
    const code = result.type === "refused" ? result.code : null;
    await context.store.run("settleTransfer", { intentId, event: result.type, code, now });
    context.changed.notify();
    context.work.notify();
    return "answered";
  }
  const ended = result.code === "reconcile_timeout" ? "hung" : "failed";
  if (erased || outbox.attempts >= most) {
    await giveUp(context, entry, result.code);
    return ended;
  }
  const nextAt = now + backoffMs(outbox.attempts, context.random);
  await settle(context, { ...outbox, leaseOwner: null, leaseUntil: null, code: result.code, nextAt }, null);
  return ended;
}

async function askWhatCame(context: DeliveryContext, entry: Entry): Promise<TransferResult> {
  const { provider } = context;
  if (!provider?.reconcile) return { type: "unknown", code: "no_provider" };
  const ask = async (signal: AbortSignal): Promise<TransferResult> => {
    try {
      return readTransfer(provider, await provider.reconcile?.(transferRequest(entry, context.now()), signal));
    } catch {
      return { type: "unknown", code: "provider_threw" };
    }
  };
  const timely = await within(context.clock, context.settings.deliverMs, ask);
  return timely.type === "answered" ? timely.value : { type: "unknown", code: "reconcile_timeout" };
}

function changeOf(entry: Entry, type: ChangeRow["type"], at: number): ChangeRow {
  const { tenant, conversationId, epoch, intentId } = entry;
  return { at, tenant, conversationId, epoch, intentId, type };
}

async function settle(context: DeliveryContext, outbox: OutboxRow, change: ChangeRow | null): Promise<void> {
  const held = await context.store.run("settle", { outbox, change });
  if (!held)
    context.logger?.warn(
      { intentId: outbox.intentId },
      "The lease of a row expired during the attempt, so its result was not stored; another relay has the row",
    );
  else if (change !== null) context.changed.notify();
}
