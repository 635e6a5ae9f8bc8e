/**
 * The pool of connections: made here of an address or a config, or taken from the embedder. `pg` is loaded when such a store is opened and
 * not before: an embedder without PostgreSQL needs no driver. Its types are not part of ours, since it is an optional dependency.
 */
import type * as pgTypes from "pg";
import { HostFault } from "../base/fault.ts";
import { checkedConfig } from "./postgres-config.ts";
import type { PostgresConfig, PostgresPool } from "./postgres-types.ts";
import { readPostgresUrl } from "./postgres-url.ts";
import { GREET } from "./statements/postgres.ts";

export type { PostgresClient, PostgresConfig, PostgresPool } from "./postgres-types.ts";

/** Connections of a pool whose size is not said. */
export const POOL_SIZE = 10;

export interface Connections {
  readonly pool: PostgresPool;
  /** Reads times and counters as numbers. */
  readonly types: object;
  /** Whether sessions are ours: not behind a pooler, not of the embedder's pool. Known once a connection was greeted. */
  ownSessions(): boolean;
  /** A connection of its own, where it is ours to make. */
  readonly single: (() => pgTypes.Client) | null;
  close(): Promise<void>;
}

/** A Client of `pg` offers what a Pool does, and gives no connection when it is asked for one. */
function oneConnection(): HostFault {
  const message =
    '"store" is a Client of pg, which is one connection: give a Pool, or the config of one (docs/delivery.md).';
  return new HostFault("STORE_ADDRESS_INVALID", message, "never");
}

/** A statement that takes longer counts as one whose answer never came. */
export const QUERY_TIMEOUT_MS = 10_000;
const FAREWELL_MS = 1000;

const isPool = (given: object): given is PostgresPool =>
  typeof (given as Partial<PostgresPool>).connect === "function" &&
  typeof (given as Partial<PostgresPool>).end === "function";

export async function connectTo(given: string | PostgresPool | PostgresConfig): Promise<Connections> {
  const pg = await loadDriver();
  const types = { getTypeParser: parserFor(pg) };
  if (typeof given === "object" && "connectionParameters" in given) throw oneConnection();
  if (typeof given !== "string" && isPool(given)) {
    return { pool: given, types, ownSessions: () => false, single: null, close: async () => {} };
  }
  return ownPool(pg, types, typeof given === "string" ? readPostgresUrl(given) : checkedConfig(given));
}

function ownPool(pg: typeof pgTypes, types: object, config: PostgresConfig): Connections {
  let own = true;
  const pool = new pg.Pool({
    max: POOL_SIZE,
    connectionTimeoutMillis: 2000,
    query_timeout: QUERY_TIMEOUT_MS,
    idleTimeoutMillis: 30_000,
    application_name: "baton",
    ...(config as pgTypes.PoolConfig),
    allowExitOnIdle: true,
    types: types as pgTypes.CustomTypesConfig,
    verify(client: pgTypes.PoolClient, done: (error?: Error) => void) {
      const { processID } = client as unknown as { readonly processID: number | null };
      client.query<{ pid: number }>(GREET, [processID ?? 0]).then(({ rows }) => {
        if (rows[0]?.pid !== processID) own = false;
        done();
      }, done);
    },
  } as pgTypes.PoolConfig);
  // A connection that dies, idle or lent, is replaced when the next one asks; an error that has no listener would end the process.
  pool.on("error", () => {});
  const connections = new Set<pgTypes.PoolClient>();
  pool.on("connect", (client) => {
    client.on("error", () => {});
    connections.add(client);
  });
  pool.on("remove", (client) => connections.delete(client));
  return {
    pool: pool as unknown as PostgresPool,
    types,
    ownSessions: () => own,
    single: () => new pg.Client({ application_name: "baton", keepAlive: true, ...(config as pgTypes.ClientConfig) }),
    async close() {
      // A server that went silent says no farewell either: its connections are cut, or they would keep the process alive.
      const cut = setTimeout(() => {
        for (const client of connections) (client as unknown as Wired).connection?.stream?.destroy();
      }, FAREWELL_MS);
      await pool.end().finally(() => clearTimeout(cut));
    },
  };
}

/** What `pg` keeps of a connection; its type does not say so. */
interface Wired {
  readonly connection?: { readonly stream?: { destroy(): void } };
}

async function loadDriver(): Promise<typeof pgTypes> {
  try {
    const module = (await import("pg")) as typeof pgTypes & { default?: typeof pgTypes };
    return module.default ?? module;
  } catch (cause) {
    throw new HostFault(
      "STORE_DRIVER_MISSING",
      '"store" is a postgres:// address, which needs the package pg: npm install pg (docs/delivery.md).',
      "never",
      {
        cause,
      },
    );
  }
}

/** Times and counters are bigint in the tables, and fit a number; all else is text. */
function parserFor(pg: typeof pgTypes): unknown {
  const int8: number = pg.types.builtins.INT8;
  const usual = pg.types.getTypeParser as (oid: number, format?: "text" | "binary") => unknown;
  return (oid: number, format?: "text" | "binary"): unknown => (oid === int8 ? Number : usual(oid, format));
}
