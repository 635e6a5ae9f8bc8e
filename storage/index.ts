/**
 * The room of stores: connections, threads, transactions and migrations, without a word about what is kept. A room that wants tables
 * brings a schema (schema.ts says how) and opens a storage with it, alone or together with others:
 *
 *   await using storage = await openStorage({ store: "sqlite:/var/lib/bot/baton.db", schemas: [handoffs, registry] });
 *   const registry = storage.of(registrySchema);
 *   await registry.run("putVersion", { tenant, name, hash });
 *   await using handoffs = await openHandoffs({ store: storage });          // hand-offs beside it, in the same file
 *
 * A fault is a HostFault whose code and `retry` say what became of the transaction (store.ts). The code of a store that is not used is not
 * loaded.
 */
import { HostFault } from "../base/fault.ts";
import { newestOf, type SchemaState, type AnySchema } from "./schema.ts";
import { readStorageOptions, type StorageOptions, type StoreAddress } from "./options.ts";
import type { Storage } from "./storage.ts";

export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { store, schemas, migrate = "auto" } = readStorageOptions(options);
  const kind = kindOf(store);
  switch (kind.name) {
    case "memory":
      return (await import("./memory.ts")).openMemory(schemas);
    case "sqlite":
      return (await import("./sqlite.ts")).openSqlite(kind.path, { schemas, migrate });
    case "postgres":
      return (await import("./postgres.ts")).openPostgres(kind.given, { schemas, migrate });
  }
}

/** SQL in this process's memory, for a service that keeps nothing: an address of this kind would be taken for a store that outlives it. */
export async function openSqlInMemory(schemas: readonly AnySchema[]): Promise<Storage> {
  return (await import("./sqlite.ts")).openSqlite(":memory:", { schemas, migrate: "auto" });
}

export interface MigrationState extends SchemaState {
  /** What this release would bring it to. */
  readonly newest: number;
}

/** Where each schema stands in a store; changes nothing. */
export async function storageStates(
  store: StoreAddress,
  schemas: readonly AnySchema[],
): Promise<readonly MigrationState[]> {
  const kind = kindOf(store);
  const states = await statesIn(kind, schemas);
  return states.map((state, at) => ({ ...state, newest: newestOf(schemas[at] as AnySchema) }));
}

async function statesIn(kind: Kind, schemas: readonly AnySchema[]): Promise<readonly SchemaState[]> {
  switch (kind.name) {
    case "memory":
      return schemas.map((schema) => ({ name: schema.name, version: newestOf(schema), oldestUsable: 1 }));
    case "sqlite":
      return (await import("./sqlite-database.ts")).statesOf(kind.path, schemas);
    case "postgres":
      return (await import("./postgres.ts")).postgresStates(kind.given, schemas);
  }
}

type Kind =
  | { readonly name: "memory" }
  | { readonly name: "sqlite"; readonly path: string }
  | { readonly name: "postgres"; readonly given: StoreAddress };

function kindOf(store: StoreAddress): Kind {
  if (typeof store === "object" && store !== null) return { name: "postgres", given: store };
  if (store === "memory:") return { name: "memory" };
  if (typeof store === "string" && /^sqlite:(?!:memory:$)./s.test(store) && !store.includes("\0"))
    return { name: "sqlite", path: filePath(store.slice("sqlite:".length)) };
  if (typeof store === "string" && /^postgres(ql)?:\/\//.test(store)) return { name: "postgres", given: store };
  // The address may carry a password, so it is not repeated.
  const message =
    '"store" should be memory:, sqlite:PATH, postgres://USER@HOST/DATABASE, a Pool of pg or its config (docs/delivery.md).';
  throw new HostFault("STORE_ADDRESS_INVALID", message, "never");
}

/**
 * SQLite reads "file:" as a URI, whose parameters make a store in memory of it, or one without locks. And what a user of other libraries writes as
 * sqlite://baton.db would be a file in the root of the file system.
 */
function filePath(path: string): string {
  const isUri = path.startsWith("file:");
  if (!isUri && !/^\/\/[^/]/.test(path)) return path;
  const message = isUri
    ? '"store" should have a path after sqlite:, and no file: URI (docs/delivery.md).'
    : '"store" should have a path after sqlite:, such as sqlite:baton.db or sqlite:/var/lib/baton.db, and no host (docs/delivery.md).';
  throw new HostFault("STORE_ADDRESS_INVALID", message, "never");
}

export type { StorageOptions, StoreAddress } from "./options.ts";
export type { MigrateMode } from "./migrate.ts";
export type { PostgresConfig, PostgresPool } from "./postgres-connect.ts";
export { defineSchema, type Migration, type Operations, type AnySchema, type StoreSchema } from "./schema.ts";
export type { Storage } from "./storage.ts";
export type { Store } from "./store.ts";
export type { DatabaseSync as SqliteDatabase } from "node:sqlite";
export { preparedRun, sqlAnswers } from "./statements/sqlite.ts";
export { asking, runAtOnce, type AnswersOf, type Ask, type Operation } from "./statements.ts";
export type { SqlRow, SqlStatement, SqlStatements } from "./sql.ts";
