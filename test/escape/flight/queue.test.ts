import { expect, test } from "@jest/globals";
import { until } from "../../processes.ts";
import { fly, nothingSeen, sandboxWith } from "./flight.ts";

test("a full queue refuses at once, and only its own tenant", async () => {
  const seen = nothingSeen();
  const sandbox = sandboxWith({ workers: 1, runsPerWorker: 1, queuePerTenant: 3 });
  const first = fly(sandbox, seen, { tenant: "a", body: "await sleep(400); return 0;" });
  await until(() => seen.waiting === 1);
  const queued = [1, 2, 3].map((n) => fly(sandbox, seen, { tenant: "a", body: `return ${n};` }));
  const refused = await fly(sandbox, seen, { tenant: "a", body: "return 4;" });
  expect(refused.end).toEqual({ type: "refused" });
  expect(seen.waiting).toBe(1);
  const other = fly(sandbox, seen, { tenant: "b", body: "return 5;" });
  expect((await Promise.all([first, ...queued, other])).map(({ end }) => end)).toEqual(
    [0, 1, 2, 3, 5].map((value) => ({ type: "returned", value })),
  );
});

test("tenants that wait take turns, each by its weight, whoever flooded first", async () => {
  const seen = nothingSeen();
  const sandbox = sandboxWith({ workers: 1, runsPerWorker: 1, weightOf: (tenant) => (tenant === "heavy" ? 3 : 1) });
  const first = fly(sandbox, seen, { tenant: "z", body: "await sleep(300);" });
  await until(() => seen.waiting === 1);
  const from = (tenant: string, count: number): Promise<unknown>[] =>
    Array.from({ length: count }, () => fly(sandbox, seen, { tenant, body: `mark("${tenant}");` }));
  await Promise.all([first, ...from("flood", 30), ...from("heavy", 6), ...from("light", 2)]);
  expect(seen.marks.slice(0, 10)).toEqual([
    "flood",
    "heavy",
    "heavy",
    "heavy",
    "light",
    "flood",
    "heavy",
    "heavy",
    "heavy",
    "light",
  ]);
  expect(seen.marks).toHaveLength(38);
});

test("what waits when the sandbox closes is cancelled", async () => {
  const seen = nothingSeen();
  const sandbox = sandboxWith({ workers: 1, runsPerWorker: 1 });
  const all = Array.from({ length: 5 }, () => fly(sandbox, seen, { body: "await sleep(10_000);" }));
  await until(() => seen.waiting === 1);
  await sandbox.close();
  expect((await Promise.all(all)).map(({ end }) => end.type)).toEqual(Array(5).fill("cancelled"));
});

test("a run that is cancelled while its process starts never begins", async () => {
  const seen = nothingSeen();
  const sandbox = sandboxWith({ workers: 1 });
  const first = fly(sandbox, seen, { body: "mark('first'); return 1;" });
  const storm = Array.from({ length: 30 }, () => {
    const abort = new AbortController();
    const { signal } = abort;
    const cancelled = fly(sandbox, seen, { body: "mark('cancelled'); return 2;", signal });
    abort.abort();
    return cancelled;
  });
  expect((await Promise.all(storm)).map(({ end }) => end.type)).toEqual(Array(30).fill("cancelled"));
  const last = fly(sandbox, seen, { body: "return 3;" });
  expect([(await first).end, (await last).end]).toEqual([
    { type: "returned", value: 1 },
    { type: "returned", value: 3 },
  ]);
  expect(seen.marks).toEqual(["first"]);
});
