/**
 * The tables, as numbered steps: a step that has been released is never edited, a change is a new step.
 * Both databases take the same text; `Dialect` is where they differ.
 */
export interface Migration {
  readonly version: number;
  readonly statements: readonly string[];
}

interface Dialect {
  /** A column that counts up. */
  readonly identity: string;
  /** Columns and key that order changes by commit. */
  readonly changeOrder: string;
}

export const SQLITE_DIALECT: Dialect = { identity: "integer primary key autoincrement", changeOrder: "" };

/** PostgreSQL hands out numbers before it commits: only with the transaction's id can a reader tell what may still come before. */
export const POSTGRES_DIALECT: Dialect = {
  identity: "bigint generated always as identity",
  changeOrder: "xid xid8 not null default pg_current_xact_id(), primary key (xid, seq),",
};

export function migrations(dialect: Dialect): readonly Migration[] {
  return [
    {
      version: 1,
      statements: [
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
      ],
    },
    { version: 2, statements: [`alter table baton_outbox add column tried_since bigint`] },
  ];
}
