/**
 * The statements that SQLite and PostgreSQL share, with `:name` for parameters. What only one of them can say in one breath
 * (a claim, a lease, a settlement, the order of changes) is in sqlite.ts and postgres.ts beside it.
 */
import type { ChangeRow, Entry, ExecutionRow, HandoffRow, OutboxRow } from "../rows.ts";
import {
  assignments,
  columnList,
  noAnswer,
  parameterList,
  selectList,
  someRow,
  type SqlParameters,
  type SqlRow,
  type SqlStatement,
  type SqlValue,
} from "../../storage/sql.ts";
import type { In, Out, StatementName } from "./questions.ts";

export const HANDOFF_COLUMNS: Readonly<Record<keyof HandoffRow, string>> = {
  intentId: "intent_id",
  tenant: "tenant",
  conversationId: "conversation_id",
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

const EXECUTION_COLUMNS: Readonly<Record<keyof ExecutionRow, string>> = {
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
};

export const CHANGE_COLUMNS: Readonly<Record<keyof ChangeRow, string>> = {
  at: "at",
  tenant: "tenant",
  conversationId: "conversation_id",
  epoch: "epoch",
  intentId: "intent_id",
  type: "type",
};

export const HANDOFF_LIST = selectList(HANDOFF_COLUMNS, "h");
export const ENTRY_LIST = `${HANDOFF_LIST}, ${selectList(OUTBOX_COLUMNS, "o", "o_")}`;
export const CHANGE_LIST = selectList(CHANGE_COLUMNS, "c");
const EXECUTION_LIST = selectList(EXECUTION_COLUMNS, "e");
const ENTRIES = "baton_handoffs h join baton_outbox o on o.intent_id = h.intent_id";

export function readEntry(row: SqlRow): Entry {
  const handoff: Record<string, SqlValue> = {};
  const outbox: Record<string, SqlValue> = {};
  for (const [name, value] of Object.entries(row)) {
    if (name.startsWith("o_")) outbox[name.slice(2)] = value;
    else handoff[name] = value;
  }
  return { ...handoff, outbox } as unknown as Entry;
}

/** A due row that nobody holds. */
export const DUE = `status = 'waiting' and next_at <= :now and (lease_until is null or lease_until <= :now)
  and ((task = 'deliver' and :deliver = 1) or (task = 'reconcile' and :reconcile = 1)) order by next_at limit :limit`;

export const leaseParameters = (input: In<"leaseDue">): SqlParameters => ({
  now: input.now,
  until: input.until,
  owner: input.owner,
  limit: input.limit,
  deliver: input.tasks.includes("deliver") ? 1 : 0,
  reconcile: input.tasks.includes("reconcile") ? 1 : 0,
});

/** What taking a row writes into it. */
export const LEASED = `lease_token = lease_token + 1, attempts = attempts + 1, lease_owner = :owner, lease_until = :until,
  tried_since = case when attempts = 0 then cast(:now as bigint) else tried_since end`;

/** Under the newest fencing token only. */
export const SETTLE = `update baton_outbox set ${assignments(OUTBOX_COLUMNS)}
  where intent_id = :intentId and lease_token = :leaseToken and status = 'waiting' returning intent_id`;

const firstHandoff = (rows: readonly SqlRow[]): HandoffRow | null => (rows[0] as HandoffRow | undefined) ?? null;
const firstExecution = (rows: readonly SqlRow[]): ExecutionRow | null => (rows[0] as ExecutionRow | undefined) ?? null;

const latest = `select ${HANDOFF_LIST} from baton_handoffs h where h.tenant = :tenant and h.conversation_id = :conversationId order by h.epoch desc limit 1`;
const byIntent = `select ${ENTRY_LIST} from ${ENTRIES} where h.intent_id = :intentId`;
const selected = (table: string, time: string): string => `${table}.tenant = :tenant and ${table}.purged_at is null
  and (cast(:conversationId as text) is null or ${table}.conversation_id = cast(:conversationId as text))
  and (cast(:before as bigint) is null or ${table}.${time} < cast(:before as bigint))`;

interface Dialect {
  /** What makes a row wait for this transaction, where the database has several writers. */
  readonly lock: string;
  readonly lockEntry: string;
  /** The rows of a JSON array of texts. */
  readonly each: (parameter: string) => string;
}

export function sharedStatements({ lock, lockEntry, each }: Dialect) {
  return {
    claimOf: {
      text: `select ${HANDOFF_LIST} from baton_handoffs h where h.tenant = :tenant and h.conversation_id = :conversationId and h.epoch = :epoch`,
      read: firstHandoff,
    },
    latestHandoff: { text: latest, read: firstHandoff },
    lockLatestHandoff: { text: `${latest} ${lock}`, read: firstHandoff },
    readEntry: { text: byIntent, read: (rows: readonly SqlRow[]) => (rows[0] ? readEntry(rows[0]) : null) },
    lockEntry: {
      text: `${byIntent} ${lockEntry}`,
      read: (rows: readonly SqlRow[]) => (rows[0] ? readEntry(rows[0]) : null),
    },
    writeHandoff: {
      text: `update baton_handoffs set ${assignments(HANDOFF_COLUMNS)} where intent_id = :intentId`,
      read: noAnswer,
    },
    writeOutbox: {
      text: `update baton_outbox set ${assignments(OUTBOX_COLUMNS)} where intent_id = :intentId`,
      read: noAnswer,
    },
    handoffsOfExecution: {
      text: `select ${ENTRY_LIST} from ${ENTRIES} where h.tenant = :tenant and h.execution_id = :executionId order by h.created_at`,
      read: (rows: readonly SqlRow[]) => rows.map(readEntry),
    },
    handoffsToPurge: {
      text: `select ${ENTRY_LIST} from ${ENTRIES} where ${selected("h", "created_at")} order by h.intent_id limit :limit`,
      read: (rows: readonly SqlRow[]) => rows.map(readEntry),
    },
    insertChange: {
      text: `insert into baton_changes (${columnList(CHANGE_COLUMNS)}) values (${parameterList(CHANGE_COLUMNS)})`,
      read: noAnswer,
    },
    insertExecution: {
      text: `insert into baton_executions (${columnList(EXECUTION_COLUMNS)}) values (${parameterList(EXECUTION_COLUMNS)})
        on conflict do nothing returning execution_id`,
      read: someRow,
    },
    readExecution: {
      text: `select ${EXECUTION_LIST} from baton_executions e where e.tenant = :tenant and e.execution_id = :executionId`,
      read: firstExecution,
    },
    finishExecution: {
      text: `update baton_executions set outcome = :outcome, expires_at = :expiresAt
        where tenant = :tenant and execution_id = :executionId and owner = :owner and outcome is null
        and (cast(:leaseUntil as bigint) is null or lease_until = cast(:leaseUntil as bigint))
        and (purged_at is not null) = (cast(:purged as integer) = 1) returning execution_id`,
      parameters: (input: In<"finishExecution">): SqlParameters => ({ ...input, purged: input.purged ? 1 : 0 }),
      read: someRow,
    },
    deleteExecution: {
      text: `delete from baton_executions where tenant = :tenant and execution_id = :executionId and owner = :owner
        and (outcome is null) = (cast(:running as integer) = 1) returning execution_id`,
      parameters: (input: In<"deleteExecution">): SqlParameters => ({ ...input, running: input.running ? 1 : 0 }),
      read: someRow,
    },
    extendExecutions: {
      text: `update baton_executions set lease_until = :leaseUntil where owner in (${each(":owners")}) and outcome is null`,
      parameters: ({ owners, leaseUntil }: In<"extendExecutions">): SqlParameters => ({
        owners: JSON.stringify(owners),
        leaseUntil,
      }),
      read: noAnswer,
    },
    executionsToPurge: {
      text: `select ${EXECUTION_LIST} from baton_executions e where ${selected("e", "started_at")} order by e.execution_id limit :limit`,
      read: (rows: readonly SqlRow[]) => rows as unknown as readonly ExecutionRow[],
    },
    purgeExecution: {
      text: `update baton_executions set outcome = :outcome, purged_at = :purgedAt
        where tenant = :tenant and execution_id = :executionId
        and (outcome is null) = (cast(:outcome as text) is null) returning execution_id`,
      read: someRow,
    },
    overdueTransfers: {
      text: `select h.intent_id as "intentId" from ${ENTRIES} where o.task = 'dial' and (
          (o.status = 'sending' and o.lease_until <= :now)
          or (o.status = 'waiting' and h.state = 'transferring' and h.created_at <= :recordedBefore))
        order by h.intent_id limit :limit`,
      read: (rows: readonly SqlRow[]) => rows as unknown as readonly { intentId: string }[],
    },
    listEntries: {
      text: `select ${ENTRY_LIST} from ${ENTRIES}
        where (cast(:status as text) is null or o.status = cast(:status as text))
        and (cast(:tenant as text) is null or h.tenant = cast(:tenant as text))
        and (cast(:conversationId as text) is null or h.conversation_id = cast(:conversationId as text))
        order by h.created_at desc, h.intent_id limit :limit`,
      read: (rows: readonly SqlRow[]) => rows.map(readEntry),
    },
  } satisfies { readonly [K in StatementName]?: SqlStatement<In<K>, Out<K>> };
}
