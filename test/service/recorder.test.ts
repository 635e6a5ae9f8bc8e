// What waits to be written while a store is slow or away: bounded in bytes, and written in commits of a bounded size.
import { expect, test } from "@jest/globals";
import { createRecorder } from "../../service/executions/recorder.ts";
import { HostFault } from "../../base/fault.ts";
import type { SettledRun } from "../../service/store/operations/runs.ts";
import type { ServiceStore } from "../../service/store/store.ts";

const MIB = 1024 * 1024;
const run = (id: number, chars: number): SettledRun => ({
  tenant: "t", executionId: `e${id}`, action: "a", version: 1, requestHash: "", conversationId: null, owner: "n", status: "returned",
  createdAt: 0, settledAt: 0, outcome: "x".repeat(chars), handoff: null,
  usage: { runs: 1, failed: 0, cpuMs: 1, wallMs: 1, hostCalls: 0, bytes: chars, handoffs: 0 },
}); // prettier-ignore

function storeThat(settle: (runs: readonly SettledRun[]) => Promise<number>): ServiceStore {
  return { run: (_name: string, { runs }: { runs: readonly SettledRun[] }) => settle(runs) } as unknown as ServiceStore;
}

const silent = { error: () => {} };

test("a row that the store will never take keeps no other from being written, and is named in the log", async () => {
  const written: string[] = [];
  const lines: unknown[] = [];
  let away = 2;
  const store = storeThat(async (runs) => {
    if (away-- > 0) throw new HostFault("STORE_UNAVAILABLE", "away", "safe");
    if (runs.some(({ executionId }) => executionId === "e3")) throw new HostFault("STORE_REFUSED", "too long", "never");
    return written.push(...runs.map(({ executionId }) => executionId));
  });
  const recorder = createRecorder(store, { error: (line: unknown) => void lines.push(line) });
  for (let id = 0; id < 6; id += 1) recorder.settled(run(id, 10));
  while (recorder.waiting > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(written).toEqual(["e0", "e1", "e2", "e4", "e5"]);
  expect(lines).toEqual([{ tenant: "t", executionId: "e3", error: "too long" }]);
  recorder.settled(run(6, 10));
  recorder.settled(run(7, 10));
  await recorder.flush();
  expect(written.slice(-2)).toEqual(["e6", "e7"]);
  await recorder.close();
});

test("outcomes that a store does not take are kept up to so many bytes, the newest of them", async () => {
  const recorder = createRecorder(
    storeThat(() => Promise.reject(new Error("away"))),
    silent,
  );
  for (let id = 0; id < 200; id += 1) recorder.settled(run(id, MIB));
  expect(recorder.waiting).toBe(64);
  expect(recorder.pending("t", "e199")).not.toBeNull();
  expect(recorder.pending("t", "e0")).toBeNull();
  // The same execution again takes no room twice.
  for (let times = 0; times < 100; times += 1) recorder.settled(run(199, MIB));
  expect(recorder.waiting).toBe(64);
  // One that alone is larger than all may be is not lost for that.
  recorder.settled(run(500, 70 * MIB));
  expect([recorder.waiting, recorder.pending("t", "e500") === null]).toEqual([1, false]);
  await recorder.close();
});

test("large outcomes are written in several commits, each of them once", async () => {
  const commits: (readonly SettledRun[])[] = [];
  const recorder = createRecorder(
    storeThat((runs) => Promise.resolve(commits.push(runs))),
    silent,
  );
  for (let id = 0; id < 20; id += 1) recorder.settled(run(id, MIB));
  await recorder.flush();
  expect(commits.flat().map(({ executionId }) => executionId)).toEqual(Array.from({ length: 20 }, (_, id) => `e${id}`));
  expect(Math.max(...commits.map(({ length }) => length))).toBeLessThanOrEqual(8);
  await recorder.close();
});

test("what fills a commit does not wait for others to share it", async () => {
  let commits = 0;
  const recorder = createRecorder(
    storeThat((runs) => Promise.resolve((commits += runs.length))),
    silent,
  );
  recorder.settled(run(0, MIB));
  // Only turns of the event loop pass, and no timer.
  for (let turn = 0; turn < 3; turn += 1) await Promise.resolve();
  expect([commits, recorder.waiting]).toEqual([1, 0]);
  recorder.settled(run(1, 10));
  for (let turn = 0; turn < 3; turn += 1) await Promise.resolve();
  expect([commits, recorder.waiting]).toEqual([1, 1]);
  await recorder.close();
});
