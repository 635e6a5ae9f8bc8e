/** The options of `openStorage` as a schema, with a line for every key of the type, or it does not compile. */
import { z } from "zod";
import { readOptions } from "../base/options.ts";
import type { MigrateMode } from "./migrate.ts";
import type { PostgresConfig, PostgresPool } from "./postgres-types.ts";
import type { AnySchema } from "./schema.ts";

/** "memory:", "sqlite:PATH", "postgres://…" with its documented parameters, a Pool of `pg` (which stays the embedder's), or a Pool's config. */
export type StoreAddress = string | PostgresPool | PostgresConfig;

export interface StorageOptions {
  readonly store: StoreAddress;
  readonly schemas: readonly AnySchema[];
  /** `auto`: missing tables and columns are added at opening. `never`: a store that is behind is refused. */
  readonly migrate?: MigrateMode;
}

const SCHEMAS = "a list of schemas, such as handoffSchema";
const aSchema = z.custom<AnySchema>((value) => {
  const { name, operations } = (value ?? {}) as Partial<Record<keyof AnySchema, unknown>>;
  // Its module is looked for when it is loaded: a bundle has none, and hears what to do about that.
  return typeof name === "string" && typeof operations === "object";
}, "a schema, such as handoffSchema");

const shape = {
  store: z.unknown(),
  schemas: z.array(aSchema, SCHEMAS).min(1, SCHEMAS),
  migrate: z.enum(["auto", "never"], '"auto" or "never"').optional(),
} satisfies Record<keyof StorageOptions, z.ZodType>;

const PAGE = "docs/delivery.md";

/** Throws an OptionsError that names the key; the store itself is read by its kind. */
export function readStorageOptions(given: unknown): StorageOptions {
  return readOptions(z.strictObject(shape), given, "openStorage", { page: PAGE }) as StorageOptions;
}
