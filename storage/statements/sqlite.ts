/** Statements of storage in SQLite: what a SQLite file is asked as a whole: how it writes, which versions its tables have. */
import type { DatabaseSync } from "node:sqlite";
import { oldestUsableOf, type SchemaState, type AnySchema } from "../schema.ts";
import type { SqlParameters, SqlRow, SqlStatement, SqlStatements } from "../sql.ts";

/** A write-ahead log, a sync for every commit, erased data overwritten. */
export function setUp(db: DatabaseSync): void {
  db.exec("pragma journal_mode = wal");
  db.exec("pragma synchronous = full");
  db.exec("pragma secure_delete = on");
}

const VERSIONS = "baton_schemas";

function hasTable(db: DatabaseSync, name: string): boolean {
  return db.prepare("select 1 from sqlite_master where type = 'table' and name = ?").get(name) !== undefined;
}

export function readStates(db: DatabaseSync, schemas: readonly AnySchema[]): readonly SchemaState[] {
  const known = hasTable(db, VERSIONS);
  return schemas.map((schema) => {
    const { name, legacyVersion } = schema;
    const row = known
      ? (db.prepare(`select version, oldest_usable as oldest from ${VERSIONS} where name = ?`).get(name) as
          | { version: number; oldest: number }
          | undefined)
      : undefined;
    const legacy = legacyVersion ? Number(Object.values(db.prepare(legacyVersion.sqlite).get() ?? {})[0] ?? 0) : 0;
    // A release before the table of versions knew one version; another number in its place is of a release that cannot be read.
    if (legacy > 1) return { name, version: legacy, oldestUsable: legacy };
    return { name, version: row?.version ?? legacy, oldestUsable: row?.oldest ?? 1 };
  });
}

export function applySteps(db: DatabaseSync, schema: AnySchema, steps: AnySchema["migrations"]): void {
  db.exec(`create table if not exists ${VERSIONS} (name text primary key, version integer not null,
    oldest_usable integer not null, applied_at text not null default current_timestamp)`);
  for (const step of steps) for (const statement of step.sqlite) db.exec(statement);
  db.prepare(
    `insert into ${VERSIONS} (name, version, oldest_usable) values (?, ?, ?)
     on conflict (name) do update set version = excluded.version, oldest_usable = excluded.oldest_usable,
       applied_at = current_timestamp`,
  ).run(schema.name, steps.at(-1)?.version ?? 0, oldestUsableOf(schema));
}

/** Takes erased data out of the log; false: another process reads what stands there, so some of it had to stay. */
export function truncateLog(db: DatabaseSync, busyMs: number): boolean {
  db.exec("pragma busy_timeout = 50");
  try {
    const { busy } = db.prepare("pragma wal_checkpoint(truncate)").get() as { busy: number };
    return busy === 0;
  } finally {
    db.exec(`pragma busy_timeout = ${busyMs}`);
  }
}

type Run = (parameters: SqlParameters) => readonly SqlRow[];

export function preparedRun(db: DatabaseSync, text: string): Run {
  const statement = db.prepare(text);
  statement.setAllowUnknownNamedParameters(true);
  return (parameters) => statement.all(parameters as Record<string, string | number | null>) as unknown as SqlRow[];
}

/** Prepared answers of statements that are one SQL statement each. */
export function sqlAnswers(db: DatabaseSync, statements: SqlStatements): Record<string, (input: never) => unknown> {
  const answer = ({ text, parameters, read }: SqlStatement) => {
    const run = preparedRun(db, text);
    return (input: never): unknown => read(run(parameters ? parameters(input) : input));
  };
  return Object.fromEntries(Object.entries(statements).map(([name, statement]) => [name, answer(statement)]));
}
