/** Opens the SQLite file: a write-ahead log, a sync for every commit, erased data overwritten, tables brought up to date. */
import { DatabaseSync } from "node:sqlite";
import { migrations, SQLITE_DIALECT } from "./schema.ts";

export function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 5000, enableForeignKeyConstraints: true });
  db.exec("pragma journal_mode = wal");
  db.exec("pragma synchronous = full");
  db.exec("pragma secure_delete = on");
  migrate(db);
  return db;
}

function migrate(db: DatabaseSync): void {
  const steps = migrations(SQLITE_DIALECT);
  db.exec("begin immediate");
  try {
    const { user_version: version } = db.prepare("pragma user_version").get() as { user_version: number };
    const newest = steps.at(-1)?.version ?? 0;
    if (version > newest) throw new Error(`STORE_TOO_NEW: it has version ${version}, this release knows ${newest}.`);
    for (const step of steps.filter((step) => step.version > version)) {
      for (const statement of step.statements) db.exec(statement);
      db.exec(`pragma user_version = ${step.version}`);
    }
    db.exec("commit");
  } catch (error) {
    db.exec("rollback");
    throw error;
  }
}
