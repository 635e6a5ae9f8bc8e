// A SQLite file with no room left, and one whose log another process reads: said at once, nothing half-done, and finished later.
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { openHandoffs, type DurableHandoffs } from "../../delivery/index.ts";
import { eventually, freshId, recordRequest } from "../delivery/fixtures.ts";

const folder = mkdtempSync(join(tmpdir(), "baton-full-"));
const small = join(folder, "small");
mkdirSync(small);
const isMounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", small]).status === 0;
afterAll(() => {
  if (isMounted) spawnSync("umount", [small]);
  rmSync(folder, { recursive: true });
});
if (!isMounted) console.warn("Skipped: no small file system can be mounted here, so that a full disk is not tried.");

/** Records until the store says no; gives the fault, and the claims that were taken. */
async function fill(handoffs: DurableHandoffs) {
  const taken = [];
  for (let row = 0; row < 10_000; row += 1) {
    const claim = recordRequest({ reason: "x".repeat(480) });
    try {
      expect((await handoffs.record(claim)).verdict).toBe("recorded");
      taken.push(claim);
    } catch (fault) {
      return { fault, claim, taken };
    }
  }
  throw new Error("It was never full.");
}

(isMounted ? describe : describe.skip)("a full disk", () => {
  test("is STORE_FULL at once, safe to repeat, and works again as soon as there is room", async () => {
    const ballast = join(small, "ballast");
    writeFileSync(ballast, Buffer.alloc(2_000_000));
    // A wait for the store's word would show here as this long a wait.
    const settings = { recordMs: 600_000, storeMs: 600_000 };
    await using handoffs = await openHandoffs({ store: `sqlite:${join(small, "full.db")}`, relay: false, settings });
    const { fault, claim, taken } = await fill(handoffs);
    expect(fault).toMatchObject({ code: "STORE_FULL", retry: "safe" });
    // Nothing of the claim stands, and reading goes on.
    expect(await handoffs.canReply(claim)).toBe(true);
    for (const { tenant, conversationId } of taken.slice(-3))
      expect(await handoffs.canReply({ tenant, conversationId })).toBe(false);
    await expect(handoffs.handBack(taken[0] ?? claim)).rejects.toMatchObject({ code: "STORE_FULL" });
    rmSync(ballast);
    expect(await handoffs.record(claim)).toMatchObject({ verdict: "recorded" });
    expect(await handoffs.outbox.counts()).toMatchObject({ waiting: taken.length + 1 });
  });
});

const canLimit = spawnSync("prlimit", ["--version"]).status === 0;
if (!canLimit) console.warn("Skipped: prlimit is not here, so that a limit on the size of files is not tried.");

(canLimit ? test : test.skip)("a file that may not grow, as under a quota, is STORE_FULL at once too", async () => {
  const path = join(folder, "limited.db");
  const script = new URL("fill.ts", import.meta.url).pathname;
  const limited = ["--fsize=1000000", process.execPath, "--no-warnings", script, path];
  const { stdout, stderr } = spawnSync("prlimit", limited, { encoding: "utf8" });
  expect(stderr).toBe("");
  const { taken, fault, mayReply } = JSON.parse(stdout) as { taken: string[]; fault: object; mayReply: boolean };
  expect(fault).toEqual({ code: "STORE_FULL", retry: "safe" });
  expect(mayReply).toBe(true);
  // What was acknowledged stands for a process without the limit, and the claim that was not does not.
  await using handoffs = await openHandoffs({ store: `sqlite:${path}`, relay: false });
  const there = await handoffs.outbox.list({ limit: 10_000 });
  expect(there.map(({ intentId }) => intentId).toSorted()).toEqual(taken.toSorted());
});

describe("purge beside another process that reads", () => {
  const READER = `
    const { DatabaseSync } = require("node:sqlite");
    const db = new DatabaseSync(process.argv[1]);
    db.exec("begin");
    db.prepare("select count(*) from baton_handoffs").get();
    console.log("reads");
    process.stdin.once("end", () => db.exec("commit")).resume();
  `;
  const holds = (text: string): string[] =>
    readdirSync(folder).filter((name) => name.startsWith("read.db") && readFileSync(join(folder, name)).includes(text));

  test("says what it could not erase yet, and erases it once the reader is gone", async () => {
    const path = join(folder, "read.db");
    const settings = { executionLeaseMs: 150 };
    await using handoffs = await openHandoffs({ store: `sqlite:${path}`, relay: false, settings });
    const secret = `secret ${freshId("reason")}`;
    const claim = recordRequest({ reason: secret });
    await handoffs.record(claim);
    const reader = spawn(process.execPath, ["--no-warnings", "-e", READER, path], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const gone = new Promise((resolve) => reader.once("exit", resolve));
    await new Promise((resolve) => createInterface({ input: reader.stdout }).once("line", resolve));
    expect(await handoffs.purge(claim)).toMatchObject({ handoffs: 1, notYetErased: "write-ahead log" });
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({ reason: null });
    expect(holds(secret)).not.toEqual([]);
    reader.stdin.end();
    await gone;
    await eventually(
      async () => holds(secret),
      (files) => files.length === 0,
    );
    // With nothing in the way it is done at once, and says nothing.
    expect(await handoffs.purge(claim)).not.toHaveProperty("notYetErased");
  });
});
