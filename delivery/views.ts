/** Views of rows: what the ledger and the outbox look like from outside. */
import type { IntentKind } from "../host-api/handoff/intent.ts";
import { standingOf } from "../runtime/handoffs/claims.ts";
import { stateOf, type ConversationState } from "./conversation.ts";
import type { Outcome } from "../runtime/outcome.ts";
import type { ChangeType, Entry, ExecutionRow, HandoffRow, OutboxStatus, OutboxTask, SeenChange } from "./rows.ts";

export interface ConversationView {
  readonly tenant: string;
  readonly conversationId: string;
  readonly epoch: number;
  readonly state: ConversationState;
  /** The hand-off of this epoch; null while the bot has the conversation. */
  readonly handoff: null | {
    readonly intentId: string;
    readonly executionId: string;
    readonly kind: IntentKind;
    readonly reason: string | null;
    readonly phoneDestination: string | null;
    /** Why a transfer stands where it stands. */
    readonly code: string | null;
    readonly recordedAt: string;
  };
}

export interface OutboxView {
  /** Give it to `outbox.list({ after })` for the rows that follow. */
  readonly cursor: string;
  readonly intentId: string;
  readonly tenant: string;
  readonly conversationId: string;
  readonly epoch: number;
  readonly kind: IntentKind;
  readonly state: ConversationState;
  readonly task: OutboxTask;
  readonly status: OutboxStatus;
  readonly attempts: number;
  readonly code: string | null;
  readonly recordedAt: string;
  readonly nextAt: string | null;
  readonly settledAt: string | null;
  readonly leasedBy: string | null;
}

/** An `OutboxView` with what people said in it. */
export interface OutboxDetail extends OutboxView {
  readonly executionId: string;
  readonly reason: string | null;
  readonly phoneDestination: string | null;
  readonly handedBackAt: string | null;
  readonly purgedAt: string | null;
}

export interface ExecutionView {
  readonly tenant: string;
  readonly executionId: string;
  readonly conversationId: string | null;
  /** `lost`: its process stopped before it could say how it ended. */
  readonly state: "running" | "ended" | "lost";
  readonly outcome: Outcome | null;
  readonly startedAt: string;
  /** When its outcome is forgotten, and its id free. */
  readonly expiresAt: string;
  readonly purgedAt: string | null;
}

export interface Change {
  /** Give it to `changes({ after })` to go on from here. */
  readonly cursor: string;
  readonly type: ChangeType;
  readonly at: string;
  readonly tenant: string;
  readonly conversationId: string;
  readonly epoch: number;
  readonly intentId: string;
}

const iso = (time: number): string => new Date(time).toISOString();
const isoOrNull = (time: number | null): string | null => (time === null ? null : iso(time));

export function conversationView(
  conversation: { readonly tenant: string; readonly conversationId: string },
  latest: HandoffRow | null,
): ConversationView {
  const state = stateOf(latest);
  return {
    ...conversation,
    epoch: standingOf(latest).epoch,
    state,
    handoff:
      latest === null || state === "bot"
        ? null
        : {
            intentId: latest.intentId,
            executionId: latest.executionId,
            kind: latest.kind,
            reason: latest.reason,
            phoneDestination: latest.phoneDestination,
            code: latest.code,
            recordedAt: iso(latest.createdAt),
          },
  };
}

export function outboxView(entry: Entry): OutboxView {
  const { outbox } = entry;
  return {
    cursor: `${entry.createdAt}:${entry.intentId}`,
    intentId: entry.intentId,
    tenant: entry.tenant,
    conversationId: entry.conversationId,
    epoch: entry.epoch,
    kind: entry.kind,
    state: entry.state,
    task: outbox.task,
    status: outbox.status,
    attempts: outbox.attempts,
    code: outbox.code ?? entry.code,
    recordedAt: iso(entry.createdAt),
    nextAt: outbox.status === "waiting" ? iso(outbox.nextAt) : null,
    settledAt: isoOrNull(outbox.settledAt),
    leasedBy: outbox.leaseOwner,
  };
}

export function outboxDetail(entry: Entry): OutboxDetail {
  return {
    ...outboxView(entry),
    executionId: entry.executionId,
    reason: entry.reason,
    phoneDestination: entry.phoneDestination,
    handedBackAt: isoOrNull(entry.handedBackAt),
    purgedAt: isoOrNull(entry.purgedAt),
  };
}

export function executionView(row: ExecutionRow): ExecutionView {
  const { tenant, executionId, conversationId, outcome, lostAt, startedAt, expiresAt, purgedAt } = row;
  return {
    tenant,
    executionId,
    conversationId,
    state: outcome === null ? "running" : lostAt === null ? "ended" : "lost",
    outcome: outcome === null ? null : (JSON.parse(outcome) as Outcome),
    startedAt: iso(startedAt),
    expiresAt: iso(expiresAt),
    purgedAt: isoOrNull(purgedAt),
  };
}

export function changeView(change: SeenChange): Change {
  const { cursor, type, at, tenant, conversationId, epoch, intentId } = change;
  return { cursor, type, at: iso(at), tenant, conversationId, epoch, intentId };
}
