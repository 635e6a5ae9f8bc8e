/** The service's tables, as migrations. A migration that was released is never edited: a change is a new one. */

import type { Migration } from "../../../storage/schema.ts";

const FIRST: readonly string[] = [
  `create table baton_counters (name text primary key, n bigint not null)`,
  `insert into baton_counters (name, n) values ('audit', 0), ('settled', 0)`,
  `create table baton_audit (
        n bigint primary key, at bigint not null, actor text not null, action text not null, tenant text, subject text not null,
        detail text not null, previous text not null, hash text not null)`,
  `create index baton_audit_tenant on baton_audit (tenant, n)`,
  `create table baton_keys (
        id text primary key, digest text not null, tenant text, scopes text not null, note text, created_at bigint not null,
        expires_at bigint, revoked_at bigint)`,
  `create index baton_keys_tenant on baton_keys (tenant)`,
  `create table baton_tenants (
        tenant text primary key, settings text not null, created_at bigint not null, updated_at bigint not null)`,
  `create table baton_secrets (
        tenant text not null, name text not null, hosts text not null, key_id text not null, sealed text not null,
        updated_at bigint not null, primary key (tenant, name))`,
  `create index baton_secrets_key on baton_secrets (key_id)`,
  `create table baton_actions (
        tenant text not null, action text not null, newest bigint not null, deployment bigint not null, live text,
        created_at bigint not null, updated_at bigint not null, primary key (tenant, action))`,
  `create table baton_versions (
        tenant text not null, action text not null, version bigint not null, hash text not null, entry text not null,
        language text not null, files text not null, packages text not null, note text, tags text not null, args text,
        diagnostics text not null, created_at bigint not null, created_by text not null, primary key (tenant, action, version))`,
  `create index baton_versions_hash on baton_versions (tenant, action, hash)`,
  `create table baton_deployments (
        tenant text not null, action text not null, deployment bigint not null, at bigint not null, actor text not null,
        live text not null, primary key (tenant, action, deployment))`,
  `create table baton_runs (
        tenant text not null, execution_id text not null, action text not null, version bigint not null, request_hash text not null,
        conversation_id text, status text not null, owner text not null, request text, created_at bigint not null,
        settled_at bigint, settled_n bigint, outcome text, handoff text, cancelled_at bigint, primary key (tenant, execution_id))`,
  `create index baton_runs_time on baton_runs (tenant, created_at)`,
  `create index baton_runs_conversation on baton_runs (tenant, conversation_id)`,
  `create index baton_runs_settled on baton_runs (settled_n)`,
  `create index baton_runs_open on baton_runs (owner) where settled_at is null`,
  `create table baton_callbacks (
        tenant text not null, execution_id text not null, url text not null, attempts bigint not null, next_at bigint not null,
        status text not null, code text, primary key (tenant, execution_id))`,
  `create index baton_callbacks_due on baton_callbacks (next_at) where status = 'waiting'`,
  `create table baton_usage (
        tenant text not null, action text not null, minute bigint not null, runs bigint not null, failed bigint not null,
        cpu_ms double precision not null, wall_ms double precision not null, host_calls bigint not null, bytes bigint not null,
        handoffs bigint not null, primary key (tenant, minute, action))`,
  `create table baton_nodes (
        node text primary key, started_at bigint not null, seen_at bigint not null, info text not null)`,
];

/** What nodes share of a tenant's rate and places. */
const SHARES: readonly string[] = [
  `create table baton_rates (tenant text primary key, tokens double precision not null, at bigint not null)`,
  `create table baton_places (
        tenant text not null, node text not null, places bigint not null, wants bigint not null, until bigint not null,
        primary key (tenant, node))`,
  // What all tenants used is asked by time alone.
  `create index baton_usage_minute on baton_usage (minute)`,
];

/** Recordings of executions. */
const RECORDINGS: readonly string[] = [
  `create table baton_recordings (
        tenant text not null, execution_id text not null, conversation_id text, hash text not null, recorded_at bigint not null,
        body text not null, primary key (tenant, execution_id))`,
  `create index baton_recordings_conversation on baton_recordings (tenant, conversation_id)`,
  `create index baton_recordings_time on baton_recordings (recorded_at)`,
  `create index baton_recordings_code on baton_recordings (tenant, hash)`,
  `create table baton_recorded_code (
        tenant text not null, hash text not null, used_at bigint not null, code text not null, primary key (tenant, hash))`,
];

export const MIGRATIONS: readonly Migration[] = [
  { version: 1, sqlite: FIRST, postgres: FIRST },
  { version: 2, oldestUsable: 1, sqlite: SHARES, postgres: SHARES },
  { version: 3, oldestUsable: 1, sqlite: RECORDINGS, postgres: RECORDINGS },
];
