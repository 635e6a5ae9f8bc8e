/** Opens the SQLite file and brings its tables up to date, one process at a time. */
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { missing, needsMigration, type MigrateMode } from "./migrate.ts";
import { stepsAfter, type SchemaState, type AnySchema } from "./schema.ts";
import { explained, requireWritable } from "./sqlite-file.ts";
import { applySteps, readStates, setUp } from "./statements/sqlite.ts";

/** How long one process waits for another's write. */
export const BUSY_MS = 5000;

export function openDatabase(path: string, schemas: readonly AnySchema[], mode: MigrateMode): DatabaseSync {
  const [first] = schemas;
  // To open a file makes it; a path that is misspelt is not made into a store by a command that was to look.
  if (mode === "never" && first !== undefined && !existsSync(path))
    throw needsMigration(first, { name: first.name, version: 0, oldestUsable: 1 });
  requireWritable(path);
  const db = new DatabaseSync(path, { timeout: BUSY_MS, enableForeignKeyConstraints: true });
  try {
    // Looked at before anything is written: a file of another release is left as it is.
    if (missing(schemas, readStates(db, schemas), mode).length > 0) migrate(db, schemas, mode);
    setUp(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Beside a connection that writes: it waits for none of that one's commits, and sees them once they are durable. */
export function openToRead(path: string): DatabaseSync {
  return new DatabaseSync(path, { timeout: BUSY_MS, readOnly: true });
}

function migrate(db: DatabaseSync, schemas: readonly AnySchema[], mode: MigrateMode): void {
  db.exec("pragma journal_mode = wal");
  db.exec("begin immediate");
  try {
    for (const { schema, from } of missing(schemas, readStates(db, schemas), mode)) {
      applySteps(db, schema, stepsAfter(schema, from));
    }
    db.exec("commit");
  } catch (error) {
    if (db.isTransaction) db.exec("rollback");
    throw error;
  }
}

/** Looks, and makes no file where there is none. */
export function statesOf(path: string, schemas: readonly AnySchema[]): readonly SchemaState[] {
  if (!existsSync(path)) return schemas.map(({ name }) => ({ name, version: 0, oldestUsable: 1 }));
  try {
    using db = new DatabaseSync(path, { timeout: BUSY_MS });
    return readStates(db, schemas);
  } catch (error) {
    throw explained(error, path);
  }
}
