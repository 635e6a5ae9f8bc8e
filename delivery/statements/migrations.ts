/**
 * The tables of hand-offs, as numbered steps that only add: the release before this one goes on working beside it on one store.
 * Where the two databases differ the steps say so.
 */
import type { Migration } from "../../storage/schema.ts";

interface Dialect {
  /** A column that counts up. */
  readonly identity: string;
  /** Columns and key that order changes by commit. */
  readonly changeOrder: string;
  /** What the first release looks at, to see whether it can read the tables. */
  readonly legacyVersion: readonly string[];
}

const SQLITE: Dialect = {
  identity: "integer primary key autoincrement",
  changeOrder: "",
  legacyVersion: ["pragma user_version = 1"],
};

/** PostgreSQL hands out numbers before it commits, so the first release ordered by the transaction's id; readers of today number. */
const POSTGRES: Dialect = {
  identity: "bigint generated always as identity",
  changeOrder: "xid xid8 not null default pg_current_xact_id(), primary key (xid, seq),",
  legacyVersion: [
    "create table baton_schema (version integer primary key, applied_at timestamptz not null default now())",
    "insert into baton_schema (version) values (1)",
  ],
};

export const LEGACY_VERSION = { sqlite: "pragma user_version", postgres: "baton_schema" } as const;

const first = (dialect: Dialect): readonly string[] => [
  `create table baton_handoffs (
    intent_id text primary key, tenant text not null, conversation_id text not null, epoch integer not null,
    execution_id text not null, kind text not null, state text not null, code text, reason text,
    phone_destination text, live_call text, created_at bigint not null, handed_back_at bigint, purged_at bigint)`,
  `create unique index baton_one_handoff on baton_handoffs (tenant, conversation_id, epoch)`,
  `create index baton_handoffs_of_execution on baton_handoffs (tenant, execution_id)`,
  `create table baton_outbox (
    intent_id text primary key references baton_handoffs (intent_id), task text not null, status text not null,
    attempts integer not null, next_at bigint not null, lease_token bigint not null, lease_owner text,
    lease_until bigint, code text, settled_at bigint)`,
  `create index baton_outbox_due on baton_outbox (next_at) where status = 'waiting'`,
  `create index baton_outbox_open_dials on baton_outbox (intent_id) where task = 'dial' and status in ('waiting', 'sending')`,
  `create table baton_executions (
    tenant text not null, execution_id text not null, input_hash text not null, conversation_id text,
    owner text not null, lease_until bigint not null, outcome text, started_at bigint not null,
    expires_at bigint not null, purged_at bigint, primary key (tenant, execution_id))`,
  `create index baton_executions_expiry on baton_executions (expires_at)`,
  `create index baton_executions_running on baton_executions (owner) where outcome is null`,
  `create index baton_executions_of_conversation on baton_executions (tenant, conversation_id)`,
  `create table baton_changes (
    seq ${dialect.identity}, ${dialect.changeOrder} at bigint not null, tenant text not null,
    conversation_id text not null, epoch integer not null, intent_id text not null, type text not null)`,
  `create index baton_changes_age on baton_changes (at)`,
  ...dialect.legacyVersion,
];

/** Names longer than a key may be, rows marked with their tenant for its turn, leases that say how long they are, changes with numbers. */
const SECOND: readonly string[] = [
  `alter table baton_handoffs add column ids text`,
  `alter table baton_outbox add column tried_since bigint`,
  `alter table baton_outbox add column tenant text`,
  `update baton_outbox set tenant = (select h.tenant from baton_handoffs h where h.intent_id = baton_outbox.intent_id)
    where status in ('waiting', 'sending')`,
  `create index baton_outbox_turns on baton_outbox (coalesce(tenant, ''), next_at) where status = 'waiting'`,
  `create index baton_outbox_leases on baton_outbox (lease_owner) where lease_owner is not null`,
  `create index baton_handoffs_age on baton_handoffs (created_at)`,
  `alter table baton_executions add column ids text`,
  `alter table baton_executions add column lease_ms bigint`,
  `alter table baton_executions add column lost_at bigint`,
  `alter table baton_changes add column ids text`,
];

/** Numbers are given after the commit, by one process at a time; those that are there already keep the order they were read in. */
const SECOND_POSTGRES: readonly string[] = [
  `alter table baton_changes add column number bigint`,
  `update baton_changes c set number = n.number
    from (select xid, seq, row_number() over (order by xid, seq) as number from baton_changes) n
    where n.xid = c.xid and n.seq = c.seq`,
  `create unique index baton_changes_number on baton_changes (number)`,
  `create index baton_changes_new on baton_changes (seq) where number is null`,
  `create table baton_change_cursor (id integer primary key check (id = 1), last bigint not null)`,
  `insert into baton_change_cursor (id, last) select 1, coalesce(max(number), 0) from baton_changes`,
];

export const MIGRATIONS: readonly Migration[] = [
  { version: 1, sqlite: first(SQLITE), postgres: first(POSTGRES) },
  { version: 2, sqlite: SECOND, postgres: [...SECOND, ...SECOND_POSTGRES] },
];
