/** Statements in PostgreSQL: the claim, the lease and the settlement are one statement each, so each is one round trip and one commit. */
import type { SeenChange } from "../rows.ts";
import { columnList, someRow, type SqlParameters, type SqlStatement, type SqlStatements } from "../../storage/sql.ts";
import type { In, Out, OwnName, StatementName } from "./questions.ts";
import { CHANGE_COLUMNS, CHANGE_LIST, ENTRY_LIST, readEntry } from "./columns.ts";
import { DUE, LEASED, leaseParameters, SETTLE, TURNS } from "./outbox.ts";
import { sharedStatements } from "./shared.ts";

export function postgresStatements(): SqlStatements {
  const all: { readonly [K in StatementName]: SqlStatement<In<K>, Out<K>> } = {
    ...sharedStatements({
      lock: "for update",
      lockEntry: "for update of h, o",
      skipLocked: "for update of h, o skip locked",
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

/** As `DUE`, of a row that is joined. */
const DUE_AGAIN = "o.status = 'waiting' and o.next_at <= :now and (o.lease_until is null or o.lease_until <= :now)";

// oxlint-disable-next-line eslint/max-lines-per-function -- a table of statements
function own(): { readonly [K in OwnName]: SqlStatement<In<K>, Out<K>> } {
  return {
    insertClaim: {
      // The rows are new, so most columns follow from the few that are sent.
      text: `with claimed as (
          insert into baton_handoffs (intent_id, tenant, conversation_id, epoch, execution_id, kind, state, reason, phone_destination, live_call, created_at, ids)
          values (:intentId, :tenant, :conversationId, :epoch, :executionId, :kind, :state, :reason, :phoneDestination, :call, :createdAt, :ids)
          on conflict do nothing returning intent_id, tenant, conversation_id, epoch, state, created_at, ids),
        boxed as (insert into baton_outbox (intent_id, task, status, attempts, next_at, lease_token, tenant)
          select intent_id, cast(:task as text), 'waiting', 0, created_at, 0, tenant from claimed),
        noted as (insert into baton_changes (${columnList(CHANGE_COLUMNS)})
          select created_at, tenant, conversation_id, epoch, intent_id, state, ids from claimed)
        select intent_id from claimed`,
      parameters: ({ handoff, outbox }) => ({ ...handoff, task: outbox.task }),
      read: someRow,
    },
    leaseDue: {
      // Turns are fair by tenant: the first row of each, then the second of each, as far as a tenant's room goes. The rows are locked after
      // that, and looked at again: another relay may have taken them meanwhile.
      text: `${TURNS},
        rooms as materialized (select r.tenant, r.room, coalesce(r.behind, 0) as behind
          from jsonb_to_recordset(cast(:rooms as jsonb)) as r(tenant text, room integer, behind integer)),
        candidates as materialized (select d.intent_id, d.next_at, d.place + coalesce(r.behind, 0) as turn
          from turns left join rooms r on r.tenant = turns.tenant cross join lateral (
          select intent_id, next_at, row_number() over (order by next_at) as place from (
            select intent_id, next_at from baton_outbox where coalesce(tenant, '') = turns.tenant and ${DUE} order by next_at
            limit greatest(0, coalesce(r.room, cast(:each as integer)))) as due) as d),
        due as materialized (select o.intent_id from candidates c join baton_outbox o on o.intent_id = c.intent_id where ${DUE_AGAIN}
          order by c.turn, c.next_at limit :limit for update of o skip locked),
        taken as (update baton_outbox set ${LEASED} where intent_id in (select intent_id from due) returning *)
        select ${ENTRY_LIST} from taken o join baton_handoffs h on h.intent_id = o.intent_id order by o.next_at`,
      parameters: leaseParameters,
      read: (rows) => rows.map(readEntry),
    },
    settleLease: {
      text: `with settled as (${SETTLE}),
        noted as (insert into baton_changes (${columnList(CHANGE_COLUMNS)}) select ${typedList(CHANGE_COLUMNS, "c_")} from settled
          where cast(:c_type as text) is not null)
        select intent_id from settled`,
      parameters: ({ outbox, change }) => ({ ...prefixed("", outbox), ...prefixed("c_", change ?? {}) }),
      read: someRow,
    },
    changesAfter: {
      text: `select ${CHANGE_LIST}, c.number::text as "cursor" from baton_changes c
        where c.number > cast(:after as bigint) order by c.number limit :limit`,
      read: (rows) => rows as unknown as readonly SeenChange[],
    },
    lastChange: {
      text: `select last::text as "cursor" from baton_change_cursor where id = 1`,
      read: (rows) => (rows[0]?.["cursor"] as string | undefined) ?? "0",
    },
    cursorOfOld: {
      // By order of transactions one row may have come before another that got the lower number: what may not have been read comes again.
      text: `select coalesce((select min(c.number) - 1 from baton_changes c
          where (c.xid, c.seq) > (cast(cast(:xid as text) as xid8), cast(:seq as bigint))),
        (select last from baton_change_cursor where id = 1))::text as "cursor"`,
      read: (rows) => (rows[0]?.["cursor"] as string | undefined) ?? "0",
    },
    unnumberedChanges: {
      text: 'select exists (select from baton_changes where number is null) as "some"',
      read: (rows) => (rows[0]?.["some"] as unknown) === true,
    },
    numberChanges: {
      // One process at a time numbers what is committed, so a number is given after all lower ones are there to be read. The rows are those
      // that stood when the statement began; what the process before numbered since then is looked at again and left alone.
      text: `with turn as materialized (select last from baton_change_cursor where id = 1 for update skip locked),
        fresh as materialized (select xid, seq from baton_changes where number is null and exists (select from turn) order by seq limit :limit),
        placed as (select xid, seq, row_number() over (order by seq) as place from fresh),
        given as (update baton_changes c set number = turn.last + placed.place from placed, turn
          where c.xid = placed.xid and c.seq = placed.seq and c.number is null returning c.number)
        update baton_change_cursor set last = (select max(number) from given)
        where id = 1 and exists (select from given) returning id`,
      read: someRow,
    },
    dropExpired: {
      text: `with executions as (delete from baton_executions where expires_at <= :now)
        delete from baton_changes where at < :changesBefore`,
      read: () => {},
    },
  };
}
