import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "pg";
import { openHandoffs } from "../../delivery/index.ts";
import { openStore } from "../../delivery/open-store.ts";
import { describeStore } from "./conformance/store.ts";
import { recordRequest } from "./fixtures.ts";
import { startPostgres, type PostgresServer } from "./postgres-server.ts";

describeStore("memory", async () => ({ first: "memory:", again: null }));

describeStore("sqlite", async () => {
  const folder = mkdtempSync(join(tmpdir(), "baton-sqlite-"));
  const address = `sqlite:${join(folder, "handoffs.db")}`;
  return { first: address, again: address, end: async () => rmSync(folder, { recursive: true }) };
});

describeStore("postgres", async () => {
  const server = await startPostgres();
  return { first: server.url(), again: server.url(), end: () => server.stop() };
});

describe("the tables of a store", () => {
  const folder = mkdtempSync(join(tmpdir(), "baton-tables-"));
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  const address = (store: string): string => (store === "sqlite" ? `sqlite:${join(folder, "t.db")}` : server.url());

  test.each(["sqlite", "postgres"])(
    "are made once by many that open it at once, and left alone after: %s",
    async (store) => {
      const open = () => openHandoffs({ store: address(store), relay: false });
      const many = await Promise.all([open(), open(), open(), open()]);
      const claim = recordRequest();
      await many[0]?.record(claim);
      await Promise.all(many.map((handoffs) => handoffs.close()));
      await using again = await open();
      expect(await again.outbox.show(claim.intentId)).toMatchObject({ status: "waiting" });
    },
  );

  test("a PostgreSQL that is set to answer before a commit is on the disk does not do so here", async () => {
    await (await openStore(server.url())).close();
    const admin = new Client({ connectionString: server.url() });
    await admin.connect();
    await admin.query(`create table seen (setting text);
      create function look() returns trigger language plpgsql as
        $$ begin insert into seen values (current_setting('synchronous_commit')); return new; end $$;
      create trigger look before insert on baton_handoffs for each row execute function look();
      alter role baton set synchronous_commit = 'off'`);
    {
      await using handoffs = await openHandoffs({ store: server.url(), relay: false });
      await handoffs.record(recordRequest());
    }
    await admin.query("alter role baton reset synchronous_commit");
    await admin.query("drop trigger look on baton_handoffs");
    const { rows } = await admin.query<{ setting: string }>("select setting from seen");
    await admin.end();
    expect(rows).toEqual([{ setting: "on" }]);
  });

  test.each(["sqlite", "postgres"])("of a newer release are not touched: %s", async (store) => {
    await (await openStore(address(store))).close();
    if (store === "sqlite") {
      const db = new DatabaseSync(join(folder, "t.db"));
      db.exec("pragma user_version = 99");
      db.close();
    } else {
      const client = new Client({ connectionString: server.url() });
      await client.connect();
      await client.query("insert into baton_schema (version) values (99)");
      await client.end();
    }
    await expect(openStore(address(store))).rejects.toMatchObject({ code: "STORE_TOO_NEW", retry: "never" });
  });
});
