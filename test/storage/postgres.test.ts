// What PostgreSQL asks of a store: roles without the right to create, poolers, encodings, the ways people connect, and readers of changes.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client, Pool } from "pg";
import { openHandoffs, type Change, type DurableHandoffs } from "../../delivery/index.ts";
import { schema } from "../../delivery/store-schema.ts";
import { storageStates } from "../../storage/index.ts";
import { readPostgresUrl } from "../../storage/postgres-url.ts";
import { beginRequest, freshId, outcomeOf, recordRequest } from "../delivery/fixtures.ts";
import { startPostgres, type PostgresServer } from "../delivery/postgres-server.ts";
import { findPgBouncer, startPooler } from "./pooler.ts";

let server: PostgresServer;
let databases = 0;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

async function admin<Result>(database: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: server.url(database) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function freshDatabase(options = ""): Promise<string> {
  const name = `db${(databases += 1)}`;
  await admin("postgres", (client) => client.query(`create database ${name} ${options}`));
  return name;
}

const open = (store: Parameters<typeof openHandoffs>[0]["store"], more: object = {}) =>
  openHandoffs({ store, relay: false, ...more });

async function works(handoffs: DurableHandoffs): Promise<void> {
  const run = beginRequest();
  await handoffs.begin(run);
  const claim = recordRequest({ executionId: run.executionId, conversationId: run.conversationId ?? "" });
  expect(await handoffs.record(claim)).toMatchObject({ verdict: "recorded" });
  await handoffs.end(run.tenant, run.executionId, outcomeOf(run.executionId));
  expect(await handoffs.canReply(claim)).toBe(false);
}

describe("a role that may only read and write", () => {
  test("opens a store that is ready, and is told what to do about one that is not", async () => {
    const database = await freshDatabase();
    await admin(database, (client) =>
      client.query(`create role writer${database} login; revoke create on schema public from public`),
    );
    const url = server.url(database).replace("baton@", `writer${database}@`);
    await expect(open(url)).rejects.toMatchObject({ code: "STORE_NEEDS_MIGRATION", retry: "never" });
    await expect(open(server.url(database), { migrate: "never" })).rejects.toMatchObject({
      code: "STORE_NEEDS_MIGRATION",
    });
    await (await open(server.url(database))).close();
    await admin(database, (client) =>
      client.query(`grant select, insert, update, delete on all tables in schema public to writer${database}`),
    );
    await using handoffs = await open(url);
    await works(handoffs);
    expect(await storageStates(url, [schema])).toMatchObject([{ name: "handoffs", version: 2, newest: 2 }]);
  });
});

test("a newer release's store is used where it says that this one still may, and refused where not", async () => {
  const database = await freshDatabase();
  await (await open(server.url(database))).close();
  const newer = (oldest: number) =>
    admin(database, (client) =>
      client.query("update baton_schemas set version = 9, oldest_usable = $1 where name = 'handoffs'", [oldest]),
    );
  await newer(2);
  {
    await using handoffs = await open(server.url(database));
    await works(handoffs);
  }
  await newer(3);
  await expect(open(server.url(database))).rejects.toMatchObject({ code: "STORE_TOO_NEW" });
});

test("a database of another encoding is refused at opening", async () => {
  const database = await freshDatabase("encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0");
  await expect(open(server.url(database))).rejects.toMatchObject({ code: "STORE_ENCODING_REFUSED", retry: "never" });
});

describe("whatever people have", () => {
  test("a Pool serves, and stays theirs", async () => {
    const pool = new Pool({ connectionString: server.url(await freshDatabase()) });
    {
      await using handoffs = await open(pool);
      await works(handoffs);
    }
    expect((await pool.query<{ one: number }>("select 1 as one")).rows).toEqual([{ one: 1 }]);
    // Its numbers are read as it reads them, not as the store does.
    expect((await pool.query<{ big: unknown }>("select 1::bigint as big")).rows).toEqual([{ big: "1" }]);
    await pool.end();
  });

  test("a config serves, with a password that is asked for", async () => {
    const { hostname, port } = new URL(server.url());
    const config = { host: hostname, port: Number(port), user: "baton", database: await freshDatabase(), max: 3 };
    await using handoffs = await open({ ...config, password: async () => "secret" });
    await works(handoffs);
  });

  test("a key or a parameter that is not known is refused by name", async () => {
    await expect(open({ hots: "db" } as never)).rejects.toMatchObject({
      code: "STORE_ADDRESS_INVALID",
      message: expect.stringContaining('"hots"'),
    });
    await expect(open(`${server.url()}?pgbouncer=true`)).rejects.toMatchObject({
      code: "STORE_ADDRESS_INVALID",
      message: expect.stringContaining('"pgbouncer"'),
    });
  });

  test.each([
    ["postgres://u:p%40ss@h:1/d", { host: "h", port: 1, user: "u", password: "p@ss", database: "d" }],
    ["postgresql:///d?host=/run/postgresql&user=u", { host: "/run/postgresql", user: "u", database: "d" }],
    ["postgres://u@/d", { user: "u", database: "d" }],
    ["postgres://h/d?sslmode=require", { host: "h", database: "d", ssl: { rejectUnauthorized: true } }],
    ["postgres://h/d?sslmode=no-verify", { host: "h", database: "d", ssl: { rejectUnauthorized: false } }],
    ["postgres://h/d?sslmode=disable", { host: "h", database: "d", ssl: false }],
    [
      "postgres://[::1]:5/d?max=4&connect_timeout=3",
      { host: "::1", port: 5, database: "d", max: 4, connectionTimeoutMillis: 3000 },
    ],
  ])("%s is read", (address, config) => {
    expect(readPostgresUrl(address)).toEqual(config);
  });

  test.each(["postgres://a,b/d", "postgres://h/d?sslmode=maybe", "postgres://h/d?max=none", "postgres://u:%zz@h/d"])(
    "%s is refused in one sentence that shows no password",
    (address) => {
      expect(() => readPostgresUrl(address)).toThrow(expect.objectContaining({ code: "STORE_ADDRESS_INVALID" }));
    },
  );
});

const pgBouncer = findPgBouncer();
(pgBouncer === null ? describe.skip : describe)("behind PgBouncer in transaction mode", () => {
  test("everything works, many at once, and commits wait for the disk", async () => {
    const database = await freshDatabase();
    await admin(database, (client) => client.query(`alter database ${database} set synchronous_commit = off`));
    await (await open(server.url(database))).close();
    await admin(database, (client) =>
      client.query(`create table seen (setting text);
        create function look() returns trigger language plpgsql as
          $$ begin insert into seen values (current_setting('synchronous_commit')); return new; end $$;
        create trigger look before insert on baton_handoffs for each row execute function look()`),
    );
    const pooler = await startPooler(pgBouncer ?? "", new URL(server.url(database)));
    try {
      const settings = { recordMs: 30_000, storeMs: 30_000 };
      const clients = await Promise.all(Array.from({ length: 3 }, () => open(pooler.url, { settings })));
      // Three clients, twelve at a time, on two sessions.
      for (let wave = 0; wave < 4; wave += 1)
        await Promise.all(Array.from({ length: 12 }, (_, at) => works(clients[at % 3] as DurableHandoffs)));
      expect(await clients[0]?.outbox.counts()).toMatchObject({ waiting: 48 });
      await Promise.all(clients.map((client) => client.close()));
    } finally {
      await pooler.stop();
    }
    const settings = await admin(database, (client) =>
      client.query<{ setting: string }>("select distinct setting from seen"),
    );
    expect(settings.rows).toEqual([{ setting: "on" }]);
  });
});

describe("readers of changes", () => {
  test("see every change once and in order, while writers write and an old transaction stands open", async () => {
    const url = server.url(await freshDatabase());
    const writers = await Promise.all([open(url), open(url)]);
    const readers = await Promise.all([
      open(url, { settings: { pollMs: 10 } }),
      open(url, { settings: { pollMs: 10 } }),
    ]);
    const old = new Client({ connectionString: url });
    await old.connect();
    await old.query("begin; create table held (x int); insert into held values (1)");
    const tenant = freshId("tenant");
    const claims = Array.from({ length: 64 }, () => recordRequest({ tenant }));
    const reading = readers.map(async (reader) => {
      const seen: Change[] = [];
      for await (const change of reader.changes({ after: "0" })) {
        if (change.tenant === tenant) seen.push(change);
        if (seen.length === claims.length * 2) return seen;
      }
      return seen;
    });
    const queue = claims.values();
    const write = async (writer: DurableHandoffs): Promise<void> => {
      for (const claim of queue) {
        await writer.record(claim);
        await writer.handBack(claim);
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, at) => write(writers[at % 2] as DurableHandoffs)));
    for (const seen of await Promise.all(reading)) {
      const numbers = seen.map(({ cursor }) => Number(cursor));
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
      for (const { conversationId } of claims) {
        const own = seen.filter((change) => change.conversationId === conversationId);
        expect(own.map(({ type }) => type)).toEqual(["handed_off", "handed_back"]);
      }
    }
    await old.query("rollback");
    await old.end();
    await Promise.all([...writers, ...readers].map((each) => each.close()));
  });

  test("go on from a cursor of the first release, and over a connection that is cut", async () => {
    const url = server.url(await freshDatabase());
    await using handoffs = await open(url, { settings: { pollMs: 20 } });
    const claims = [recordRequest(), recordRequest(), recordRequest()];
    for (const claim of claims) await handoffs.record(claim);
    const database = new URL(url).pathname.slice(1);
    const { rows } = await admin(database, (client) =>
      client.query<{ cursor: string }>(
        "select xid::text || ':' || seq::text as cursor from baton_changes order by xid, seq",
      ),
    );
    const reading = handoffs.changes({ after: rows[0]?.cursor ?? "" })[Symbol.asyncIterator]();
    expect((await reading.next()).value?.intentId).toBe(claims[1]?.intentId);
    expect((await reading.next()).value?.intentId).toBe(claims[2]?.intentId);
    const next = reading.next();
    await admin(database, (client) =>
      client.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'baton'"),
    );
    const late = recordRequest();
    await handoffs.record(late).catch(() => handoffs.record(late));
    expect((await next).value?.intentId).toBe(late.intentId);
    await reading.return?.(undefined);
  });
});
