import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { outbox } from "../../cli/outbox.ts";
import { openHandoffs } from "../../delivery/index.ts";
import { recordRequest } from "./fixtures.ts";

describe("baton outbox", () => {
  const folder = mkdtempSync(join(tmpdir(), "baton-outbox-"));
  const store = `sqlite:${join(folder, "handoffs.db")}`;
  const claim = recordRequest({ tenant: "acme\u001B[31m", reason: "why" });
  beforeAll(async () => {
    await using handoffs = await openHandoffs({ store });
    await handoffs.record(claim);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function run(...args: string[]) {
    const written = { out: "", err: "" };
    const into = (name: keyof typeof written) =>
      new Writable({ decodeStrings: false, write: (text, _, done) => done(void (written[name] += text as string)) });
    const io = { stdout: into("out"), stderr: into("err") };
    return { status: await outbox([...args, "--store", store], io as never), ...written };
  }

  test("list shows what waits, and lets nothing of a tenant's reach the terminal raw", async () => {
    const { status, out } = await run("list", "--status", "waiting");
    expect(status).toBe(0);
    expect(out).toContain(claim.intentId);
    expect(out).not.toContain("\u001B");
    expect(JSON.parse((await run("list", "--json")).out)).toMatchObject([
      { intentId: claim.intentId, status: "waiting" },
    ]);
  });

  test("show tells all of one row", async () => {
    expect(JSON.parse((await run("show", claim.intentId, "--json")).out)).toMatchObject({ reason: "why" });
    expect((await run("show", "nobody")).status).toBe(1);
  });

  test("drop makes it a dead letter, retry brings it back", async () => {
    expect((await run("drop", claim.intentId)).out).toContain("was dropped");
    expect(JSON.parse((await run("list", "--status", "dead", "--json")).out)).toMatchObject([{ code: "dropped" }]);
    expect((await run("retry", claim.intentId)).out).toContain("is due now");
    expect(JSON.parse((await run("show", claim.intentId, "--json")).out)).toMatchObject({
      status: "waiting",
      attempts: 0,
    });
  });

  test.each([
    ["list", "extra"],
    ["show"],
    ["shout"],
    [],
    ["list", "--status", "odd"],
    ["list", "--limit", "0"],
    ["list", "--odd"],
  ])("a bad request is refused with one line: %s %s", async (...args) => {
    const { status, out, err } = await run(...args.filter((arg) => arg !== undefined));
    expect(status).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(/^baton: .+\n$/);
  });

  test("with --json what is refused or missing is one object with its code", async () => {
    const codes = await Promise.all(
      [["show"], ["show", "nobody"], ["drop", "nobody"]].map(async (args) => {
        const { status, out, err } = await run(...args, "--json");
        expect(err).toBe("");
        return [status, (JSON.parse(out) as { error: { code: string } }).error.code];
      }),
    );
    expect(codes).toEqual([
      [2, "BAD_FLAG"],
      [1, "OUTBOX_NO_SUCH_ROW"],
      [1, "OUTBOX_NO_SUCH_ROW"],
    ]);
  });
});
