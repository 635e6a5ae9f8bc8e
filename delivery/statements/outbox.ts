/** Statements of the outbox: what SQLite and PostgreSQL share about rows of the outbox: which are due, what taking one writes, and the operator's questions. */
import {
  assignments,
  noAnswer,
  someRow,
  type SqlParameters,
  type SqlRow,
  type SqlStatement,
} from "../../storage/sql.ts";
import { ENTRIES, ENTRY_LIST, OUTBOX_COLUMNS, readEntry } from "./columns.ts";
import type { In, Out, StatementName } from "./questions.ts";

/** A due row that no relay holds. */
export const DUE = `status = 'waiting' and next_at <= :now and (lease_until is null or lease_until <= :now)
  and ((task = 'deliver' and :deliver = 1) or (task = 'reconcile' and :reconcile = 1) or (task = 'withdraw' and :withdraw = 1))`;

/** The tenants that have rows waiting, each found by one step in the index, however many rows it has. */
export const TURNS = `with recursive turns(tenant) as (
  select * from (select coalesce(tenant, '') from baton_outbox where status = 'waiting' order by coalesce(tenant, '') limit 1) as first
  union all
  select (select coalesce(o.tenant, '') from baton_outbox o
    where o.status = 'waiting' and coalesce(o.tenant, '') > turns.tenant order by coalesce(o.tenant, '') limit 1)
  from turns where turns.tenant is not null)`;

export const leaseParameters = (input: In<"leaseDue">): SqlParameters => ({
  now: input.now,
  until: input.until,
  owner: input.owner,
  limit: input.limit,
  each: input.each,
  rooms: JSON.stringify(input.rooms),
  deliver: input.tasks.includes("deliver") ? 1 : 0,
  reconcile: input.tasks.includes("reconcile") ? 1 : 0,
  withdraw: input.tasks.includes("withdraw") ? 1 : 0,
});

/** What taking a row writes into it. */
export const LEASED = `lease_token = lease_token + 1, attempts = attempts + 1, lease_owner = :owner, lease_until = :until,
  tried_since = case when attempts = 0 then cast(:now as bigint) else tried_since end`;

/** Under the newest fencing token only. */
export const SETTLE = `update baton_outbox set ${assignments(OUTBOX_COLUMNS)}
  where intent_id = :intentId and lease_token = :leaseToken and status = 'waiting' returning intent_id`;

/** A row changed last when it was settled, or else when it was recorded. */
const FILTER = `(cast(:status as text) is null or o.status = cast(:status as text))
  and (cast(:tenant as text) is null or h.tenant = cast(:tenant as text))
  and (cast(:conversationId as text) is null or h.conversation_id = cast(:conversationId as text))
  and (cast(:since as bigint) is null or coalesce(o.settled_at, h.created_at) >= cast(:since as bigint))
  and (cast(:before as bigint) is null or coalesce(o.settled_at, h.created_at) < cast(:before as bigint))`;

// oxlint-disable-next-line eslint/max-lines-per-function -- a table of statements
export function outboxStatements(each: (parameter: string) => string, skipLocked: string) {
  return {
    renewLeases: {
      text: `update baton_outbox set lease_until = :until where lease_owner = :owner and status = 'waiting'
        and intent_id in (${each(":intentIds")}) returning intent_id as "intentId"`,
      parameters: ({ owner, until, intentIds }: In<"renewLeases">): SqlParameters => ({
        owner,
        until,
        intentIds: JSON.stringify(intentIds),
      }),
      read: (rows: readonly SqlRow[]) => rows.map((row) => row["intentId"] as string),
    },
    rewindPauses: {
      text: `update baton_outbox set next_at = :now where status = 'waiting' and next_at > :farthest`,
      read: noAnswer,
    },
    rewindLeases: {
      text: `update baton_outbox set lease_until = :now where lease_owner is not null and lease_until > :farthest`,
      read: noAnswer,
    },
    overdueTransfers: {
      // Every relay asks this before it delivers anything: a row whose holder hangs must not stop them all.
      text: `select h.intent_id as "intentId" from ${ENTRIES} where o.task = 'dial' and (
          (o.status = 'sending' and o.lease_until <= :now)
          or (o.status = 'waiting' and h.state = 'transferring' and h.created_at <= :recordedBefore))
        order by h.intent_id limit :limit ${skipLocked}`,
      read: (rows: readonly SqlRow[]) => rows as unknown as readonly { intentId: string }[],
    },
    listEntries: {
      text: `select ${ENTRY_LIST} from ${ENTRIES} where ${FILTER}
        and (cast(:afterAt as bigint) is null or h.created_at < cast(:afterAt as bigint)
          or (h.created_at = cast(:afterAt as bigint) and h.intent_id > cast(:afterId as text)))
        order by h.created_at desc, h.intent_id limit :limit`,
      parameters: ({ filter, after, limit }: In<"listEntries">): SqlParameters => ({
        ...filter,
        afterAt: after?.at ?? null,
        afterId: after?.intentId ?? null,
        limit,
      }),
      read: (rows: readonly SqlRow[]) => rows.map(readEntry),
    },
    countEntries: {
      text: `select o.status as "status", cast(count(*) as bigint) as "rows" from ${ENTRIES} where ${FILTER} group by o.status`,
      parameters: (filter: In<"countEntries">): SqlParameters => ({ ...filter }),
      read: (rows: readonly SqlRow[]) => rows as unknown as Out<"countEntries">,
    },
    handoffsToExpire: {
      text: `select ${ENTRY_LIST} from ${ENTRIES}
        where h.created_at < :before and o.status in ('delivered', 'dead') and coalesce(o.settled_at, h.created_at) < :before
        and (h.purged_at is null or exists (select 1 from baton_handoffs n
          where n.tenant = h.tenant and n.conversation_id = h.conversation_id and n.epoch > h.epoch))
        order by h.created_at limit :limit`,
      read: (rows: readonly SqlRow[]) => rows.map(readEntry),
    },
    deleteOutbox: {
      text: "delete from baton_outbox where intent_id = :intentId and status in ('delivered', 'dead') returning intent_id",
      read: someRow,
    },
    deleteHandoff: {
      text: "delete from baton_handoffs where intent_id = :intentId returning intent_id",
      read: someRow,
    },
  } satisfies { readonly [K in StatementName]?: SqlStatement<In<K>, Out<K>> };
}
