/** Requests to providers, made of a row: the same for every attempt at it, but for the count and the time. */
import type { TransferRequest } from "./provider.ts";
import type { Entry } from "./rows.ts";

export function transferRequest(entry: Entry, now: number): TransferRequest {
  return { ...deliveryOf(entry, now), phoneDestination: entry.phoneDestination ?? "" };
}

export function deliveryOf(entry: Entry, now: number): Omit<TransferRequest, "phoneDestination"> {
  return {
    intentId: entry.intentId,
    tenant: entry.tenant,
    conversationId: entry.conversationId,
    epoch: entry.epoch,
    executionId: entry.executionId,
    reason: entry.reason,
    code: entry.code,
    call: entry.call === null ? null : (JSON.parse(entry.call) as TransferRequest["call"]),
    recordedAt: new Date(entry.createdAt).toISOString(),
    ageMs: Math.max(0, now - entry.createdAt),
    sentAt: new Date(now).toISOString(),
    attempt: entry.outbox.attempts,
  };
}
