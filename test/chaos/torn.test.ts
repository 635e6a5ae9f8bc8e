// Pages torn by a power cut lose nothing while SQLite's log has them; a bit flipped in what was synced does, and the checker names it.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { openHandoffs } from "../../delivery/index.ts";
import { recordRequest } from "../delivery/fixtures.ts";
import { createChance } from "../simulation/chance.ts";
import { check } from "./history/check.ts";
import type { Entry } from "./history/history.ts";
import { readStore } from "./history/read-store.ts";
import { flipLog, tear } from "./torn.ts";

const folder = mkdtempSync(join(tmpdir(), "baton-torn-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A store as a power cut leaves it: its files while a process has it open, and what actions were answered. */
async function cutOff(name: string): Promise<{ path: string; history: Entry[] }> {
  const [from, to] = [join(folder, `${name}.db`), join(folder, name, "store.db")];
  const history: Entry[] = [];
  await using handoffs = await openHandoffs({ store: `sqlite:${from}`, relay: false });
  for (let row = 0; row < 20; row += 1) {
    const claim = recordRequest({ reason: "x".repeat(400) });
    const { verdict } = await handoffs.record(claim);
    const { tenant, conversationId, executionId, epoch, intentId, kind } = claim;
    const of = { tenant, conversationId, executionId, epoch, intentId, kind };
    history.push({ saw: "answer", environment: "production", channel: "chat", verdict, ...of });
  }
  mkdirSync(join(folder, name));
  for (const file of ["", "-wal"]) if (existsSync(from + file)) cpSync(from + file, to + file);
  return { path: to, history };
}

const losses = async (path: string, history: readonly Entry[]): Promise<number> => {
  const rows = await readStore(`sqlite:${path}`);
  return check([...history, { saw: "store", rows }]).filter(({ name }) => name === "acknowledged-lost").length;
};

test.each([1, 2, 3, 4, 5])("torn pages take nothing that was acknowledged (seed %i)", async (seed) => {
  const { path, history } = await cutOff(`torn-${seed}`);
  expect(tear(path, createChance(seed))).toBe(true);
  expect(await losses(path, history)).toBe(0);
  // The product opens it, and goes on.
  await using handoffs = await openHandoffs({ store: `sqlite:${path}`, relay: false });
  expect(await handoffs.record(recordRequest())).toMatchObject({ verdict: "recorded" });
  expect((await handoffs.outbox.counts()).waiting).toBe(21);
});

test("a flipped bit in the middle of the log takes what came after it, and is named", async () => {
  const { path, history } = await cutOff("flipped");
  expect(await losses(path, history)).toBe(0);
  const again = await cutOff("flipped-2");
  expect(flipLog(again.path, createChance(1))).toBe(true);
  expect(await losses(again.path, again.history)).toBeGreaterThan(0);
});
