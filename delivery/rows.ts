/**
 * The rows that every store keeps. Times are milliseconds since 1970 by the store's clock; structured values are JSON text.
 */
import type { IntentKind } from "../host-api/handoff/intent.ts";

export type HandoffState = "handed_off" | "transferring" | "transferred" | "transfer_failed" | "transfer_unknown";

/**
 * Tenant, conversation and execution stand in rows as keys (store-keys.ts); where a key is not the name itself, `ids` has the names, as JSON.
 */
interface Named {
  readonly ids?: string | null;
}

/** The ledger: at most one row for a (tenant, conversation, epoch). The newest of a conversation is never deleted: it says who has it. */
export interface HandoffRow extends Named {
  readonly intentId: string;
  readonly tenant: string;
  readonly conversationId: string;
  readonly epoch: number;
  readonly executionId: string;
  readonly kind: IntentKind;
  readonly state: HandoffState;
  /** Why a transfer stands where it stands. */
  readonly code: string | null;
  readonly reason: string | null;
  readonly phoneDestination: string | null;
  /** The live call, JSON. */
  readonly call: string | null;
  readonly createdAt: number;
  readonly handedBackAt: number | null;
  readonly purgedAt: number | null;
}

/**
 * `dial`: a transfer not tried yet. `reconcile`: one whose answer was lost. `deliver`: a standard hand-off. `withdraw`: a hand-off that may
 * have reached the receiver, and was handed back before that was known.
 */
export type OutboxTask = "deliver" | "dial" | "reconcile" | "withdraw";

/** Every row ends `delivered`, `dead` or `waiting`; `sending` stands only while a call to the provider is out. */
export type OutboxStatus = "waiting" | "sending" | "delivered" | "dead";

/** Exactly one for each row of the ledger. */
export interface OutboxRow {
  readonly intentId: string;
  readonly task: OutboxTask;
  readonly status: OutboxStatus;
  readonly attempts: number;
  /** When the first of these attempts began; null before it. */
  readonly triedSince: number | null;
  readonly nextAt: number;
  /** The fencing token: grows with every lease, and only the newest can settle the row. */
  readonly leaseToken: number;
  readonly leaseOwner: string | null;
  readonly leaseUntil: number | null;
  readonly code: string | null;
  readonly settledAt: number | null;
}

export type Entry = HandoffRow & { readonly outbox: OutboxRow };

export interface ExecutionRow extends Named {
  readonly tenant: string;
  readonly executionId: string;
  readonly inputHash: string;
  readonly conversationId: string | null;
  /** The attempt that runs it, and until when the word of its process counts. */
  readonly owner: string;
  readonly leaseUntil: number;
  /** How long that lease is; null where an older release began it. */
  readonly leaseMs: number | null;
  /** When it was found lost; its own late outcome still takes the place of that. */
  readonly lostAt: number | null;
  /** JSON of the Outcome; null while it runs. */
  readonly outcome: string | null;
  readonly startedAt: number;
  readonly expiresAt: number;
  readonly purgedAt: number | null;
}

export type ChangeType = HandoffState | "handed_back" | "delivered" | "dead" | "purged";

export interface ChangeRow extends Named {
  readonly at: number;
  readonly tenant: string;
  readonly conversationId: string;
  readonly epoch: number;
  readonly intentId: string;
  readonly type: ChangeType;
}

/** Where a reader of the changes stands: a number of our own, given after the commit. */
export type SeenChange = ChangeRow & { readonly cursor: string };
