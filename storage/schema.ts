/**
 * Schemas of rooms: what a room brings that wants tables in the store: numbered migrations, statements, and the operations that ask them.
 *
 *   // myroom/store-schema.ts; SQLite's thread imports the same module again, so it exports `schema` and starts nothing
 *   export const schema = defineSchema({
 *     name: "myroom",                         // its row in the table of versions
 *     module: import.meta.url,
 *     migrations: [{ version: 1, sqlite: [FIRST], postgres: [FIRST] }],
 *     operations: { put, read },              // function* put(input) { yield* ask("insertThing", input); … }
 *     standAlone: ["read"],                   // every statement of these may commit by itself
 *     readsOnly: ["read"],                    // these write nothing
 *     sqlite: (db) => sqlAnswers(db, statements),
 *     postgres: () => statements,             // one SQL statement for each question, `:name` for its parameters
 *     memory: () => answersOnMaps(),
 *   });
 *
 *   const storage = await openStorage({ store: "postgres://…", schemas: [handoffs, schema] });
 *   await storage.of(schema).run("put", { … });
 *
 * SQL stands in folders called `statements/` alone; this file and its users name statements and never write one.
 */
import type { DatabaseSync } from "node:sqlite";
import { HostFault } from "../base/fault.ts";
import type { SqlStatements } from "./sql.ts";
import type { Operation } from "./statements.ts";

export type Operations = Readonly<Record<string, (input: never) => Operation<unknown>>>;
export type OperationInput<Ops extends Operations, K extends keyof Ops> = Parameters<Ops[K]>[0];
type ResultOf<G> = G extends Generator<unknown, infer Result, unknown> ? Result : never;
export type OperationResult<Ops extends Operations, K extends keyof Ops> = ResultOf<ReturnType<Ops[K]>>;

/**
 * A step that has been released is never edited; a change is a new step. Steps only add (tables, nullable columns, indexes), so that the
 * release before this one goes on working on the same store.
 */
export interface Migration {
  readonly version: number;
  /** The oldest schema version whose release may still use the store after this step; by default the step before changes nothing. */
  readonly oldestUsable?: number;
  readonly sqlite: readonly string[];
  readonly postgres: readonly string[];
}

/** A schema as the storage handles it, whatever its operations are. */
export interface AnySchema {
  readonly name: string;
  /** The module that exports this very object as `schema`. */
  readonly module: string;
  readonly migrations: readonly Migration[];
  /** What showed the version of a store before there was a table of versions: a statement of SQLite, a table of PostgreSQL. */
  readonly legacyVersion?: { readonly sqlite: string; readonly postgres: string };
  readonly operations: Operations;
  /**
   * Operations whose every statement may commit by itself: each of their writes is a compare-and-set of its own, so nothing between two
   * statements has to hold. A store that pays for round trips saves a `begin` and a `commit` on them.
   */
  readonly standAlone: readonly string[];
  readonly readsOnly: readonly string[];
  readonly sqlite: (db: DatabaseSync) => object;
  readonly postgres: () => SqlStatements;
  readonly memory: () => object;
}

export interface StoreSchema<Ops extends Operations> extends AnySchema {
  readonly operations: Ops;
  readonly standAlone: readonly (keyof Ops & string)[];
  readonly readsOnly: readonly (keyof Ops & string)[];
}

export function defineSchema<Ops extends Operations>(schema: StoreSchema<Ops>): StoreSchema<Ops> {
  const versions = schema.migrations.map(({ version }) => version);
  if (versions.some((version, at) => version !== at + 1))
    throw new TypeError("Migrations are numbered from 1, without gaps.");
  return schema;
}

/** Where a schema stands in a store. */
export interface SchemaState {
  readonly name: string;
  /** 0: none of its tables are there. */
  readonly version: number;
  readonly oldestUsable: number;
}

/** A storage holds the tables of the schemas that it was opened with. */
export function requireHeld(schemas: readonly AnySchema[], { name }: AnySchema): void {
  if (schemas.some((schema) => schema.name === name)) return;
  const held = schemas.map((schema) => schema.name).join(", ");
  const message = `The storage was opened for ${held}, and not for ${name}: name its schema in "schemas" of openStorage (docs/delivery.md).`;
  throw new HostFault("STORE_ADDRESS_INVALID", message, "never");
}

export const newestOf = (schema: AnySchema): number => schema.migrations.at(-1)?.version ?? 0;

export function oldestUsableOf(schema: AnySchema): number {
  return schema.migrations.reduce((oldest, { oldestUsable }) => Math.max(oldest, oldestUsable ?? 0), 1);
}

export type Judgement = "ready" | "behind" | "too_new";

/** Whether this release may use a store that stands there. */
export function judge(schema: AnySchema, state: SchemaState): Judgement {
  const newest = newestOf(schema);
  if (state.version < newest) return "behind";
  return state.oldestUsable > newest ? "too_new" : "ready";
}

export const stepsAfter = (schema: AnySchema, version: number): readonly Migration[] =>
  schema.migrations.filter((step) => step.version > version);
