/** The compare-and-set at the heart of it all: one effective hand-off per (tenant, conversation, epoch). */
import { HostFault } from "../../base/fault.ts";
import { answerClaim, standingOf, type ClaimAnswer } from "../../runtime/handoffs/claims.ts";
import type { Standing } from "../../runtime/handoffs/handoffs.ts";
import type { HandoffRow, OutboxRow } from "../rows.ts";
import { changeOf } from "./change.ts";
import { ask, type Operation } from "../statements/questions.ts";

/** Asked again with the same intent id it gives the same answer: so a lost answer is read back by asking again. */
export function* claim({ handoff }: { readonly handoff: HandoffRow }): Operation<ClaimAnswer> {
  if (yield* ask("insertClaim", { handoff, outbox: firstOutbox(handoff) })) return { type: "recorded" };
  const { tenant, conversationId, epoch } = handoff;
  const held = yield* ask("claimOf", { tenant, conversationId, epoch });
  // An epoch that is over, its row perhaps gone by retention: the newest hand-off says who has the conversation by now.
  const isOver = held === null || (held.handedBackAt !== null && held.intentId !== handoff.intentId);
  const holder = isOver ? yield* ask("latestHandoff", { tenant, conversationId }) : held;
  // Only its id can be in the way.
  if (holder === null) {
    const message = `The intent id ${handoff.intentId} is that of another hand-off; an id may be used once (docs/delivery.md).`;
    throw new HostFault("STORE_REFUSED", message, "never");
  }
  return answerClaim(handoff, holder);
}

function firstOutbox({ intentId, kind, createdAt }: HandoffRow): OutboxRow {
  return {
    intentId,
    task: kind === "phone_transfer" ? "dial" : "deliver",
    status: "waiting",
    attempts: 0,
    triedSince: null,
    nextAt: createdAt,
    leaseToken: 0,
    leaseOwner: null,
    leaseUntil: null,
    code: null,
    settledAt: null,
  };
}

type Conversation = { readonly tenant: string; readonly conversationId: string };

export function* standing(conversation: Conversation): Operation<Standing> {
  return standingOf(yield* ask("latestHandoff", conversation));
}

export function* latest(conversation: Conversation): Operation<HandoffRow | null> {
  return yield* ask("latestHandoff", conversation);
}

/** Gives the conversation back to the bot; null where the bot had it already. */
export function* handBack(input: Conversation & { readonly now: number }): Operation<HandoffRow | null> {
  const { tenant, conversationId, now } = input;
  const row = yield* ask("lockLatestHandoff", { tenant, conversationId });
  if (row === null || row.handedBackAt !== null) return null;
  const entry = yield* ask("lockEntry", { intentId: row.intentId });
  if (entry === null) throw new Error("A row of the ledger has no row in the outbox.");
  const { outbox, ...handoff } = entry;
  // Two hand-backs that met at the lock: the second finds it done.
  if (handoff.handedBackAt !== null) return null;
  const done = { ...handoff, handedBackAt: now };
  yield* ask("writeHandoff", done);
  const withdrawn = withdraw(outbox, now);
  if (withdrawn !== null) yield* ask("writeOutbox", withdrawn);
  yield* ask("insertChange", changeOf(row, "handed_back", now));
  return done;
}

/**
 * What becomes of a row that waits while the bot gets its conversation back: no human is owed any more. What surely reached no
 * receiver goes no further; what may have is taken back there, after the delivery that may be out has had its time.
 */
function withdraw(outbox: OutboxRow, now: number): OutboxRow | null {
  if (outbox.status !== "waiting" || outbox.task === "reconcile" || outbox.task === "withdraw") return null;
  if (outbox.attempts === 0) return { ...outbox, status: "dead", code: "handed_back", settledAt: now };
  return {
    ...outbox,
    task: "withdraw",
    code: "handed_back",
    attempts: 0,
    triedSince: null,
    nextAt: Math.max(now, outbox.leaseUntil ?? now),
    // A delivery that is still out settles nothing under the old token.
    leaseToken: outbox.leaseToken + 1,
    leaseOwner: null,
    leaseUntil: null,
  };
}
