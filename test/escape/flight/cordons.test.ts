import { expect, test } from "@jest/globals";
import { pause, until, workerPids } from "../../processes.ts";
import { STUCK, fly, nothingSeen, sandboxWith } from "./flight.ts";

test("no two cordons ever share a process: with a process only runs of one cordon are lost", async () => {
  const seen = nothingSeen();
  const others = new Set(workerPids());
  const sandbox = sandboxWith({ workers: 6 });
  const lost = new Map<number, Set<string>>();
  let killed = -1;
  let ended = 0;
  const runs = ["a", "b", "c"].flatMap((cordon) =>
    Array.from({ length: 4 }, async (_, index) => {
      const { end } = await fly(sandbox, seen, {
        tenant: `${cordon}${index}`,
        cordon,
        body: `mark("${cordon}"); await sleep(20_000);`,
        limits: { wallMs: 20_000 },
      });
      ended++;
      expect(end).toMatchObject({ type: "crashed" });
      (lost.get(killed) ?? lost.set(killed, new Set()).get(killed)!).add(cordon);
    }),
  );
  await until(() => seen.waiting === 12);
  const pids = workerPids().filter((pid) => !others.has(pid));
  expect(pids.length).toBeGreaterThanOrEqual(3);
  for (const pid of pids) {
    killed = pid;
    const before = ended;
    process.kill(pid, "SIGKILL");
    // A spare holds no run: there is nothing to wait for but that nothing comes.
    await until(() => ended === before + 4, 2_000).catch(() => undefined);
  }
  await Promise.all(runs);
  for (const cordons of lost.values()) expect(cordons.size).toBe(1);
});

test("another cordon does not wait for one that computes", async () => {
  const seen = nothingSeen();
  const sandbox = sandboxWith({ workers: 4 });
  await Promise.all(["a", "b"].map((cordon) => fly(sandbox, seen, { cordon, body: "await sleep(50); return 1;" })));
  const stuck = fly(sandbox, seen, { cordon: "a", body: STUCK, limits: { cpuMs: 1_500 } });
  const quick = await Promise.all(
    Array.from({ length: 5 }, () => fly(sandbox, seen, { cordon: "b", body: "return 1;" })),
  );
  expect(quick.map(({ end }) => end.type)).toEqual(Array(5).fill("returned"));
  const order = await Promise.race([stuck.then(() => "stuck"), Promise.resolve("quick")]);
  expect(order).toBe("quick");
  expect((await stuck).end.type).toBe("timed_out");
});

test("an idle process of another cordon gives way when no more may be started", async () => {
  const seen = nothingSeen();
  const sandbox = sandboxWith({ workers: 1 });
  for (const cordon of ["a", "b", "c", "a"])
    expect((await fly(sandbox, seen, { cordon, tenant: cordon, body: "return 1;" })).end.type).toBe("returned");
});

test("where all processes are taken, one that was idle for long gives way to one that is kept ready", async () => {
  const seen = nothingSeen();
  const others = new Set(workerPids());
  const sandbox = sandboxWith({ workers: 2 });
  const run = (cordon: string) => fly(sandbox, seen, { cordon, tenant: cordon, body: "return 1;" });
  await run("a");
  await run("b");
  const taken = workerPids().filter((pid) => !others.has(pid));
  expect(taken).toHaveLength(2);
  await pause(2_100);
  await run("a");
  await until(() => {
    const now = workerPids().filter((pid) => !others.has(pid));
    return now.length === 2 && now.filter((pid) => taken.includes(pid)).length === 1;
  });
});
