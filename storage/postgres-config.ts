/**
 * The config of a Pool of `pg`, held to its documentation: a misspelt or impossible value ends in one sentence at the opening, where the driver
 * would pass over it, or fail with every connection. No sentence shows a value: it may be a password.
 */
import { z } from "zod";
import { flag, fn, readOptions, text, whole } from "../base/options.ts";
import type { PostgresConfig } from "./postgres-types.ts";
import { readPostgresUrl } from "./postgres-url.ts";

/** What a timer keeps. */
const time = () => whole(0, 2_147_483_647).optional();
const PASSWORD = "text, or a function that gives it";

const shape = {
  connectionString: text("a postgres:// address").optional(),
  host: text("a host, or the folder of a socket").optional(),
  port: whole(1, 65_535).optional(),
  user: text("a role").optional(),
  password: z.union([z.string(), fn<() => string | Promise<string>>()], PASSWORD).optional(),
  database: text("a database").optional(),
  ssl: z.union([flag(), z.looseObject({})], "true, false or the options of a TLS connection").optional(),
  max: whole(1, 10_000).optional(),
  min: whole(0, 10_000).optional(),
  maxUses: z.number("a number of uses").positive("a number of uses above 0").optional(),
  maxLifetimeSeconds: time(),
  idleTimeoutMillis: time(),
  connectionTimeoutMillis: time(),
  query_timeout: time(),
  statement_timeout: z.union([z.literal(false), whole(0, 2_147_483_647)], "milliseconds, or false").optional(),
  lock_timeout: time(),
  idle_in_transaction_session_timeout: time(),
  application_name: text("a name").optional(),
  options: z.string("text").optional(),
  keepAlive: flag().optional(),
  keepAliveInitialDelayMillis: time(),
  enableChannelBinding: flag().optional(),
  stream: z.unknown().optional(),
} satisfies Record<keyof PostgresConfig, z.ZodType>;

const schema = z.strictObject(shape);

export function checkedConfig(given: PostgresConfig): PostgresConfig {
  const read = readOptions(schema, given, "the store's config", {
    page: "docs/delivery.md",
    code: "STORE_ADDRESS_INVALID",
  }) as PostgresConfig;
  const { connectionString, ...rest } = read;
  return connectionString === undefined ? rest : { ...readPostgresUrl(connectionString), ...rest };
}
