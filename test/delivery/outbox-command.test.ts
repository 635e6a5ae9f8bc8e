import { existsSync, mkdtempSync, rmSync } from "node:fs";
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

  test("retry and drop by filter do all that is selected, with a line for each, and nothing else", async () => {
    const rows = ["bulk", "bulk", "bulk", "other"].map((tenant) => recordRequest({ tenant }));
    {
      await using handoffs = await openHandoffs({ store });
      for (const row of rows) await handoffs.record(row);
    }
    const mine = rows.slice(0, 3).map(({ intentId }) => intentId);
    const lines = (out: string): string[] => out.trimEnd().split("\n").filter(Boolean);
    const count = async (tenant: string): Promise<unknown> =>
      JSON.parse((await run("count", "--tenant", tenant, "--json")).out);

    const dropped = await run("drop", "--tenant", "bulk", "--status", "waiting");
    expect(dropped).toMatchObject({ status: 0, err: "3 done, 0 left as they are.\n" });
    const named = lines(dropped.out).map((line) => line.split("  ")[0] as string);
    expect(named.toSorted()).toEqual(mine.toSorted());
    expect(await count("bulk")).toEqual({ waiting: 0, sending: 0, delivered: 0, dead: 3 });
    expect(await count("other")).toMatchObject({ waiting: 1, dead: 0 });

    const future = new Date(Date.now() + 3_600_000).toISOString();
    expect(await run("retry", "--tenant", "bulk", "--since", future)).toMatchObject({
      out: "",
      err: "0 done, 0 left as they are.\n",
    });
    const retried = await run("retry", "--tenant", "bulk", "--status", "dead", "--since", "1h", "--json");
    expect(lines(retried.out).map((line) => JSON.parse(line) as object)).toEqual(
      expect.arrayContaining(mine.map((intentId) => expect.objectContaining({ intentId, tenant: "bulk", done: true }))),
    );
    expect(await count("bulk")).toMatchObject({ waiting: 3, dead: 0 });
    expect(lines((await run("count", "--tenant", "bulk")).out)[0]).toMatch(/^waiting +3$/);
  });

  test("list goes on after a cursor", async () => {
    const pages: string[] = [];
    for (let after: string[] = []; ;) {
      const { out } = await run("list", "--tenant", "bulk", "--limit", "2", ...after, "--json");
      const page = JSON.parse(out) as { intentId: string; cursor: string }[];
      if (page.length === 0) break;
      pages.push(...page.map(({ intentId }) => intentId));
      after = ["--after", page.at(-1)?.cursor ?? ""];
    }
    expect(new Set(pages).size).toBe(3);
    expect(pages).toHaveLength(3);
  });

  test.each([
    ["retry", "some-id", "--status", "dead"],
    ["drop", "--since", "yesterday"],
    ["retry", "--since", "5x"],
    ["list", "--after", "no-cursor"],
    ["drop", "--status", "odd"],
    ["count", "some-id"],
    ["list", "extra"],
    ["show"],
    ["shout"],
    [],
    ["list", "--status", "odd"],
    ["list", "--limit", "0"],
    ["drop", "--status", "dead", "--limit", "5"],
    ["retry", "--status", "dead", "--after", "1:x"],
    ["count", "--limit", "5"],
    ["show", "some-id", "--tenant", "acme"],
    ["drop", "some-id", "--limit", "1"],
    ["list", "--since", "2026-02-30"],
    ["list", "--since", "2026-11-31T00:00:00Z"],
    ["list", "--since", "2026-11-27T09:00:00"],
    ["list", "--after", `${"9".repeat(20)}:x`],
    ["list", "--odd"],
  ])("a bad request is refused with one line: %s %s", async (...args) => {
    const { status, out, err } = await run(...args.filter((arg) => arg !== undefined));
    expect(status).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(/^baton: .+\n$/);
  });

  test("a store that is not there is not made by looking", async () => {
    const missing = join(folder, "hand-offs.db");
    const written = { err: "" };
    const stderr = new Writable({ decodeStrings: false, write: (text, _, done) => done(void (written.err += text)) });
    const io = { stdout: new Writable({ write: (_text, _, done) => done() }), stderr };
    expect(await outbox(["list", "--store", `sqlite:${missing}`], io as never)).toBe(1);
    expect(written.err).toMatch(/baton migrate --store/);
    expect(existsSync(missing)).toBe(false);
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
