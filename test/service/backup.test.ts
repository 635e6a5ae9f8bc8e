// A backup that is restored goes on: what was acknowledged is answered again, secrets open, hand-offs that waited go out, cursors serve.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startPostgres, type PostgresServer } from "../delivery/postgres-server.ts";
import { ADMIN, chat, startService, until, type Running } from "./harness.ts";
import { readEvents } from "./event-stream.ts";
import { startReceiver, type ReceiverServer } from "./webhook-server.ts";

const SECRET = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;

let folder: string;
let receiver: ReceiverServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "baton-backup-"));
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Left {
  readonly done: string;
  readonly cursor: string;
}

/** A tenant with a secret, an outcome that was acknowledged, and a hand-off that its desk has not taken. */
async function live(baton: Running, name: string): Promise<Left> {
  receiver.status = 503;
  const providers = { handoffs: { type: "webhook", url: receiver.url, secrets: [SECRET] } };
  await baton.call("PUT", `/v1/tenants/${name}`, { body: { providers, egress: { hosts: ["127.0.0.1"], http: true } } });
  await baton.call("PUT", `/v1/tenants/${name}/secrets/TOKEN`, {
    body: { value: `secret of ${name}`, hosts: ["127.0.0.1"] },
  });
  await baton.live(
    name,
    "help",
    `export async function execute_action(c: any) { await fetch("${receiver.url}", { method: "POST", headers: { authorization: secrets.TOKEN } }); return hand_off_conversation(c, "why").success; }`,
  );
  const stream = await readEvents(new URL(`/v1/tenants/${name}/events`, baton.url), {
    authorization: `Bearer ${ADMIN}`,
  });
  const done = await baton.execute(name, "help", chat(`${name}-1`), { "idempotency-key": "done" });
  expect([done.status, done.text]).toEqual([200, expect.stringContaining("recorded")]);
  const [event] = await stream.take(1);
  stream.close();
  await until(async () => (await baton.call("GET", `/v1/tenants/${name}/executions/done`)).body.outcome);
  return { done: done.text, cursor: event!.id };
}

async function goesOn(baton: Running, name: string, { done, cursor }: Left): Promise<void> {
  const again = await baton.execute(name, "help", chat(`${name}-1`), { "idempotency-key": "done" });
  expect(again.text).toBe(done);
  expect((await baton.call("GET", "/v1/audit?limit=1000")).body.intact).toBe(true);
  const before = receiver.requests.length;
  receiver.status = 200;
  await baton.execute(name, "help", chat(`${name}-2`));
  expect(receiver.requests.slice(before).some(({ headers }) => headers.authorization === `secret of ${name}`)).toBe(
    true,
  );
  await baton.call("POST", `/v1/tenants/${name}/outbox/retry`, { body: { status: "waiting" } });
  await until(async () => {
    const { body } = await baton.call("GET", `/v1/tenants/${name}/outbox`);
    return body.counts.delivered === 2 && body.counts.waiting === 0;
  });
  const stream = await readEvents(new URL(`/v1/tenants/${name}/events`, baton.url), {
    authorization: `Bearer ${ADMIN}`,
    "last-event-id": cursor,
  });
  const [next] = await stream.take(1);
  expect(next?.data["conversationId"]).toContain(name);
  stream.close();
}

test("of SQLite, taken while it serves", async () => {
  const from = join(folder, "from");
  const to = join(folder, "to");
  mkdirSync(to);
  const options = { private: [`127.0.0.1:${receiver.port}`] };
  await using baton = await startService({ ...options, data: from });
  const left = await live(baton, "sqlite");
  const source = new DatabaseSync(join(from, "baton.db"));
  await backup(source, join(to, "baton.db"));
  source.close();
  cpSync(join(from, "secrets.key"), join(to, "secrets.key"));
  await baton.service.close({ drainMs: 0 });
  await using restored = await startService({ ...options, data: to });
  await goesOn(restored, "sqlite", left);
}, 400_000);

test("of PostgreSQL, restored row by row into a fresh cluster", async () => {
  const servers: PostgresServer[] = [await startPostgres(), await startPostgres()];
  const [old, fresh] = servers as [PostgresServer, PostgresServer];
  try {
    const options = { private: [`127.0.0.1:${receiver.port}`] };
    const baton = await startService({ ...options, store: old.url() });
    const left = await live(baton, "postgres");
    await baton[Symbol.asyncDispose]();
    // The tables are this release's own to make; the rows come out of the old cluster, with no number of its transactions in them.
    await (await startService({ ...options, store: fresh.url() }))[Symbol.asyncDispose]();
    await copyRows(old.url(), fresh.url());
    await using restored = await startService({ ...options, store: fresh.url() });
    await goesOn(restored, "postgres", left);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}, 400_000);

async function copyRows(from: string, to: string): Promise<void> {
  const [source, target] = [new Client(from), new Client(to)];
  await Promise.all([source.connect(), target.connect()]);
  const { rows: tables } = await source.query<{ name: string }>(
    `select relname as name from pg_class where relkind = 'r' and relname like 'baton%' and relname <> 'baton_schemas' and relname <> 'baton_schema'`,
  );
  await target.query("set session_replication_role = replica");
  for (const { name } of tables) {
    await target.query(`truncate ${name} cascade`);
  }
  for (const { name } of tables) {
    const { rows } = await source.query<Record<string, unknown>>(`select * from ${name}`);
    for (const row of rows) {
      const names = Object.keys(row).filter((column) => column !== "xid");
      const places = names.map((_, at) => `$${at + 1}`);
      await target.query(
        `insert into ${name} (${names.join(", ")}) overriding system value values (${places.join(", ")})`,
        names.map((column) => row[column]),
      );
    }
  }
  const { rows: counted } = await target.query<{ name: string; column: string }>(
    `select table_name as name, column_name as column from information_schema.columns where is_identity = 'YES' and table_name like 'baton%'`,
  );
  for (const { name, column } of counted) {
    await target.query(
      `select setval(pg_get_serial_sequence('${name}', '${column}'), coalesce((select max(${column}) from ${name}), 1))`,
    );
  }
  await Promise.all([source.end(), target.end()]);
}
