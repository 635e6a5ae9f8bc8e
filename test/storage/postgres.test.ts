// What PostgreSQL asks of a store: roles without the right to create, poolers, encodings, the ways people connect, and readers of changes.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client, Pool } from "pg";
import { openHandoffs, type Change, type DurableHandoffs, type Provider } from "../../delivery/index.ts";
import { schema } from "../../delivery/store-schema.ts";
import { storageStates } from "../../storage/index.ts";
import { readPostgresUrl } from "../../storage/postgres-url.ts";
import { beginRequest, eventually, freshId, outcomeOf, recordRequest, transferRecord } from "../delivery/fixtures.ts";
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

describe("a server that is set otherwise", () => {
  /** A role of its own in a database of its own, and settings of that role. */
  async function asRole(settings: Readonly<Record<string, string>>) {
    const database = await freshDatabase();
    await (await open(server.url(database))).close();
    const role = `set_${database}`;
    await admin(database, async (client) => {
      await client.query(`create role ${role} login`);
      await client.query(`grant all on all tables in schema public to ${role}`);
      for (const [name, value] of Object.entries(settings))
        await client.query(`alter role ${role} set ${name} = '${value}'`);
    });
    return { database, role, url: server.url(database).replace("baton@", `${role}@`) };
  }

  test.each([
    ["none", {}, "10s"],
    ["a longer one", { idle_in_transaction_session_timeout: "2h" }, "10s"],
    ["a shorter one", { idle_in_transaction_session_timeout: "3s" }, "3s"],
  ])(
    "a host that is cut off in a transaction holds its rows no longer than that, with %s",
    async (_, settings, kept) => {
      const { database, url } = await asRole(settings);
      await admin(database, (client) =>
        client.query(`create table seen (setting text);
        create function look() returns trigger language plpgsql security definer as
          $$ begin insert into seen values (current_setting('idle_in_transaction_session_timeout')); return new; end $$;
        create trigger look before update on baton_handoffs for each row execute function look()`),
      );
      await using handoffs = await open(url);
      const claim = recordRequest();
      await handoffs.record(claim);
      await handoffs.handBack(claim);
      const { rows } = await admin(database, (client) => client.query<{ setting: string }>("select setting from seen"));
      expect(rows).toEqual([{ setting: kept }]);
    },
  );

  test("a row that a host holds locked, and does not let go, stops no relay", async () => {
    const { database, url } = await asRole({});
    const delivered: string[] = [];
    const provider: Provider = {
      name: "desk",
      async deliver({ intentId }) {
        delivered.push(intentId);
        return { type: "delivered" };
      },
    };
    await using handoffs = await open(url, { provider, settings: { pollMs: 20, dialWithinMs: 1 } });
    const [held, other] = [transferRecord(), recordRequest()];
    await handoffs.record(held);
    await admin(database, async (client) => {
      await client.query("begin");
      await client.query("select from baton_handoffs where intent_id = $1 for update", [held.intentId]);
      handoffs.start();
      await handoffs.record(other);
      await eventually(
        async () => delivered,
        (ids) => ids.includes(other.intentId),
      );
      expect(delivered).not.toContain(held.intentId);
      await client.query("rollback");
    });
    await eventually(
      async () => delivered,
      (ids) => ids.includes(held.intentId),
    );
  });

  test("read-only, as a standby after a failover: asked again for recordMs, then said to pass", async () => {
    const { database, role, url } = await asRole({ default_transaction_read_only: "on" });
    await using handoffs = await open(url, { settings: { recordMs: 300 } });
    const claim = recordRequest();
    expect(await handoffs.canReply(claim)).toBe(true);
    await expect(handoffs.record(claim)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", retry: "safe" });
    expect(await handoffs.canReply(claim)).toBe(true);
    await admin(database, (client) => client.query(`alter role ${role} set default_transaction_read_only = 'off'`));
    await using after = await open(url);
    expect(await after.record(claim)).toMatchObject({ verdict: "recorded" });
  });

  test("with a short statement_timeout a claim that waits for a lock is asked again, and recorded once", async () => {
    const { database, url } = await asRole({ statement_timeout: "100ms" });
    await using handoffs = await open(url, { settings: { recordMs: 60_000 } });
    const claim = recordRequest();
    const recorded = await admin(database, async (client) => {
      await client.query("begin; lock table baton_handoffs in access exclusive mode");
      const recording = handoffs.record(claim);
      // Long enough for several statements to run into it.
      await client.query("select pg_sleep(0.5)");
      await client.query("commit");
      return recording;
    });
    expect(recorded).toMatchObject({ verdict: "recorded" });
    expect(await handoffs.outbox.counts()).toMatchObject({ waiting: 1 });
  });

  test("to throw out what is idle in a transaction at once: nothing half-done is left", async () => {
    const { url } = await asRole({ idle_in_transaction_session_timeout: "1ms" });
    await using handoffs = await open(url);
    const claim = recordRequest();
    await handoffs.record(claim);
    const handed = await handoffs.handBack(claim).catch((error: unknown) => error);
    const free = await handoffs.canReply(claim);
    // Thrown out between two statements, or quick enough.
    if (Error.isError(handed))
      expect(handed).toMatchObject({ code: expect.stringMatching(/^STORE_(ANSWER_LOST|UNAVAILABLE)$/) }); // prettier-ignore
    else expect(free).toBe(true);
    expect(await handoffs.outbox.counts()).toMatchObject(free ? { dead: 1 } : { waiting: 1 });
  });

  test.each(['we"ird', "Sch ema", "o'clock", "schëma"])("tables may lie in a schema called %s", async (name) => {
    const database = await freshDatabase();
    const quoted = `"${name.replaceAll('"', '""')}"`;
    await admin(database, async (client) => {
      await client.query(`create schema ${quoted}`);
      await client.query(`alter database ${database} set search_path = ${quoted}`);
    });
    await using handoffs = await open(server.url(database));
    await works(handoffs);
    const { rows } = await admin(database, (client) =>
      client.query(
        "select nspname from pg_class c join pg_namespace n on n.oid = relnamespace where relname = 'baton_handoffs'",
      ),
    );
    expect(rows).toEqual([{ nspname: name }]);
    expect(await storageStates(server.url(database), [schema])).toMatchObject([{ version: 2 }]);
  });
});
