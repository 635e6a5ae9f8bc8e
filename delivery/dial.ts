/**
 * The one dial of a phone transfer. It is written down before it is made, and never made twice: a caller who is transferred twice
 * is as lost as one who is not, so an unknown answer stays unknown until the provider can say.
 */
import { nameOf } from "../base/thrown.ts";
import type { FireResult } from "../runtime/handoffs/handoffs.ts";
import { readTransfer } from "./answers.ts";
import { within } from "./clock.ts";
import type { TransferEvent } from "./conversation.ts";
import { reportDead } from "./dead-letters.ts";
import type { DeliveryContext } from "./context.ts";
import { isUnreached, type Provider, type TransferRequest, type TransferResult } from "./provider.ts";
import type { Entry, HandoffState } from "./rows.ts";
import { transferRequest } from "./requests.ts";
import { answerLost } from "../storage/store.ts";

/** Past it an answer to a dial is not listened to. */
const LATEST_MS = 5 * 60_000;

export async function dial(context: DeliveryContext, intentId: string, signal: AbortSignal): Promise<FireResult> {
  const { store, provider, settings } = context;
  let start;
  try {
    const now = context.now();
    // Long enough for the provider and for writing down what it said.
    const until = now + settings.fireMs + settings.recordMs + 1000;
    const { owner } = context;
    start = await store.run("startDial", { intentId, owner, now, dialWithinMs: settings.dialWithinMs, until });
  } catch (error) {
    // Surely not written down, surely not dialled: the relay makes a standard hand-off of it.
    if (!answerLost(error)) return "refused";
    // It may count as sending while nothing dials it: unless that is written down, the customer waits for a human in vain.
    return settle(context, intentId, { type: "refused", code: "dial_not_begun" });
  }
  if (start.type === "missing") return "unknown";
  if (start.type === "settled") {
    if (start.sending) return "unknown";
    // Handed back or dropped before the dial, and so never to be dialled.
    return start.state === "transferring" ? "refused" : resultOf(start.state);
  }
  if (!provider?.transfer) return settle(context, intentId, { type: "refused", code: "transfer_unsupported" });
  const request = transferRequest(start.entry, context.now());
  let answering: Promise<TransferResult> | null = null;
  const ask = (over: AbortSignal): Promise<TransferResult> =>
    (answering = askToTransfer(context, provider, request, over));
  const timely = await within(context.clock, settings.fireMs, ask, signal);
  if (timely.type === "answered") {
    const result = await settle(context, intentId, timely.value);
    if (timely.value.type === "unknown" && result === "unknown")
      void lookAtUnknown(context, start.entry, timely.value.code);
    return result;
  }
  const result = await settle(context, intentId, { type: "unknown", code: "dial_timeout" });
  void settleLate(context, start.entry, answering);
  return result;
}

async function askToTransfer(
  context: DeliveryContext,
  provider: Provider,
  request: TransferRequest,
  over: AbortSignal,
): Promise<TransferResult> {
  try {
    return readTransfer(provider, await provider.transfer?.(request, over));
  } catch (error) {
    const fields = { intentId: request.intentId, provider: provider.name, error: nameOf(error) };
    context.logger?.warn(fields, "The provider threw during a transfer");
    // Nothing left this machine: the caller is where they were.
    if (isUnreached(error)) return { type: "refused", code: "provider_unreached" };
    return { type: "unknown", code: "provider_threw" };
  }
}

/** An answer that comes after all is as good as one that was asked for. */
async function settleLate(
  context: DeliveryContext,
  entry: Entry,
  answering: Promise<TransferResult> | null,
): Promise<void> {
  if (answering === null) return;
  const wait = (ms: number) => within(context.clock, ms, () => answering, context.closed);
  let late = await wait(context.settings.deliverMs);
  if (late.type === "late") {
    await lookAtUnknown(context, entry, "dial_timeout");
    // A carrier that answers once the other end picked up takes as long as it rings.
    late = await wait(LATEST_MS);
    if (late.type === "answered" && late.value.type !== "unknown") await settle(context, entry.intentId, late.value);
  } else if (late.value.type === "unknown") await lookAtUnknown(context, entry, "dial_timeout");
  else await settle(context, entry.intentId, late.value);
}

/** Where the provider cannot be asked later, what came of the call is for a person to find out. */
async function lookAtUnknown(context: DeliveryContext, entry: Entry, code: string): Promise<void> {
  if (context.provider?.reconcile === undefined && !context.closed.aborted)
    await reportDead(context, { ...entry, state: "transfer_unknown" }, code);
}

/** Writes down what the provider said. What cannot be written down is left as `sending`, and found unknown later. */
async function settle(context: DeliveryContext, intentId: string, result: TransferResult): Promise<FireResult> {
  const code = result.type === "accepted" ? null : result.code;
  const reconcile = context.provider?.reconcile !== undefined;
  for (let round = 1; round <= 4; round += 1) {
    try {
      const now = context.now();
      const finding = { event: result.type, code, now, reconcile, by: context.owner };
      const state = await context.store.run("settleTransfer", { intentId, ...finding });
      context.changed.notify();
      context.work.notify();
      return state === null ? "unknown" : resultOf(state);
    } catch (error) {
      context.logger?.warn(
        { intentId, error: nameOf(error) },
        "The result of a phone transfer could not be stored; it is tried again",
      );
      await context.clock.sleep(50 * 2 ** round);
    }
  }
  return result.type === "accepted" ? "accepted" : "unknown";
}

function resultOf(state: HandoffState): FireResult {
  switch (state) {
    case "transferred":
      return "accepted";
    case "transfer_failed":
    case "handed_off":
      return "refused";
    case "transferring":
    case "transfer_unknown":
      return "unknown";
  }
}

/** What a person, or the provider's callback, says came of a transfer. */
export async function reportTransfer(
  context: DeliveryContext,
  report: { readonly intentId: string; readonly result: "answered" | "failed"; readonly code?: string },
): Promise<HandoffState | null> {
  const event: TransferEvent = report.result === "answered" ? "accepted" : "failed";
  const code = report.result === "answered" ? null : (report.code ?? "dial_failed");
  const state = await context.store.run("settleTransfer", {
    intentId: report.intentId,
    event,
    code,
    now: context.now(),
  });
  context.changed.notify();
  context.work.notify();
  return state;
}
