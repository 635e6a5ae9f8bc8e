/** Phone transfers: dialled at most once, because the dial is written down before it is made. */
import { moveTransfer, type TransferFinding } from "../conversation.ts";
import type { Entry, HandoffState } from "../rows.ts";
import { changeOf } from "./change.ts";
import { ask, type Operation } from "../statements/questions.ts";

export type DialStart =
  /** Written down as sending: this process, and no other ever, may dial. */
  | { readonly type: "dial"; readonly entry: Entry }
  /** It was dialled, or given up, before. */
  | { readonly type: "settled"; readonly state: HandoffState; readonly sending: boolean }
  | { readonly type: "missing" };

export interface DialInput {
  readonly intentId: string;
  readonly owner: string;
  readonly now: number;
  readonly dialWithinMs: number;
  /** Until when the dialler may be silent before the dial counts as unknown. */
  readonly until: number;
}

export function* startDial(input: DialInput): Operation<DialStart> {
  const entry = yield* ask("lockEntry", { intentId: input.intentId });
  if (entry === null) return { type: "missing" };
  const { outbox, ...handoff } = entry;
  if (outbox.task !== "dial" || outbox.status !== "waiting" || handoff.state !== "transferring") {
    return { type: "settled", state: handoff.state, sending: outbox.status === "sending" };
  }
  if (handoff.createdAt + input.dialWithinMs <= input.now) {
    yield* moveEntry(entry, { event: "expired", code: "transfer_expired", now: input.now });
    return { type: "settled", state: "transfer_failed", sending: false };
  }
  if (handoff.phoneDestination === null) {
    // Its number was erased before the dial; a human is owed all the same.
    yield* moveEntry(entry, { event: "refused", code: "purged", now: input.now });
    return { type: "settled", state: "transfer_failed", sending: false };
  }
  const sending = {
    ...outbox,
    status: "sending" as const,
    attempts: outbox.attempts + 1,
    leaseToken: outbox.leaseToken + 1,
    leaseOwner: input.owner,
    leaseUntil: input.until,
  };
  yield* ask("writeOutbox", sending);
  return { type: "dial", entry: { ...entry, outbox: sending } };
}

export interface TransferReport extends TransferFinding {
  readonly intentId: string;
  /** Whose dial the finding is of: where another process dials, it says nothing. */
  readonly by?: string;
}

/** Writes down what became known of a transfer; gives the state that it is in now. */
export function* settleTransfer(input: TransferReport): Operation<HandoffState | null> {
  const entry = yield* ask("lockEntry", { intentId: input.intentId });
  if (entry === null) return null;
  const { status, leaseOwner } = entry.outbox;
  if (input.by !== undefined && status === "sending" && leaseOwner !== input.by) return entry.state;
  return (yield* moveEntry(entry, input)) ?? entry.state;
}

export interface SweepInput {
  readonly now: number;
  readonly dialWithinMs: number;
  readonly reconcile: boolean;
  readonly limit: number;
}

export interface Swept {
  readonly moved: number;
  /** Dials that are unknown for good: no provider can say what came of them. */
  readonly dead: readonly Entry[];
}

/** Transfers that were not dialled in time become standard hand-offs; dials whose process is gone become unknown. */
export function* sweep(input: SweepInput): Operation<Swept> {
  const overdue = yield* ask("overdueTransfers", {
    now: input.now,
    recordedBefore: input.now - input.dialWithinMs,
    limit: input.limit,
  });
  let moved = 0;
  const dead: Entry[] = [];
  for (const { intentId } of overdue) {
    const entry = yield* ask("lockEntry", { intentId });
    if (entry === null || entry.outbox.task !== "dial") continue;
    const { status, leaseUntil } = entry.outbox;
    const { now, reconcile } = input;
    let state: HandoffState | null = null;
    if (status === "sending" && leaseUntil !== null && leaseUntil <= now) {
      state = yield* moveEntry(entry, { event: "unknown", code: "dial_lost", now, reconcile });
    } else if (status === "waiting") {
      state = yield* moveEntry(entry, { event: "expired", code: "transfer_expired", now });
    }
    if (state !== null) moved += 1;
    if (state === "transfer_unknown" && !reconcile) dead.push({ ...entry, state, code: "dial_lost" });
  }
  return { moved, dead };
}

function* moveEntry(entry: Entry, finding: TransferFinding): Operation<HandoffState | null> {
  const { outbox, ...handoff } = entry;
  const moved = moveTransfer(handoff, outbox, finding);
  if (moved === null) return null;
  yield* ask("writeHandoff", moved.handoff);
  yield* ask("writeOutbox", moved.outbox);
  yield* ask("insertChange", changeOf(handoff, moved.change, finding.now));
  return moved.handoff.state;
}
