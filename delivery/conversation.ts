/**
 * The life of one hand-off, pure: which state follows which, and what that means for its row in the outbox.
 * Every store runs its transitions through here, so the drawing in docs/delivery.md holds for all of them.
 */
import type { IntentKind } from "../host-api/handoff/intent.ts";
import type { ChangeType, HandoffRow, HandoffState, OutboxRow } from "./rows.ts";

/** `bot` is the absence of a hand-off in the conversation's epoch. */
export type ConversationState = "bot" | HandoffState;

/** What can become known of a phone transfer. */
export type TransferEvent =
  /** The provider took the call over. */
  | "accepted"
  /** The provider will not transfer this call. */
  | "refused"
  /** No dial began in time. */
  | "expired"
  /** It was tried, and what came of it cannot be known. */
  | "unknown"
  /** It was taken over, and then the other end did not answer. */
  | "failed";

/** Null: the event changes nothing in this state (it comes late, or twice). */
export function nextState(state: HandoffState, event: TransferEvent): HandoffState | null {
  switch (state) {
    case "transferring":
      return event === "accepted" ? "transferred" : event === "unknown" ? "transfer_unknown" : "transfer_failed";
    case "transfer_unknown":
      if (event === "accepted") return "transferred";
      return event === "refused" || event === "failed" ? "transfer_failed" : null;
    case "transferred":
      return event === "failed" ? "transfer_failed" : null;
    case "handed_off":
    case "transfer_failed":
      return null;
  }
}

export interface Moved {
  readonly handoff: HandoffRow;
  readonly outbox: OutboxRow;
  readonly change: ChangeType;
}

export interface TransferFinding {
  readonly event: TransferEvent;
  readonly code: string | null;
  readonly now: number;
  /** Whether the provider can be asked later what came of the call. */
  readonly reconcile?: boolean;
}

/** What a finding makes of a transfer and of its outbox row; null where it changes nothing. */
export function moveTransfer(handoff: HandoffRow, outbox: OutboxRow, finding: TransferFinding): Moved | null {
  const state = nextState(handoff.state, finding.event);
  if (state === null) return null;
  const free = { ...outbox, leaseOwner: null, leaseUntil: null, code: finding.code };
  switch (state) {
    case "transferred":
      return {
        handoff: { ...handoff, state, code: finding.code },
        outbox: { ...free, status: "delivered", settledAt: finding.now },
        change: state,
      };
    case "transfer_unknown":
      return {
        handoff: { ...handoff, state, code: finding.code },
        // Never `dial` again: what remains is to ask, or to let a person look.
        outbox: finding.reconcile
          ? { ...free, task: "reconcile", status: "waiting", attempts: 0, nextAt: finding.now, settledAt: null }
          : { ...free, task: "reconcile", status: "dead", settledAt: finding.now },
        change: state,
      };
    case "transfer_failed":
      return {
        // A human is still owed: the same row goes on as a standard hand-off, unless a human has been and gone.
        handoff: { ...handoff, state, kind: "handoff", phoneDestination: null, code: finding.code },
        outbox:
          handoff.handedBackAt === null
            ? { ...free, task: "deliver", status: "waiting", attempts: 0, nextAt: finding.now, settledAt: null }
            : { ...free, task: "deliver", status: "dead", settledAt: finding.now },
        change: state,
      };
    case "handed_off":
    case "transferring":
      return null;
  }
}

/** The state in which a claimed hand-off starts; without a provider a transfer has fired once it is recorded. */
export function firstState(kind: IntentKind, dials: boolean): HandoffState {
  if (kind === "handoff") return "handed_off";
  return dials ? "transferring" : "transferred";
}

export function stateOf(latest: HandoffRow | null): ConversationState {
  return latest === null || latest.handedBackAt !== null ? "bot" : latest.state;
}
