/** The outbox: rows are leased, tried, settled; and an operator can look, try again, or let go. */
import type { ChangeRow, Entry, OutboxRow, SeenChange } from "../rows.ts";
import { changeOf } from "./change.ts";
import { ask, type In, type Operation, type Out } from "../statements/questions.ts";

export function* lease(input: In<"leaseDue">): Operation<readonly Entry[]> {
  return yield* ask("leaseDue", input);
}

export function* renew(input: In<"renewLeases">): Operation<readonly string[]> {
  return yield* ask("renewLeases", input);
}

/** False: the lease had run out and another holds the row; what it found counts. */
export function* settle(input: { readonly outbox: OutboxRow; readonly change: ChangeRow | null }): Operation<boolean> {
  return yield* ask("settleLease", input);
}

export function* list(input: In<"listEntries">): Operation<readonly Entry[]> {
  return yield* ask("listEntries", input);
}

export function* count(input: In<"countEntries">): Operation<Out<"countEntries">> {
  return yield* ask("countEntries", input);
}

export function* show(input: { readonly intentId: string }): Operation<Entry | null> {
  return yield* ask("readEntry", input);
}

export type Replayed =
  | { readonly type: "retried"; readonly entry: Entry }
  | { readonly type: "dropped"; readonly entry: Entry }
  | { readonly type: "missing" }
  /** It is settled, or out at the provider this moment. */
  | { readonly type: "refused"; readonly message: string };

const SENDING = "The row is being sent: a call to the provider is in progress.";
const DELIVERED = "The row was delivered already.";

export function* retry(input: { readonly intentId: string; readonly now: number }): Operation<Replayed> {
  const entry = yield* ask("lockEntry", { intentId: input.intentId });
  if (entry === null) return { type: "missing" };
  const { outbox } = entry;
  if (outbox.status === "sending") return { type: "refused", message: SENDING };
  if (outbox.status === "delivered") return { type: "refused", message: DELIVERED };
  if (outbox.task === "dial")
    return { type: "refused", message: "A phone transfer is attempted at most once, so its row cannot be retried." };
  // Only what takes a hand-off back is still owed where the bot has its conversation again.
  if (entry.handedBackAt !== null && outbox.task !== "withdraw")
    return {
      type: "refused",
      message: "The conversation was handed back to the bot, so there is nothing left to deliver.",
    };
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
  return { type: "retried", entry };
}

export function* drop(input: { readonly intentId: string; readonly now: number }): Operation<Replayed> {
  const entry = yield* ask("lockEntry", { intentId: input.intentId });
  if (entry === null) return { type: "missing" };
  const { outbox } = entry;
  if (outbox.status === "sending") return { type: "refused", message: SENDING };
  if (outbox.status === "delivered") return { type: "refused", message: DELIVERED };
  if (outbox.status === "dead" && outbox.code === "dropped") return { type: "dropped", entry };
  yield* ask("writeOutbox", {
    ...outbox,
    status: "dead",
    code: "dropped",
    leaseToken: outbox.leaseToken + 1,
    leaseOwner: null,
    leaseUntil: null,
    settledAt: input.now,
  });
  yield* ask("insertChange", changeOf(entry, "dead", input.now));
  return { type: "dropped", entry };
}

export interface ChangesRead {
  readonly changes: readonly SeenChange[];
  /** Whether there are changes without a number: one who reads has them numbered and reads again. */
  readonly unnumbered: boolean;
}

export function* changesAfter({ after, limit }: In<"changesAfter">): Operation<ChangesRead> {
  const [xid = "0", seq] = after.split(":");
  const cursor = seq === undefined ? after : yield* ask("cursorOfOld", { xid, seq: Number(seq) });
  const changes = yield* ask("changesAfter", { after: cursor, limit });
  return { changes, unnumbered: changes.length === 0 && (yield* ask("unnumberedChanges", null)) };
}

export function* numberChanges(input: In<"numberChanges">): Operation<boolean> {
  return yield* ask("numberChanges", input);
}

export function* lastChange(input: null): Operation<string> {
  return yield* ask("lastChange", input);
}
