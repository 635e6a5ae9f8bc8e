/**
 * The store for several machines. Correct under read committed: every decision is either one statement with a compare-and-set, or holds
 * its rows. It also works behind a pooler that lends a session for one transaction (PgBouncer in transaction mode): where sessions are not
 * ours no statement is prepared under a name, and what a session would keep is asked for in the transaction.
 */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { HostFault } from "../base/fault.ts";
import { missing, needsMigration, type MigrateMode } from "./migrate.ts";
import {
  connectTo,
  POOL_SIZE,
  QUERY_TIMEOUT_MS,
  type Connections,
  type PostgresClient,
  type PostgresConfig,
  type PostgresPool,
} from "./postgres-connect.ts";
import { faultOf, isNameTrouble, saysNothing, sqlState, wasThrownOut } from "./postgres-fault.ts";
import { startListener, type Listener } from "./postgres-listen.ts";
import {
  requireHeld,
  stepsAfter,
  type OperationInput,
  type OperationResult,
  type Operations,
  type SchemaState,
  type AnySchema,
  type StoreSchema,
} from "./schema.ts";
import type { SqlParameters, SqlRow, SqlStatement, SqlStatements } from "./sql.ts";
import { runLater, type Operation } from "./statements.ts";
import { BEGIN, CLOCK, GREET, migrateTo, NOTIFY, readStates } from "./statements/postgres.ts";
import type { Storage } from "./storage.ts";
import { createFairTurns, type FairTurns } from "./fair-turns.ts";
import { storeUnavailable, type Store } from "./store.ts";

export interface PostgresOptions {
  readonly schemas: readonly AnySchema[];
  readonly migrate: MigrateMode;
}

export async function openPostgres(
  given: string | PostgresPool | PostgresConfig,
  options: PostgresOptions,
): Promise<Storage> {
  const connections = await connectTo(given);
  try {
    await withClient(connections, (client) => prepareDatabase(client, options));
    return storageOn(connections, options.schemas);
  } catch (error) {
    await connections.close();
    throw openingFault(error);
  }
}

export async function postgresStates(
  given: string | PostgresPool | PostgresConfig,
  schemas: readonly AnySchema[],
): Promise<readonly SchemaState[]> {
  const connections = await connectTo(given);
  try {
    return await withClient(connections, (client) => readStates(client, schemas));
  } catch (error) {
    throw openingFault(error);
  } finally {
    await connections.close();
  }
}

function openingFault(error: unknown): HostFault {
  if (error instanceof HostFault && error.code !== "STORE_UNAVAILABLE") return error;
  const cause = error instanceof HostFault ? (error.cause ?? error) : error;
  const message = `The PostgreSQL store could not be opened: ${Error.isError(cause) ? cause.message : String(cause)}`;
  // A wrong password, or a database that is not there, is as wrong at the next try.
  const wrong = ["28", "3D", "42", "22", "0A"].some((kind) => sqlState(cause)?.startsWith(kind));
  return new HostFault("STORE_UNAVAILABLE", message, wrong ? "never" : "safe", { cause });
}

/** Looks before it creates: a role that may only read and write can open what is ready. */
async function prepareDatabase(client: PostgresClient, { schemas, migrate }: PostgresOptions): Promise<void> {
  const { rows } = await client.query({ text: GREET, values: [0] });
  const encoding = String(rows[0]?.["encoding"]);
  if (encoding !== "UTF8") {
    const message = `The PostgreSQL database is encoded as ${encoding}, which cannot hold every text: create it with encoding 'UTF8' (docs/delivery.md).`;
    throw new HostFault("STORE_ENCODING_REFUSED", message, "never");
  }
  const states = await readStates(client, schemas);
  const behind = missing(schemas, states, migrate);
  const [first] = behind;
  if (first === undefined) return;
  try {
    await migrateTo(client, async () =>
      missing(schemas, await readStates(client, schemas), migrate).map(({ schema, from }) => ({
        schema,
        steps: stepsAfter(schema, from),
      })),
    );
  } catch (error) {
    if (sqlState(error) !== "42501") throw error;
    const state = states.find(({ name }) => name === first.schema.name) as SchemaState;
    throw needsMigration(first.schema, state, error);
  }
}

interface Named {
  /** Prepared once a connection under this name, which is made of the text: under one name stands one statement, in every release. */
  readonly name: string;
  readonly text: string;
  readonly values: (input: unknown) => unknown[];
  readonly read: (rows: readonly SqlRow[]) => unknown;
}

/** `:name` → `$1`, and the values in that order. */
function numbered({ text: source, parameters, read }: SqlStatement): Named {
  const names: string[] = [];
  const text = source.replaceAll(/(?<!:):([a-zA-Z_]+)/g, (_match, parameter: string) => {
    if (!names.includes(parameter)) names.push(parameter);
    return `$${names.indexOf(parameter) + 1}`;
  });
  return {
    name: `baton_${createHash("sha256").update(text).digest("hex").slice(0, 24)}`,
    text,
    values(input) {
      const given = (parameters ? parameters(input as never) : input) as SqlParameters;
      return names.map((parameter) => given[parameter] ?? null);
    },
    read,
  };
}

const numberedAll = (statements: SqlStatements): ReadonlyMap<string, Named> =>
  new Map(Object.entries(statements).map(([name, statement]) => [name, numbered(statement)]));

/** How statements are sent; changes once, when a pooler is met. */
interface Manner {
  named: boolean;
}

function storageOn(connections: Connections, schemas: readonly AnySchema[]): Storage {
  const manner: Manner = { named: true };
  const turns = createFairTurns(connections.pool.options?.max ?? POOL_SIZE);
  const time = async (): Promise<number> => {
    try {
      return await withClient(connections, async (client) => {
        const { rows } = await client.query({ text: CLOCK, values: [], types: connections.types });
        return rows[0]?.["now"] as number;
      });
    } catch (error) {
      throw faultOf(error);
    }
  };
  const listeners: Listener[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(listeners.map((listener) => listener.close()));
    await connections.close();
  };
  return {
    name: "postgres",
    time,
    listen(channel, onNotify) {
      if (connections.single !== null) listeners.push(startListener(connections.single, channel, onNotify));
    },
    notify(channel) {
      withClient(connections, (client) => client.query({ text: NOTIFY, values: [channel] })).catch(() => {});
    },
    of<Ops extends Operations>(schema: StoreSchema<Ops>) {
      requireHeld(schemas, schema);
      return { ...tablesOf(connections, manner, turns, schema), time };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function tablesOf<Ops extends Operations>(
  connections: Connections,
  manner: Manner,
  turns: FairTurns,
  schema: StoreSchema<Ops>,
): Store<Ops> {
  const statements = numberedAll(schema.postgres());
  const standAlone = new Set<string>(schema.standAlone);
  const readsOnly = new Set<string>(schema.readsOnly);
  return {
    name: "postgres",
    async run<K extends keyof Ops & string>(name: K, input: OperationInput<Ops, K>): Promise<OperationResult<Ops, K>> {
      const start = schema.operations[name] as unknown as (
        input: OperationInput<Ops, K>,
      ) => Operation<OperationResult<Ops, K>>;
      for (let round = 1; ; round += 1) {
        const own = connections.ownSessions();
        // In a session that is not ours a commit by itself would be worth what that session happens to be set to.
        const alone = standAlone.has(name) && (own || readsOnly.has(name));
        const named = own && manner.named;
        try {
          return await turns.take(input, () => runOnce({ connections, statements, alone, named }, () => start(input)));
        } catch (error) {
          if (named && isNameTrouble(error)) manner.named = false;
          else if (round >= ROUNDS || !wasThrownOut(error)) throw faultOf(error);
          // Those that met would meet again.
          else await sleep(Math.random() * 5 * 2 ** Math.min(round, 6));
        }
      }
    },
    async close() {},
  };
}

/** Transactions that meet throw each other out, most of all where a role's default is `serializable`. */
const ROUNDS = 12;

interface Way {
  readonly connections: Connections;
  readonly statements: ReadonlyMap<string, Named>;
  readonly alone: boolean;
  readonly named: boolean;
}

async function runOnce<Result>(
  { connections, statements, alone, named }: Way,
  start: () => Operation<Result>,
): Promise<Result> {
  return withClient(connections, async (client) => {
    const answer = async (question: { readonly name: string; readonly input: unknown }): Promise<unknown> => {
      const statement = statements.get(question.name);
      if (!statement) throw new Error(`PostgreSQL has no statement ${question.name}.`);
      const { text, name } = statement;
      const values = statement.values(question.input);
      const query = { text, values, types: connections.types, query_timeout: QUERY_TIMEOUT_MS };
      const { rows } = await client.query(named ? { ...query, name } : query);
      return statement.read(rows as readonly SqlRow[]);
    };
    if (alone) return runLater(start(), answer);
    await client.query({ text: BEGIN, values: [] });
    try {
      const result = await runLater(start(), answer);
      await client.query({ text: "commit", values: [] });
      return result;
    } catch (error) {
      if (!saysNothing(error))
        await client
          .query({ text: "rollback", values: [] })
          .catch((failure: Error) => void (failure.cause = "rollback"));
      throw error;
    }
  });
}

/** Lends a connection. One that went silent may still answer, to another caller: it is thrown away. */
async function withClient<Result>(
  { pool }: Connections,
  work: (client: PostgresClient) => Promise<Result>,
): Promise<Result> {
  let client: PostgresClient;
  try {
    client = await pool.connect();
  } catch (error) {
    throw storeUnavailable(error);
  }
  const deaf = (): void => {};
  client.on("error", deaf);
  let broken: Error | undefined;
  try {
    return await work(client);
  } catch (error) {
    if (saysNothing(error)) broken = Error.isError(error) ? error : new Error(String(error));
    throw error;
  } finally {
    client.off("error", deaf);
    client.release(broken);
  }
}
