/** Columns: which of them holds what, for both databases. */
import { selectList, type SqlRow, type SqlValue } from "../../storage/sql.ts";
import type { ChangeRow, Entry, ExecutionRow, HandoffRow, OutboxRow } from "../rows.ts";

export const HANDOFF_COLUMNS: Readonly<Record<keyof HandoffRow, string>> = {
  intentId: "intent_id",
  tenant: "tenant",
  conversationId: "conversation_id",
  ids: "ids",
  epoch: "epoch",
  executionId: "execution_id",
  kind: "kind",
  state: "state",
  code: "code",
  reason: "reason",
  phoneDestination: "phone_destination",
  call: "live_call",
  createdAt: "created_at",
  handedBackAt: "handed_back_at",
  purgedAt: "purged_at",
};

export const OUTBOX_COLUMNS: Readonly<Record<keyof OutboxRow, string>> = {
  intentId: "intent_id",
  task: "task",
  status: "status",
  attempts: "attempts",
  triedSince: "tried_since",
  nextAt: "next_at",
  leaseToken: "lease_token",
  leaseOwner: "lease_owner",
  leaseUntil: "lease_until",
  code: "code",
  settledAt: "settled_at",
};

export const EXECUTION_COLUMNS: Readonly<Record<keyof ExecutionRow, string>> = {
  tenant: "tenant",
  executionId: "execution_id",
  inputHash: "input_hash",
  conversationId: "conversation_id",
  owner: "owner",
  leaseUntil: "lease_until",
  outcome: "outcome",
  startedAt: "started_at",
  expiresAt: "expires_at",
  purgedAt: "purged_at",
  ids: "ids",
  leaseMs: "lease_ms",
  lostAt: "lost_at",
};

export const CHANGE_COLUMNS: Readonly<Record<keyof ChangeRow, string>> = {
  at: "at",
  tenant: "tenant",
  conversationId: "conversation_id",
  epoch: "epoch",
  intentId: "intent_id",
  type: "type",
  ids: "ids",
};

export const HANDOFF_LIST = selectList(HANDOFF_COLUMNS, "h");
export const ENTRY_LIST = `${HANDOFF_LIST}, ${selectList(OUTBOX_COLUMNS, "o", "o_")}`;
export const CHANGE_LIST = selectList(CHANGE_COLUMNS, "c");
export const EXECUTION_LIST = selectList(EXECUTION_COLUMNS, "e");
export const ENTRIES = "baton_handoffs h join baton_outbox o on o.intent_id = h.intent_id";

export function readEntry(row: SqlRow): Entry {
  const handoff: Record<string, SqlValue> = {};
  const outbox: Record<string, SqlValue> = {};
  for (const [name, value] of Object.entries(row)) {
    if (name.startsWith("o_")) outbox[name.slice(2)] = value;
    else handoff[name] = value;
  }
  return { ...handoff, outbox } as unknown as Entry;
}
