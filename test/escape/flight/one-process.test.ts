import { expect, test } from "@jest/globals";
import { pause, until, workerPids } from "../../processes.ts";
import { SPIN, STUCK, fly, nothingSeen, sandboxWith } from "./flight.ts";

test("a worker process holds sixteen runs that wait at once", async () => {
  const seen = nothingSeen();
  const sandbox = sandboxWith({ workers: 1 });
  const all = Array.from({ length: 24 }, () => fly(sandbox, seen, { body: "await released(); return 1;" }));
  await until(() => seen.waiting === 16);
  seen.release.resolve();
  expect(workerPids()).toHaveLength(1);
  const ends = (await Promise.all(all)).map(({ end }) => end);
  expect(ends).toEqual(Array.from({ length: 24 }, () => ({ type: "returned", value: 1 })));
  expect(seen.mostWaiting).toBe(16);
});

test("one that loops is ended alone: its neighbours go on as if nothing had been", async () => {
  const seen = nothingSeen();
  const sandbox = sandboxWith({ workers: 1 });
  const neighbours = Array.from({ length: 6 }, (_, index) =>
    fly(sandbox, seen, { body: `mark("n${index}"); await sleep(600); return ${index};` }),
  );
  await until(() => seen.waiting === 6);
  const offender = await fly(sandbox, seen, { body: SPIN, limits: { cpuMs: 150 } });
  expect(offender.end).toMatchObject({ type: "timed_out", limit: "cpu" });
  expect((await Promise.all(neighbours)).map(({ end }) => end)).toEqual(
    [0, 1, 2, 3, 4, 5].map((value) => ({ type: "returned", value })),
  );
  expect([...seen.marks].sort()).toEqual(["n0", "n1", "n2", "n3", "n4", "n5"]);
});

test("one that will not stop takes its process along: who was not seen runs again, who was seen is told", async () => {
  const seen = nothingSeen();
  const sandbox = sandboxWith({ workers: 1 });
  const unseen = [1, 2].map((n) =>
    fly(sandbox, seen, { body: `await new Promise((ok) => later(900, ok)); return ${n};` }),
  );
  const known = fly(sandbox, seen, { body: 'mark("known"); await new Promise((ok) => later(900, ok)); return 3;' });
  await until(() => seen.marks.length === 1);
  const before = workerPids();
  const offender = await fly(sandbox, seen, { body: STUCK, limits: { cpuMs: 150 } });
  expect(offender.end).toMatchObject({ type: "timed_out", limit: "cpu" });
  expect((await known).end).toMatchObject({ type: "crashed", ownFault: false });
  expect((await Promise.all(unseen)).map(({ end }) => end)).toEqual(
    [1, 2].map((value) => ({ type: "returned", value })),
  );
  expect(seen.marks).toEqual(["known"]);
  expect(workerPids()).not.toEqual(before);
});

test("one that takes memory beside V8's heap is the one that is blamed", async () => {
  const seen = nothingSeen();
  const sandbox = sandboxWith({ workers: 1 });
  const neighbour = fly(sandbox, seen, { body: "await new Promise((ok) => later(1500, ok)); return 1;" });
  await pause(100);
  const body = `const all = []; for (;;) { const b = new ArrayBuffer(0, { maxByteLength: 1e8 }); b.resize(1e8); new Uint8Array(b).fill(1); all.push(b); await null; }`;
  const offender = await fly(sandbox, seen, { body, limits: { cpuMs: 4_000 } });
  expect(["out_of_memory", "threw"]).toContain(offender.end.type);
  expect((await neighbour).end).toEqual({ type: "returned", value: 1 });
});

test("a wait for another run's turn does not count as one's own time", async () => {
  const seen = nothingSeen();
  const sandbox = sandboxWith({ workers: 1 });
  const waiter = fly(sandbox, seen, {
    body: "for (let i = 0; i < 4; i++) await sleep(30); return 1;",
    limits: { wallMs: 1_000 },
  });
  await until(() => seen.waiting === 1);
  const busy = fly(sandbox, seen, {
    body: "const end = Date.now() + 1_100; while (Date.now() < end); return 2;",
    limits: { cpuMs: 3_000 },
  });
  expect((await busy).end).toEqual({ type: "returned", value: 2 });
  expect((await waiter).end).toEqual({ type: "returned", value: 1 });
});

test("yet a run that waits for nothing ends, however busy its neighbours are", async () => {
  const seen = nothingSeen();
  const sandbox = sandboxWith({ workers: 1 });
  const started = performance.now();
  const idle = fly(sandbox, seen, { body: "await new Promise(() => {});", limits: { wallMs: 300 } });
  const busy = Promise.all(
    Array.from({ length: 12 }, () =>
      fly(sandbox, seen, { body: "const end = Date.now() + 200; while (Date.now() < end);", limits: { cpuMs: 3_000 } }),
    ),
  );
  expect((await idle).end).toMatchObject({ type: "timed_out", limit: "wall" });
  expect(performance.now() - started).toBeLessThan(6_000);
  await busy;
});

test("a cancelled run is ended alone, and at once if it is stuck", async () => {
  const seen = nothingSeen();
  const sandbox = sandboxWith({ workers: 1 });
  const abort = new AbortController();
  const waiting = fly(sandbox, seen, { body: "await sleep(400); return 1;" });
  const cancelled = fly(sandbox, seen, { body: "mark('x'); await sleep(60_000);", signal: abort.signal });
  await until(() => seen.marks.length === 1);
  abort.abort();
  expect((await cancelled).end).toEqual({ type: "cancelled" });
  expect((await waiting).end).toEqual({ type: "returned", value: 1 });
  const second = new AbortController();
  const stuck = fly(sandbox, seen, {
    body: `mark('y'); ${STUCK}`,
    limits: { cpuMs: 60_000, wallMs: 60_000 },
    signal: second.signal,
  });
  await until(() => seen.marks.length === 2);
  second.abort();
  expect((await stuck).end).toEqual({ type: "cancelled" });
});
