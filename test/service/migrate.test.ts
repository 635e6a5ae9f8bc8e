// Migrations as a step: a service that may not migrate refuses a store that is behind, and serves one that `baton migrate` made ready.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startService } from "./harness.ts";
import { MAIN } from "./process.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "baton-migrate-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a store is made ready by baton migrate, and a service told never to migrate only uses it", async () => {
  const store = `sqlite:${join(folder, "baton.db")}`;
  const migrate = (...flags: string[]) =>
    spawnSync(process.execPath, ["--no-warnings", MAIN, "migrate", "--service", "--store", store, ...flags], {
      encoding: "utf8",
    });
  await expect(startService({ store, data: folder, migrate: "never" })).rejects.toThrow();
  expect(migrate("--check").status).toBe(1);
  expect(migrate().status).toBe(0);
  expect(migrate("--check").status).toBe(0);
  await using baton = await startService({ store, data: folder, migrate: "never" });
  expect((await baton.call("PUT", "/v1/tenants/t", { body: {} })).status).toBe(201);
});
