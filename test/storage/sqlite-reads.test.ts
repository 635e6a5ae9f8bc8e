// Reads of a SQLite store wait for no commit: they have a thread of their own once they have met writes, and see every commit that was answered.
import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openHandoffs, type DurableHandoffs } from "../../delivery/index.ts";
import { recordRequest } from "../delivery/fixtures.ts";

const folder = mkdtempSync(join(tmpdir(), "baton-reads-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const record = (handoffs: DurableHandoffs, n: string) =>
  handoffs.record(recordRequest({ conversationId: `c-${n}`, intentId: `i-${n}`, executionId: `e-${n}` }));
const standing = (handoffs: DurableHandoffs, n: string) =>
  handoffs.standing({ tenant: recordRequest().tenant, conversationId: `c-${n}` });

/** By then what was asked before is on its way to the store. */
const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Reads beside writes, as many as bring the thread of reads up. */
async function meet(handoffs: DurableHandoffs): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    const write = record(handoffs, `meet-${round}`);
    await nextTurn();
    await Promise.all([write, standing(handoffs, "none")]);
  }
}

/** Whether a read is answered while another process holds the file's write lock, and a write of ours waits for it. */
async function readsBesideLock(handoffs: DurableHandoffs, path: string, n: string): Promise<boolean> {
  using other = new DatabaseSync(path);
  other.exec("begin immediate");
  let isHeld = true;
  const write = record(handoffs, n);
  await nextTurn();
  const read = standing(handoffs, "none").then(() => isHeld);
  setTimeout(() => {
    isHeld = false;
    other.exec("rollback");
  }, 300);
  const [was] = await Promise.all([read, write]);
  return was;
}

describe("a read", () => {
  const path = join(folder, "reads.db");
  let handoffs: DurableHandoffs;
  beforeAll(async () => {
    handoffs = await openHandoffs({ store: `sqlite:${path}`, relay: false });
    await meet(handoffs);
  });
  afterAll(() => handoffs.close());

  test("is answered while a write waits for the file", async () => {
    let isBeside = false;
    // The thread takes a moment to start; until then the writer's answers.
    for (let round = 0; round < 20 && !isBeside; round += 1) {
      isBeside = await readsBesideLock(handoffs, path, `locked-${round}`);
    }
    expect(isBeside).toBe(true);
  });

  test("sees what was recorded before it, however much is written beside it", async () => {
    const seen: boolean[] = [];
    await Promise.all(
      Array.from({ length: 8 }, async (_, lane) => {
        for (let n = 0; n < 25; n += 1) {
          await record(handoffs, `${lane}-${n}`);
          seen.push((await standing(handoffs, `${lane}-${n}`)).handedOff);
        }
      }),
    );
    expect(seen).toEqual(Array.from({ length: 200 }, () => true));
  });
});

test("the last to close takes the log in, and nothing is lost", async () => {
  const path = join(folder, "closed.db");
  const first = await openHandoffs({ store: `sqlite:${path}`, relay: false });
  await meet(first);
  await first.close();
  expect(existsSync(`${path}-wal`)).toBe(false);
  const second = await openHandoffs({ store: `sqlite:${path}`, relay: false });
  expect(await standing(second, "meet-19")).toMatchObject({ handedOff: true });
  await second.close();
});

test("of a file that was replaced is refused, as a write to it is", async () => {
  const path = join(folder, "replaced.db");
  const handoffs = await openHandoffs({ store: `sqlite:${path}`, relay: false });
  await meet(handoffs);
  while (!(await readsBesideLock(handoffs, path, crypto.randomUUID())));
  renameSync(path, `${path}.old`);
  await expect(standing(handoffs, "none")).rejects.toMatchObject({ code: "STORE_DAMAGED" });
  await expect(record(handoffs, "late")).rejects.toMatchObject({ code: "STORE_DAMAGED" });
  await handoffs.close();
});
