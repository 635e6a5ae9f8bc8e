/**
 * Statements of storage in PostgreSQL: what a PostgreSQL database is asked as a whole: the time, what kind of connection this is, which versions its
 * tables have.
 */
import type { PostgresClient } from "../postgres-types.ts";
import { oldestUsableOf, type SchemaState, type AnySchema } from "../schema.ts";

export const CLOCK = "select (extract(epoch from clock_timestamp()) * 1000)::bigint as now";

/**
 * Asked of every new connection. A pooler answers with a process number of its own making when one connects, so a number that differs
 * means that sessions are not ours. A server that is set to answer before the log is on the disk would have us acknowledge what a power
 * cut takes back: a session that is ours asks it, once, to wait.
 */
export const GREET = `select pg_backend_pid() as pid, current_setting('server_encoding') as encoding,
  case when current_setting('synchronous_commit') = 'off' and pg_backend_pid() = $1
    then set_config('synchronous_commit', 'on', false) end as kept`;

/**
 * One round trip. The settings hold for this transaction, in any session. A host that is cut off between two statements says no farewell, and the
 * server would keep its rows locked for as long as it believes in the connection: for hours, where nothing else is set.
 */
export const BEGIN = `begin; select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off';
  select set_config('idle_in_transaction_session_timeout', '10s', true)
  where current_setting('idle_in_transaction_session_timeout')::interval not between interval '1 ms' and interval '10 s'`;

/** A channel's name is one of ours, never text from outside. */
export const LISTEN = (channel: string): string => `listen ${channel}`;
export const NOTIFY = "select pg_notify($1, '')";

/** Any number, the same in every process that migrates. */
const MIGRATION_LOCK = 7_244_105_117;
const VERSIONS = "baton_schemas";

interface Found {
  readonly version: number;
  readonly oldest: number;
}

async function exists(client: PostgresClient, table: string): Promise<boolean> {
  // Asked by way of a table: without one the session may answer from before another process created what is looked for.
  const text = "select exists (select from pg_catalog.pg_class where oid = to_regclass($1)) as there";
  const { rows } = await client.query({ text, values: [table] });
  return rows[0]?.["there"] === true;
}

/** Needs no right but to read: a role that may not create can open what is ready. */
export async function readStates(
  client: PostgresClient,
  schemas: readonly AnySchema[],
): Promise<readonly SchemaState[]> {
  const known = await exists(client, VERSIONS);
  const states: SchemaState[] = [];
  for (const { name, legacyVersion } of schemas) {
    const text = `select version, oldest_usable as oldest from ${VERSIONS} where name = $1`;
    const row = known ? ((await client.query({ text, values: [name] })).rows[0] as Found | undefined) : undefined;
    const legacy =
      legacyVersion && (await exists(client, legacyVersion.postgres))
        ? Number(
            (await client.query({ text: `select max(version) as version from ${legacyVersion.postgres}`, values: [] }))
              .rows[0]?.["version"] ?? 0,
          )
        : 0;
    // A release before the table of versions knew one version; another number in its place is of a release that cannot be read.
    if (legacy > 1) states.push({ name, version: legacy, oldestUsable: legacy });
    else states.push({ name, version: row?.version ?? legacy, oldestUsable: row?.oldest ?? 1 });
  }
  return states;
}

/** In a transaction of its own, one process at a time; `steps` looks again once the others are done. */
export async function migrateTo(
  client: PostgresClient,
  steps: () => Promise<readonly { readonly schema: AnySchema; readonly steps: AnySchema["migrations"] }[]>,
): Promise<void> {
  const run = (text: string, values: readonly unknown[] = []) => client.query({ text, values: [...values] });
  await run(BEGIN);
  try {
    await run("select pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
    const missing = await steps();
    if (missing.length > 0 && !(await exists(client, VERSIONS))) {
      await run(`create table ${VERSIONS} (name text primary key, version integer not null, oldest_usable integer not null,
        applied_at timestamptz not null default now())`);
    }
    for (const { schema, steps } of missing) {
      for (const step of steps) for (const statement of step.postgres) await run(statement);
      await run(
        `insert into ${VERSIONS} (name, version, oldest_usable) values ($1, $2, $3) on conflict (name) do update
         set version = excluded.version, oldest_usable = excluded.oldest_usable, applied_at = now()`,
        [schema.name, steps.at(-1)?.version ?? 0, oldestUsableOf(schema)],
      );
    }
    await run("commit");
  } catch (error) {
    await run("rollback").catch(() => {});
    throw error;
  }
}
