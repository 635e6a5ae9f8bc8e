/**
 * The store for several machines. `pg` is loaded here, when such a store is opened and not before: whoever keeps no PostgreSQL
 * needs no driver. Correct under read committed: every decision is either one statement with a compare-and-set, or holds its rows.
 */
import type * as pgTypes from "pg";
import type { Pool, PoolClient } from "pg";
import { HostFault } from "../../base/fault.ts";
import {
  operations,
  STATEMENTS_STAND_ALONE,
  type OperationInput,
  type OperationName,
  type OperationResult,
} from "../operations/index.ts";
import { runLater, type Operation, type Question } from "../statements.ts";
import { postgresStatements, type PostgresStatement } from "./postgres-statements.ts";
import { migrations, POSTGRES_DIALECT } from "./schema.ts";
import { storeAnswerLost, storeUnavailable, type Store } from "./store.ts";

type Driver = typeof pgTypes;

export interface PostgresOptions {
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
  /** A statement that takes longer counts as one whose answer never came. */
  readonly queryTimeoutMs?: number;
}

/** What `pg` keeps of a connection; its type does not tell. */
interface Wired {
  readonly connection?: { readonly stream?: { destroy(): void } };
}

const CLOCK = "select (extract(epoch from clock_timestamp()) * 1000)::bigint as now";
const FAREWELL_MS = 1000;
/** A server that is set to answer before the log is on the disk would have us acknowledge what a power cut takes back. */
const KEPT = "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'";
/** Any number, the same in every process that migrates. */
const MIGRATION_LOCK = 7_244_105_117;
/** Two transactions met, and the database threw one of them out, whole. */
const THROWN_OUT = new Set(["40001", "40P01"]);

export async function openPostgresStore(url: string, options: PostgresOptions = {}): Promise<Store> {
  const pg = await loadDriver();
  const pool: Pool = new pg.Pool({
    connectionString: url,
    max: options.connections ?? 10,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 2000,
    query_timeout: options.queryTimeoutMs ?? 10_000,
    idleTimeoutMillis: 30_000,
    allowExitOnIdle: true,
    verify: (client, done) => {
      client.query(KEPT).then(() => done(), done);
    },
    application_name: "baton",
    types: { getTypeParser: parserFor(pg) },
  });
  // A connection that dies, idle or lent, is replaced when the next one asks; an error that nobody listens for would end the process.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  const connections = new Set<PoolClient>();
  pool.on("connect", (client) => connections.add(client));
  pool.on("remove", (client) => connections.delete(client));
  try {
    await prepareDatabase(pool);
    return storeOn(pool, connections);
  } catch (error) {
    await pool.end();
    if (error instanceof HostFault) throw error;
    throw new HostFault("STORE_UNAVAILABLE", `The PostgreSQL store did not open: ${textOf(error)}`, "safe", {
      cause: error,
    });
  }
}

async function loadDriver(): Promise<Driver> {
  try {
    const module = (await import("pg")) as Driver & { default?: Driver };
    return module.default ?? module;
  } catch (cause) {
    throw new HostFault("STORE_DRIVER_MISSING", "A postgres:// store needs the package pg: npm install pg", "never", {
      cause,
    });
  }
}

/** Times and counters are bigint in the tables, and fit a number; all else is text. */
function parserFor(pg: Driver): Driver["types"]["getTypeParser"] {
  const int8: number = pg.types.builtins.INT8;
  const usual = pg.types.getTypeParser as (oid: number, format?: "text" | "binary") => unknown;
  const parse = (oid: number, format?: "text" | "binary"): unknown => (oid === int8 ? Number : usual(oid, format));
  return parse as Driver["types"]["getTypeParser"];
}

/** Brings the tables up to date, one process at a time. */
async function prepareDatabase(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("select pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
    await client.query(
      "create table if not exists baton_schema (version integer primary key, applied_at timestamptz not null default now())",
    );
    const { rows } = await client.query<{ version: number | null }>("select max(version) as version from baton_schema");
    const version = rows[0]?.version ?? 0;
    const steps = migrations(POSTGRES_DIALECT);
    const newest = steps.at(-1)?.version ?? 0;
    if (version > newest) {
      throw new HostFault("STORE_TOO_NEW", `The store has version ${version}, this release knows ${newest}.`, "never");
    }
    for (const step of steps.filter((step) => step.version > version)) {
      for (const statement of step.statements) await client.query(statement);
      await client.query("insert into baton_schema (version) values ($1)", [step.version]);
    }
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}

function storeOn(pool: Pool, connections: ReadonlySet<PoolClient>): Store {
  const statements = postgresStatements();
  return {
    name: "postgres",
    async time() {
      try {
        const { rows } = await pool.query<{ now: number }>(CLOCK);
        return rows[0]?.now ?? Number.NaN;
      } catch (error) {
        throw faultOf(error);
      }
    },
    async run<K extends OperationName>(name: K, input: OperationInput<K>): Promise<OperationResult<K>> {
      const start = operations[name] as (input: OperationInput<K>) => Operation<OperationResult<K>>;
      for (let round = 1; ; round += 1) {
        try {
          return await runOnce(pool, statements, STATEMENTS_STAND_ALONE.has(name), () => start(input));
        } catch (error) {
          if (round === 5 || !THROWN_OUT.has(sqlState(error) ?? "")) throw faultOf(error);
        }
      }
    },
    async close() {
      // A server that went silent says no farewell either: its connections are cut, or they would keep the process alive.
      const cut = setTimeout(() => {
        for (const client of connections) (client as unknown as Wired).connection?.stream?.destroy();
      }, FAREWELL_MS);
      await pool.end().finally(() => clearTimeout(cut));
    },
  };
}

async function runOnce<Result>(
  pool: Pool,
  statements: ReadonlyMap<string, PostgresStatement>,
  standAlone: boolean,
  start: () => Operation<Result>,
): Promise<Result> {
  const client = await connect(pool);
  let broken: Error | undefined;
  try {
    if (standAlone) return await runLater(start(), (question) => answer(client, statements, question));
    await client.query("begin");
    const result = await runLater(start(), (question) => answer(client, statements, question));
    await client.query("commit");
    return result;
  } catch (error) {
    const cause = Error.isError(error) ? error : new Error(String(error));
    if (saysNothing(cause)) broken = cause;
    else if (!standAlone) {
      await client.query("rollback").catch((failure: Error) => {
        broken = failure;
      });
    }
    throw error;
  } finally {
    // A connection that went silent may still answer, to somebody else: it is thrown away.
    client.release(broken);
  }
}

async function connect(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw storeUnavailable(error);
  }
}

async function answer(
  client: PoolClient,
  statements: ReadonlyMap<string, PostgresStatement>,
  question: Question,
): Promise<unknown> {
  const statement = statements.get(question.name);
  if (!statement) throw new Error(`PostgreSQL has no statement ${question.name}.`);
  const { rows } = await client.query({
    name: statement.name,
    text: statement.text,
    values: statement.values(question.input) as unknown[],
  });
  return statement.read(rows);
}

const textOf = (error: unknown): string => (Error.isError(error) ? error.message : String(error));

function sqlState(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

/** Whether the error leaves open what became of the statement: no word from the server, or the word that it is going away. */
function saysNothing(error: unknown): boolean {
  const state = sqlState(error);
  return state === null || state.startsWith("08") || state.startsWith("57P") || state === "40003";
}

function faultOf(error: unknown): HostFault {
  if (error instanceof HostFault) return error;
  return saysNothing(error) ? storeAnswerLost(error) : storeUnavailable(error);
}
