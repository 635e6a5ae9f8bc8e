// What a tenant that misbehaves, or many that call seldom, cost the others: shown on real processes.
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { pause, until, workerPids } from "../../processes.ts";
import { SPIN, fly, nothingSeen, sandboxWith } from "./flight.ts";

const onLinux = process.platform === "linux" ? test : test.skip;

const niceOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
};

function ownWorkers(): () => number[] {
  const others = new Set(workerPids());
  return () => workerPids().filter((pid) => !others.has(pid));
}

onLinux(
  "what computes for long goes after its neighbours, and its next process starts there after a while",
  async () => {
    const seen = nothingSeen();
    const own = ownWorkers();
    const sandbox = sandboxWith({ workers: 4 });
    const loop = () =>
      fly(sandbox, seen, { tenant: "loops", cordon: "a", body: SPIN, limits: { cpuMs: 400, wallMs: 20_000 } });
    const isLast = (): boolean => own().some((pid) => niceOf(pid) === 19);
    /** Another tenant that behaves and calls again and again, until the loop's process is put last. */
    const whileVisited = async () => {
      const end = performance.now() + 20_000;
      while (!isLast() && performance.now() < end)
        await fly(sandbox, seen, { tenant: "visits", cordon: "c", body: "return 1;" });
      expect(isLast()).toBe(true);
    };
    const first = loop();
    await whileVisited();
    // Another tenant is served meanwhile, and not by a process that was put last.
    const other = fly(sandbox, seen, { tenant: "behaves", cordon: "b", body: "await released(); return 1;" });
    await until(() => seen.waiting === 1);
    expect(own().filter((pid) => niceOf(pid) !== 19).length).toBeGreaterThanOrEqual(1);
    seen.release.resolve();
    expect([(await other).end.type, (await first).end.type]).toEqual(["returned", "timed_out"]);
    // Its next run is put last from the start: it need not compute for long first.
    const second = loop();
    await whileVisited();
    expect((await second).end.type).toBe("timed_out");
  },
);

onLinux("what computes for long and has no neighbours goes after nothing", async () => {
  const own = ownWorkers();
  const sandbox = sandboxWith({ workers: 4 });
  const loop = fly(sandbox, nothingSeen(), { body: SPIN, limits: { cpuMs: 300, wallMs: 20_000 } });
  const nices = new Set<number>();
  const over = loop.then(() => true);
  do for (const pid of own().filter((each) => existsSync(`/proc/${each}/stat`))) nices.add(niceOf(pid));
  while (!(await Promise.race([over, pause(20).then(() => false)])));
  expect([(await loop).end.type, nices.has(19)]).toEqual(["timed_out", false]);
});

test("a run that waited longer than the queue allows is refused, and says so; what came later and fits is not", async () => {
  const seen = nothingSeen();
  const sandbox = sandboxWith({ workers: 1, runsPerWorker: 1, queueMs: 300 });
  const first = fly(sandbox, seen, { tenant: "a", body: "await released(); return 1;" });
  await until(() => seen.waiting === 1);
  const began = performance.now();
  expect((await fly(sandbox, seen, { tenant: "b", body: "return 2;" })).end).toEqual({ type: "refused", waited: true });
  expect(performance.now() - began).toBeGreaterThanOrEqual(300);
  const last = fly(sandbox, seen, { tenant: "b", body: "return 3;" });
  seen.release.resolve();
  expect([(await first).end, (await last).end]).toEqual([
    { type: "returned", value: 1 },
    { type: "returned", value: 3 },
  ]);
});

test("what is urgent runs before what came earlier", async () => {
  const seen = nothingSeen();
  const sandbox = sandboxWith({ workers: 1, runsPerWorker: 1 });
  const first = fly(sandbox, seen, { body: "await released();" });
  await until(() => seen.waiting === 1);
  const rest = [
    ...[1, 2].map((n) => fly(sandbox, seen, { tenant: "chat", body: `mark("chat ${n}");` })),
    ...[1, 2].map((n) => fly(sandbox, seen, { tenant: "phone", body: `mark("phone ${n}");`, urgent: true })),
  ];
  seen.release.resolve();
  await Promise.all([first, ...rest]);
  expect(seen.marks).toEqual(["phone 1", "phone 2", "chat 1", "chat 2"]);
});

onLinux("memory bounds how many processes stay: past it the one that was idle for longest goes", async () => {
  const seen = nothingSeen();
  const own = ownWorkers();
  // Room for three or four of them.
  const sandbox = sandboxWith({ memoryBudgetMiB: 70, idleMs: 60_000 });
  for (const cordon of ["a", "b", "c", "d", "e", "f", "g", "h"])
    expect((await fly(sandbox, seen, { cordon, tenant: cordon, body: "return 1;" })).end.type).toBe("returned");
  await until(() => own().length <= 5);
  await pause(300);
  expect(own().length).toBeLessThanOrEqual(5);
  expect(own().length).toBeGreaterThanOrEqual(2);
});

onLinux("many cordons keep a process each where memory allows, and are served by it again", async () => {
  const seen = nothingSeen();
  const own = ownWorkers();
  const sandbox = sandboxWith({ memoryBudgetMiB: 2_000, idleMs: 60_000 });
  const cordons = Array.from({ length: 20 }, (_, index) => `c${index}`);
  const visit = () =>
    Promise.all(cordons.map((cordon) => fly(sandbox, seen, { cordon, tenant: cordon, body: "return 1;" })));
  await visit();
  const before = own();
  expect(before.length).toBeGreaterThanOrEqual(20);
  await visit();
  expect(before.every((pid) => own().includes(pid))).toBe(true);
});
