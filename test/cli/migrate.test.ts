// `baton migrate`: says what a store needs, and does it, apart from the service that uses the store.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterAll, describe, expect, test } from "@jest/globals";
import { migrateCommand } from "../../cli/migrate.ts";
import { openHandoffs } from "../../delivery/index.ts";
import { recordRequest } from "../delivery/fixtures.ts";
import * as previous from "../delivery/previous/index.js";

const folder = mkdtempSync(join(tmpdir(), "baton-migrate-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function migrate(...args: string[]) {
  const written = { out: "", err: "" };
  const into = (name: keyof typeof written) =>
    new Writable({ decodeStrings: false, write: (text, _, done) => done(void (written[name] += text as string)) });
  const io = { stdout: into("out"), stderr: into("err") };
  return { status: await migrateCommand.run(args, io as never), ...written };
}

describe("baton migrate", () => {
  test("--check says what the release before left behind, changes nothing, and then it is done", async () => {
    const path = join(folder, "old.db");
    const store = `sqlite:${path}`;
    const claim = recordRequest({ reason: "kept" });
    const old = await previous.openHandoffs({ store, relay: false });
    await old.record(claim);
    for (const _ of ["once", "and again"]) {
      expect(await migrate("--check", "--store", store)).toEqual({
        status: 1,
        out: "handoffs     version 1, needs 2\n",
        err: "",
      });
    }
    await expect(openHandoffs({ store, migrate: "never" })).rejects.toMatchObject({ code: "STORE_NEEDS_MIGRATION" });
    expect(await migrate("--store", store)).toMatchObject({ status: 0, out: "handoffs     version 1, brought to 2\n" });
    expect(await migrate("--check", "--store", store)).toMatchObject({
      status: 0,
      out: "handoffs     version 2, up to date\n",
    });
    // The service of the release before was not stopped for it.
    await old.record(recordRequest());
    await old.close();
    await using handoffs = await openHandoffs({ store, migrate: "never", relay: false });
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({ reason: "kept" });
    expect(await handoffs.outbox.counts()).toMatchObject({ waiting: 2 });
  });

  test("--check of a store that is not there makes none", async () => {
    const path = join(folder, "absent.db");
    const { status, out } = await migrate("--check", "--json", "--store", `sqlite:${path}`);
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ behind: 1, schemas: [{ name: "handoffs", version: 0, newest: 2 }] });
    expect(existsSync(path)).toBe(false);
  });

  test("--service brings the service's tables as well, which are left out where a store has none", async () => {
    const store = `sqlite:${join(folder, "service.db")}`;
    expect((await migrate("--store", store)).out.trimEnd().split("\n")).toHaveLength(1);
    const both = (await migrate("--service", "--store", store)).out.trimEnd().split("\n");
    expect(both).toHaveLength(2);
    expect(both[0]).toContain("up to date");
    // Known from then on.
    expect((await migrate("--check", "--store", store)).out.trimEnd().split("\n")).toHaveLength(2);
  });

  test.each([
    [[], "BAD_FLAG"],
    [["extra", "--store", "memory:"], "BAD_FLAG"],
    [["--store", "odd:place"], "STORE_ADDRESS_INVALID"],
  ])("%j is refused with its code", async (args, code) => {
    const { status, out } = await migrate(...args, "--json");
    expect(status).not.toBe(0);
    expect(JSON.parse(out)).toMatchObject({ error: { code } });
  });
});
