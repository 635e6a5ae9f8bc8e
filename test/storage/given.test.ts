// Stores that cannot be what was meant are refused at opening, in one sentence that shows no password.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { Client } from "pg";
import { handoffSchema, openHandoffs, openStorage } from "../../delivery/index.ts";
import { readPostgresUrl } from "../../storage/postgres-url.ts";

test("a Client of pg, which is one connection, is refused where a Pool was meant", async () => {
  const store = new Client({ host: "db", password: "secret" }) as never;
  const refused = openHandoffs({ store });
  await expect(refused).rejects.toMatchObject({ code: "STORE_ADDRESS_INVALID", retry: "never" });
  await expect(refused).rejects.toThrow(/give a Pool/);
});

test.each(["sqlite:", "sqlite::memory:", "sqlite:a\0b", "mysql://db", "Memory:", "postgres:", "file:handoffs.db"])(
  "%p is no address of a store",
  async (store) => {
    await expect(openHandoffs({ store })).rejects.toMatchObject({ code: "STORE_ADDRESS_INVALID" });
  },
);

test.each([
  "port=70000",
  "port=0",
  "max=0",
  "max=1e3",
  "connect_timeout=-1",
  "connect_timeout=99999999999",
  "statement_timeout=1.5",
])("a postgres:// address with %s is refused by the parameter's name", (parameter) => {
  const name = parameter.split("=")[0] as string;
  expect(() => readPostgresUrl(`postgres://u:secret@db/baton?${parameter}`)).toThrow(name);
});

test.each(["memory", "sqlite"])(
  "a storage on %s that was opened without the tables of hand-offs is refused",
  async (kind) => {
    const folder = mkdtempSync(join(tmpdir(), "baton-given-"));
    const store = kind === "memory" ? "memory:" : `sqlite:${join(folder, "other.db")}`;
    // The tables of another room.
    const schemas = [{ ...handoffSchema, name: "other" }];
    await using storage = await openStorage({ store, schemas });
    await expect(openHandoffs({ store: storage })).rejects.toThrow(/opened for other, and not for handoffs/);
    await storage.close();
    rmSync(folder, { recursive: true });
  },
);

test("a file that is not there is not made where tables may not be", async () => {
  const store = `sqlite:${join(tmpdir(), "baton-nothing", "here.db")}`;
  await expect(openHandoffs({ store, migrate: "never" })).rejects.toMatchObject({ code: "STORE_NEEDS_MIGRATION" });
});
