// What followers of logs are sent: read and encoded once for all of them, and what arrives together is begun a few requests a turn.
import { expect, test } from "@jest/globals";
import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
import { createLogPages } from "../../service/log-pages.ts";
import { createRequestTurns } from "../../service/request-turns.ts";

const row = (settledN: number, logs: object[] = []) => ({
  executionId: `e${settledN}`,
  version: 1,
  status: "returned",
  settledN,
  settledAt: 1,
  outcome: JSON.stringify({ logs, logsDropped: 0 }),
});

test("those who follow one action share its lines, read once and encoded once", async () => {
  let reads = 0;
  const settled = [row(1, [{ level: "log", message: "é\n", time: "t" }]), row(2), row(3)];
  const store = {
    run: async (_name: string, { after }: { after: number }) => {
      reads += 1;
      await nextTurn();
      return settled.filter(({ settledN }) => settledN > after).slice(0, 2);
    },
  };
  const pages = createLogPages(store as never);
  const found = await Promise.all(Array.from({ length: 20 }, () => pages.page("t", "a", 0)));
  const late = await pages.page("t", "a", 0);
  expect(reads).toBe(1);
  expect(late.map(({ after }) => after)).toEqual([1, 2]);
  expect(new Set([...found, late].map(([first]) => first!.events)).size).toBe(1);
  expect(late[0]!.events!.toString()).toBe(
    'event: log\ndata: {"executionId":"e1","version":1,"level":"log","message":"é\\n","time":"t"}\n\nid: 1\nevent: end\ndata: {"executionId":"e1","version":1,"status":"returned","logsDropped":0}\n\n',
  );
  // Another's are its own, and where there was nothing it is looked for again.
  await pages.page("u", "a", 0);
  await pages.page("t", "b", 0);
  expect(reads).toBe(3);
  expect(await pages.page("t", "a", 3)).toEqual([]);
  settled.push(row(4));
  expect(await pages.page("t", "a", 3)).toEqual([]);
  await delay(300);
  expect((await pages.page("t", "a", 3)).map(({ after }) => after)).toEqual([4]);
});

test("a store that does not answer is asked again", async () => {
  let reads = 0;
  const pages = createLogPages({ run: () => Promise.reject(new Error(String((reads += 1)))) } as never);
  await expect(pages.page("t", "a", 0)).rejects.toThrow("1");
  await expect(pages.page("t", "a", 0)).rejects.toThrow("2");
});

test("requests that arrive together are begun a few in each turn, all of them and in their order", async () => {
  const begin = createRequestTurns(4);
  const begun: number[] = [];
  const before: number[] = [];
  for (let at = 0; at < 10; at++) begin(() => void begun.push(at));
  for (let turn = 0; turn < 6; turn++) {
    before.push(begun.length);
    if (turn === 1) for (let at = 10; at < 13; at++) begin(() => void begun.push(at));
    await nextTurn();
  }
  expect(before).toEqual([4, 8, 12, 13, 13, 13]);
  expect(begun).toEqual(Array.from({ length: 13 }, (_, at) => at));
  begin(() => void begun.push(13));
  expect(begun).toHaveLength(14);
});
