/** The outbox: rows are leased, tried, settled; and an operator can look, try again, or let go. */
import type { ChangeRow, Entry, OutboxRow, OutboxStatus, OutboxTask, SeenChange } from "../rows.ts";
import { ask, type Operation } from "../statements/questions.ts";

export interface LeaseInput {
  readonly tasks: readonly OutboxTask[];
  readonly now: number;
  readonly until: number;
  readonly owner: string;
  readonly limit: number;
}

export function* lease(input: LeaseInput): Operation<readonly Entry[]> {
  return yield* ask("leaseDue", input);
}

/** False: the lease had run out and another holds the row; what it found counts. */
export function* settle(input: { readonly outbox: OutboxRow; readonly change: ChangeRow | null }): Operation<boolean> {
  return yield* ask("settleLease", input);
}

export function* list(input: {
  readonly status: OutboxStatus | null;
  readonly tenant: string | null;
  readonly conversationId: string | null;
  readonly limit: number;
}): Operation<readonly Entry[]> {
  return yield* ask("listEntries", input);
}

export function* show(input: { readonly intentId: string }): Operation<Entry | null> {
  return yield* ask("readEntry", input);
}

export type Replayed =
  | { readonly type: "retried" }
  | { readonly type: "dropped" }
  | { readonly type: "missing" }
  /** It is settled, or out at the provider this moment. */
  | { readonly type: "refused"; readonly message: string };

export function* retry(input: { readonly intentId: string; readonly now: number }): Operation<Replayed> {
  const entry = yield* ask("lockEntry", { intentId: input.intentId });
  if (entry === null) return { type: "missing" };
  const { outbox } = entry;
  if (outbox.status === "sending") return { type: "refused", message: "It is at the provider this moment." };
  if (outbox.status === "delivered") return { type: "refused", message: "It was delivered." };
  if (outbox.task === "dial") return { type: "refused", message: "A phone transfer is dialled once or never." };
  yield* ask("writeOutbox", {
    ...outbox,
    status: "waiting",
    attempts: 0,
    nextAt: input.now,
    // A new token, so that a delivery still out cannot settle over this one.
    leaseToken: outbox.leaseToken + 1,
    leaseOwner: null,
    leaseUntil: null,
    settledAt: null,
  });
  return { type: "retried" };
}

export function* drop(input: { readonly intentId: string; readonly now: number }): Operation<Replayed> {
  const entry = yield* ask("lockEntry", { intentId: input.intentId });
  if (entry === null) return { type: "missing" };
  const { outbox, tenant, conversationId, epoch, intentId } = entry;
  if (outbox.status === "sending") return { type: "refused", message: "It is at the provider this moment." };
  if (outbox.status === "delivered") return { type: "refused", message: "It was delivered." };
  if (outbox.status === "dead" && outbox.code === "dropped") return { type: "dropped" };
  yield* ask("writeOutbox", {
    ...outbox,
    status: "dead",
    code: "dropped",
    leaseToken: outbox.leaseToken + 1,
    leaseOwner: null,
    leaseUntil: null,
    settledAt: input.now,
  });
  yield* ask("insertChange", { at: input.now, tenant, conversationId, epoch, intentId, type: "dead" });
  return { type: "dropped" };
}

export function* changesAfter(input: {
  readonly after: string;
  readonly limit: number;
}): Operation<readonly SeenChange[]> {
  return yield* ask("changesAfter", input);
}

export function* lastChange(input: null): Operation<string> {
  return yield* ask("lastChange", input);
}
