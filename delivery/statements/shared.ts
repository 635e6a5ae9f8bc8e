/**
 * The statements that SQLite and PostgreSQL share, with `:name` for parameters. What only one of them can say in one breath
 * (a claim, a lease, a settlement, the order of changes) is in sqlite.ts and postgres.ts beside it.
 */
import {
  assignments,
  columnList,
  noAnswer,
  parameterList,
  someRow,
  type SqlParameters,
  type SqlRow,
  type SqlStatement,
} from "../../storage/sql.ts";
import type { ExecutionRow, HandoffRow } from "../rows.ts";
import {
  CHANGE_COLUMNS,
  ENTRIES,
  ENTRY_LIST,
  EXECUTION_COLUMNS,
  EXECUTION_LIST,
  HANDOFF_COLUMNS,
  HANDOFF_LIST,
  OUTBOX_COLUMNS,
  readEntry,
} from "./columns.ts";
import { outboxStatements } from "./outbox.ts";
import type { In, Out, StatementName } from "./questions.ts";

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
  /** What passes over rows that another transaction holds. */
  readonly skipLocked: string;
  /** The rows of a JSON array of texts. */
  readonly each: (parameter: string) => string;
}

// oxlint-disable-next-line eslint/max-lines-per-function -- a table of statements
export function sharedStatements({ lock, lockEntry, skipLocked, each }: Dialect) {
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
      text: `update baton_executions set outcome = :outcome, expires_at = :expiresAt, lost_at = :lostAt
        where tenant = :tenant and execution_id = :executionId and owner = :owner
        and (outcome is null or (cast(:overLost as integer) = 1 and lost_at is not null))
        and (cast(:leaseUntil as bigint) is null or lease_until = cast(:leaseUntil as bigint))
        and (purged_at is not null) = (cast(:purged as integer) = 1) returning execution_id`,
      parameters: (input: In<"finishExecution">): SqlParameters => ({
        ...input,
        purged: input.purged ? 1 : 0,
        overLost: input.overLost ? 1 : 0,
      }),
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
    rewindTransfers: {
      text: `update baton_handoffs set created_at = :now where state = 'transferring' and created_at > :farthest
        and intent_id in (select intent_id from baton_outbox where status = 'waiting' and task = 'dial')`,
      read: noAnswer,
    },
    ...outboxStatements(each, skipLocked),
  } satisfies { readonly [K in StatementName]?: SqlStatement<In<K>, Out<K>> };
}
