/** What each statement is in PostgreSQL: the claim, the lease and the settlement are one statement each, so each is one round trip and one commit. */
import type { SeenChange } from "../rows.ts";
import { columnList, someRow, type SqlParameters, type SqlStatement, type SqlStatements } from "../../storage/sql.ts";
import type { In, Out, StatementName } from "./questions.ts";
import {
  CHANGE_COLUMNS,
  CHANGE_LIST,
  DUE,
  ENTRY_LIST,
  LEASED,
  leaseParameters,
  readEntry,
  SETTLE,
  sharedStatements,
} from "./shared.ts";

export function postgresStatements(): SqlStatements {
  const all: { readonly [K in StatementName]: SqlStatement<In<K>, Out<K>> } = {
    ...sharedStatements({
      lock: "for update",
      lockEntry: "for update of h, o",
      each: (parameter) => `select jsonb_array_elements_text(cast(${parameter} as jsonb))`,
    }),
    ...own(),
  };
  return all as unknown as SqlStatements;
}

/** A parameter in a select list has no type of its own. */
const typed = (column: string, parameter: string): string =>
  `cast(:${parameter} as ${/_at$|^at$|_until$|_token$/.test(column) ? "bigint" : /^(epoch|attempts)$/.test(column) ? "integer" : "text"})`;

const typedList = (columns: Readonly<Record<string, string>>, prefix = ""): string =>
  Object.entries(columns)
    .map(([name, column]) => typed(column, prefix + name))
    .join(", ");

const prefixed = (prefix: string, row: object): SqlParameters =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [prefix + name, value as string | number | null]));

/** Changes in the order of their commits: those of transactions that may still commit are left for later. */
const COMMITTED = "c.xid < pg_snapshot_xmin(pg_current_snapshot())";

function own(): { readonly [K in OwnName]: SqlStatement<In<K>, Out<K>> } {
  return {
    insertClaim: {
      // The rows are new, so most columns follow from the few that are sent.
      text: `with claimed as (
          insert into baton_handoffs (intent_id, tenant, conversation_id, epoch, execution_id, kind, state, reason, phone_destination, live_call, created_at)
          values (:intentId, :tenant, :conversationId, :epoch, :executionId, :kind, :state, :reason, :phoneDestination, :call, :createdAt)
          on conflict do nothing returning intent_id, tenant, conversation_id, epoch, state, created_at),
        boxed as (insert into baton_outbox (intent_id, task, status, attempts, next_at, lease_token)
          select intent_id, cast(:task as text), 'waiting', 0, created_at, 0 from claimed),
        told as (insert into baton_changes (${columnList(CHANGE_COLUMNS)})
          select created_at, tenant, conversation_id, epoch, intent_id, state from claimed)
        select intent_id from claimed`,
      parameters: ({ handoff, outbox }) => ({ ...handoff, task: outbox.task }),
      read: someRow,
    },
    leaseDue: {
      // Materialized: evaluated once, whatever plan is chosen, so that no more rows than the limit are locked and taken.
      text: `with due as materialized (select intent_id from baton_outbox where ${DUE} for update skip locked),
        taken as (update baton_outbox set ${LEASED} where intent_id in (select intent_id from due) returning *)
        select ${ENTRY_LIST} from taken o join baton_handoffs h on h.intent_id = o.intent_id order by o.next_at`,
      parameters: leaseParameters,
      read: (rows) => rows.map(readEntry),
    },
    settleLease: {
      text: `with settled as (${SETTLE}),
        told as (insert into baton_changes (${columnList(CHANGE_COLUMNS)}) select ${typedList(CHANGE_COLUMNS, "c_")} from settled
          where cast(:c_type as text) is not null)
        select intent_id from settled`,
      parameters: ({ outbox, change }) => ({ ...prefixed("", outbox), ...prefixed("c_", change ?? {}) }),
      read: someRow,
    },
    changesAfter: {
      text: `select ${CHANGE_LIST}, c.xid::text || ':' || c.seq::text as "cursor" from baton_changes c
        where (c.xid, c.seq) > (cast(cast(:xid as text) as xid8), cast(:seq as bigint)) and ${COMMITTED}
        order by c.xid, c.seq limit :limit`,
      parameters: ({ after, limit }) => {
        const [xid = "0", seq = "0"] = after.split(":");
        return { xid, seq: Number(seq), limit };
      },
      read: (rows) => rows as unknown as readonly SeenChange[],
    },
    lastChange: {
      text: `select c.xid::text || ':' || c.seq::text as "cursor" from baton_changes c where ${COMMITTED}
        order by c.xid desc, c.seq desc limit 1`,
      read: (rows) => (rows[0]?.["cursor"] as string | undefined) ?? "0:0",
    },
    dropExpired: {
      text: `with executions as (delete from baton_executions where expires_at <= :now)
        delete from baton_changes where at < :changesBefore`,
      read: () => {},
    },
  };
}

type OwnName = "insertClaim" | "leaseDue" | "settleLease" | "changesAfter" | "lastChange" | "dropExpired";
