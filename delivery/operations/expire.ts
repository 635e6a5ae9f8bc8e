/**
 * Expiry: what is settled and old goes. The newest hand-off of a conversation stays, without what people said: it is the fact that says who has the
 * conversation, and without it the bot would speak again.
 */
import { ask, type Operation } from "../statements/questions.ts";

export interface ExpireInput {
  readonly before: number;
  readonly now: number;
  /** Rows in one transaction; the caller asks again until fewer were found. */
  readonly limit: number;
}

/** Returns how many rows it looked at. */
export function* expire({ before, now, limit }: ExpireInput): Operation<number> {
  const entries = yield* ask("handoffsToExpire", { before, limit });
  for (const { intentId, tenant, conversationId } of entries) {
    const newest = yield* ask("lockLatestHandoff", { tenant, conversationId });
    if (newest?.intentId === intentId) {
      yield* ask("writeHandoff", { ...newest, reason: null, phoneDestination: null, call: null, purgedAt: now });
    } else if (yield* ask("deleteOutbox", { intentId })) {
      yield* ask("deleteHandoff", { intentId });
    }
  }
  return entries.length;
}
