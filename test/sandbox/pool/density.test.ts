// What bounds the fleet, and what is remembered of tenants: decisions with a clock and figures of the test's.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { makeCgroups } from "../../../sandbox/index.ts";
import { processCeiling } from "../../../sandbox/process/ceiling.ts";
import { MemoryBudget, defaultBudgetBytes } from "../../../sandbox/pool/memory-budget.ts";
import { Offenders } from "../../../sandbox/pool/offenders.ts";
import { Neighbours } from "../../../sandbox/pool/neighbours.ts";
import { lower, raise } from "../../../sandbox/process/priority.ts";
import { SpareTarget } from "../../../sandbox/pool/spares.ts";
import { VisitHistory } from "../../../sandbox/pool/visits.ts";
import { MIB } from "./standing-worker.ts";

describe("the memory budget", () => {
  test("takes a process that was not looked at for a usual one, and has room while one more of those fits", () => {
    const budget = new MemoryBudget<object>(50 * MIB);
    const processes = [{}, {}, {}];
    budget.add(processes[0]!);
    expect(budget.hasRoom).toBe(true);
    budget.add(processes[1]!);
    expect([budget.hasRoom, budget.isSpent]).toEqual([false, false]);
    budget.weigh(processes[0]!, 35 * MIB, false);
    expect(budget.isSpent).toBe(true);
    budget.remove(processes[1]!);
    expect([budget.heldBytes, budget.isSpent]).toEqual([35 * MIB, false]);
    budget.remove(processes[2]!);
    expect(budget.heldBytes).toBe(35 * MIB);
  });

  test("learns from idle processes what one usually weighs", () => {
    const budget = new MemoryBudget<object>(100 * MIB);
    const process = {};
    budget.add(process);
    expect(budget.places).toBe(5);
    for (let look = 0; look < 100; look++) budget.weigh(process, 10 * MIB, true);
    expect(budget.places).toBe(9);
    for (let look = 0; look < 100; look++) budget.weigh(process, 90 * MIB, false);
    expect(budget.places).toBe(9);
    budget.weigh(process, null, true);
    expect(budget.heldBytes).toBe(90 * MIB);
  });

  test("is by default half of what the machine has, or less where a cgroup holds the host", () => {
    expect(defaultBudgetBytes()).toBeGreaterThan(0);
  });
});

describe("the number of processes is bounded by what the machine lets the host open and start", () => {
  const files: Record<string, string> = {
    "/proc/self/limits":
      "Max open files            2512                 20000                files\nMax processes             unlimited            unlimited            processes\n",
    "/proc/self/cgroup": "0::/host\n",
    "/proc/self/mountinfo": "1 2 3:4 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n",
    "/sys/fs/cgroup/host/pids.max": "1024\n",
  };
  const ceiling = (changed: Record<string, string> = {}): number =>
    processCeiling((path) => ({ ...files, ...changed })[path] ?? null);

  test("by the processes of its cgroup, and by its files where those run out first", () => {
    expect(ceiling()).toBe(60);
    expect(ceiling({ "/sys/fs/cgroup/host/pids.max": "max\n" })).toBe(500);
    expect(ceiling({ "/sys/fs/cgroup/host/pids.max": "10\n" })).toBe(4);
  });

  test("and where nothing is said, by a number that no machine reaches", () => {
    expect(processCeiling(() => null)).toBe(4_096);
  });
});

describe("a tenant whose runs were ended for computing too long", () => {
  test("waits longer before each start, and is forgotten as it behaves", () => {
    const clock = { now: 0 };
    const offenders = new Offenders(() => clock.now);
    expect([offenders.has("a"), offenders.waitMs("a")]).toEqual([false, 0]);
    const waits = [1, 2, 3].map(() => {
      offenders.note("a");
      return offenders.waitMs("a");
    });
    expect(waits).toEqual([100, 200, 400]);
    for (let offence = 0; offence < 20; offence++) offenders.note("a");
    expect(offenders.waitMs("a")).toBe(5_000);
    expect([offenders.has("a"), offenders.has("b")]).toEqual([true, false]);
    clock.now += 5_000;
    expect([offenders.has("a"), offenders.waitMs("a")]).toEqual([true, 0]);
    clock.now += 200_000;
    expect(offenders.has("a")).toBe(false);
    offenders.note("a");
    expect(offenders.waitMs("a")).toBeLessThan(130);
  });

  test("is one of so many at most that are remembered, the oldest forgotten first", () => {
    const offenders = new Offenders(() => 0);
    for (let tenant = 0; tenant <= 10_000; tenant++) offenders.note(`t${tenant}`);
    expect([offenders.has("t0"), offenders.has("t1"), offenders.has("t10000")]).toEqual([false, true, true]);
  });
});

test("spares follow the rate of new tenants between one and a ceiling", () => {
  const clock = { now: 0 };
  const spares = new SpareTarget(4, () => clock.now);
  const comeEvery = (ms: number, times: number): number => {
    for (let came = 0; came < times; came++) {
      clock.now += ms;
      spares.noteNew();
    }
    return spares.target;
  };
  expect(spares.target).toBe(1);
  expect(comeEvery(1_000, 20)).toBe(1);
  expect(comeEvery(100, 100)).toBeGreaterThan(1);
  expect(comeEvery(10, 1_000)).toBe(4);
  clock.now += 20_000;
  expect(spares.target).toBe(1);
});

describe("an idle process is kept", () => {
  const clock = { now: 0 };
  const visit = (visits: VisitHistory, pauseMs: number): void => {
    clock.now += pauseMs;
    visits.noteRun("a");
    clock.now += 5_000;
    visits.noteEnd("a");
  };

  test("for ten seconds where its cordon came once, and for three times its longest pause where it comes back", () => {
    const visits = new VisitHistory(undefined, () => clock.now);
    expect(visits.keepMs("a")).toBe(10_000);
    visit(visits, 0);
    expect(visits.keepMs("a")).toBe(10_000);
    visit(visits, 30_000);
    // What the run took counts a little, too.
    expect(visits.keepMs("a")).toBeGreaterThan(89_000);
    expect(visits.keepMs("a")).toBeLessThanOrEqual(90_000);
    for (let times = 0; times < 100; times++) visit(visits, 0);
    // A pause counts for half after ten minutes: 100 runs of five seconds are a little less.
    expect(visits.keepMs("a")).toBeGreaterThan(45_000);
    expect(visits.keepMs("a")).toBeLessThan(60_000);
  });

  test("for as long as others that came back would need it, where its cordon came once", () => {
    const visits = new VisitHistory(undefined, () => clock.now);
    visits.noteRun("once");
    visits.noteEnd("once");
    visit(visits, 0);
    for (let times = 0; times < 100; times++) visit(visits, 30_000);
    expect(visits.keepMs("once")).toBeGreaterThan(60_000);
    expect(visits.keepMs("once")).toBeLessThanOrEqual(90_000);
  });

  test("not for a cordon that comes so seldom that it would be kept for nothing", () => {
    const visits = new VisitHistory(undefined, () => clock.now);
    visit(visits, 0);
    visit(visits, 3_600_000);
    expect(visits.keepMs("a")).toBe(10_000);
  });

  test("as long as the host says, where it says so", () => {
    const visits = new VisitHistory(50, () => clock.now);
    visit(visits, 0);
    visit(visits, 30_000);
    expect(visits.keepMs("a")).toBe(50);
  });
});

test("a cordon has neighbours while another's tenant that behaves ran lately", () => {
  const clock = { now: 0 };
  const neighbours = new Neighbours(() => clock.now);
  neighbours.note("a");
  expect([neighbours.has("a"), neighbours.has("b")]).toEqual([false, true]);
  neighbours.note("b");
  neighbours.note("b");
  expect([neighbours.has("a"), neighbours.has("b"), neighbours.has("c")]).toEqual([true, true, true]);
  clock.now += 900;
  neighbours.note("b");
  clock.now += 200;
  expect([neighbours.has("a"), neighbours.has("b")]).toEqual([true, false]);
});

describe("a process is put after all others", () => {
  test("by its own nice value and by that of its session's group, where the kernel groups them", () => {
    const set: string[] = [];
    const system = {
      setNice: (pid: number, nice: number) => void set.push(`${pid} ${nice}`),
      setGroupNice: (pid: number, nice: number) => void set.push(`group of ${pid} ${nice}`),
    };
    expect([lower(7, system), raise(7, system)]).toEqual([true, true]);
    expect(set).toEqual(["7 19", "group of 7 19", "7 0", "group of 7 0"]);
    const refuses = () => {
      throw Object.assign(new Error("no"), { code: "EACCES" });
    };
    expect(raise(7, { setNice: refuses, setGroupNice: null })).toBe(false);
    expect(lower(-1, system)).toBe(false);
  });

  test("and by the weight of its cgroup, where the kernel weighs those", () => {
    const folder = mkdtempSync(join(tmpdir(), "baton-cgroup-"));
    const group = join(folder, "baton-one");
    mkdirSync(group);
    for (const file of ["memory.max", "cpu.weight"]) writeFileSync(join(group, file), "");
    const weight = (): string => readFileSync(join(group, "cpu.weight"), "utf8");
    const limits = { memoryBytes: MIB, processes: 1 };
    const cgroup = makeCgroups({ memory: { folder, version: 2 }, pids: null }, "one", limits)!;
    cgroup.rank("low");
    expect(weight()).toBe("1");
    cgroup.rank("normal");
    expect(weight()).toBe("100");
    rmSync(folder, { recursive: true });
  });
});
