/** What stands ready costs: bytes of an isolate and of a process, and what five hundred tenants leave alive when they are idle. */
import { setTimeout as delay } from "node:timers/promises";
import { startBaton } from "../baton.ts";
import { canReadProcesses, memoryOf, workerProcesses } from "../processes.ts";
import type { BenchOptions, Goal, Reached, Rows, Section, Table } from "../section.ts";
import { type Rounds, summarize } from "../stats.ts";

const MIB = 1024 * 1024;
const TENANTS = 500;
/** Idle workers end after 10 s by default; looked at a little later. */
const IDLE_MS = 12_500;

const goals: readonly Goal[] = [
  {
    id: "cold-cordon",
    says: "p50 of the first run of a cordon that has no process, requests one after the other",
    unit: "ms",
    bound: { atMost: 100 },
  },
  {
    id: "idle-processes",
    says: "worker processes alive once 500 tenants, a cordon each, have been idle for 12 s",
    unit: "processes",
    bound: { atMost: 4 },
  },
];

export const section: Section = {
  name: "memory",
  title: "Memory, and tenants at rest",
  about:
    "Resident memory is what the process has mapped; the proportional figure counts pages shared with other processes (the Node binary) once among them. 500 tenants call once each, each in its own cordon, with default options.",
  goals,
  run,
};

async function run(options: BenchOptions): Promise<Rows> {
  const tables: Table[] = [];
  const reached: Reached[] = [];
  if (canReadProcesses()) {
    options.log("isolates ahead");
    tables.push(await isolates(options.quick ? 8 : 64));
  }
  const tenants = options.quick ? 10 : TENANTS;
  options.log(`${tenants} tenants, one after the other`);
  const hurried = await visitTenants(tenants, 10, options.quick ? null : IDLE_MS);
  options.log("tenants with pauses");
  const relaxed = await visitTenants(options.quick ? 3 : 60, 400, null);
  tables.push({
    title: "The first run of each tenant, a cordon each",
    columns: ["requests", "tenants", "p50 ms", "p99 ms", "workers alive at the end", "after 12 s of rest"],
    rows: [
      ["10 ms after the answer before", tenants, ...hurried.figures],
      ["400 ms after the answer before (a spare process is ready)", options.quick ? 3 : 60, ...relaxed.figures],
    ],
  });
  const { p50 } = summarize(hurried.rounds);
  reached.push({
    goal: "cold-cordon",
    ...p50,
    why: "A process has to start: Node itself, isolated-vm without Node's snapshot, the first isolate.",
  });
  if (hurried.atRest !== null)
    reached.push({ goal: "idle-processes", value: hurried.atRest, why: "Idle workers were not retired." });
  const notes = canReadProcesses() ? [] : ["Memory of other processes can be read on Linux only."];
  return { tables, reached, notes };
}

/** The same worker with none and with many isolates ahead: the difference is what one takes. */
async function isolates(many: number): Promise<Table> {
  const none = await weigh(0);
  const full = await weigh(many);
  const each = (key: "residentBytes" | "proportionalBytes"): string =>
    ((full[key] - none[key]) / many / MIB).toFixed(2);
  const whole = ({ residentBytes, proportionalBytes }: typeof none): string[] => [
    (residentBytes / MIB).toFixed(1),
    (proportionalBytes / MIB).toFixed(1),
  ];
  return {
    title: "Memory at rest, after one run",
    columns: ["", "resident MiB", "proportional MiB"],
    rows: [
      ["a worker process without isolates ahead", ...whole(none)],
      [`a worker process with ${many} isolates ahead`, ...whole(full)],
      ["one idle prepared isolate", each("residentBytes"), each("proportionalBytes")],
    ],
  };
}

async function weigh(isolatesAhead: number) {
  const caller = await startBaton({ workers: 1, isolatesAhead });
  try {
    await caller.execute("reply");
    const pid = workerProcesses()[0];
    if (pid === undefined) throw new Error("there is no worker process to weigh");
    let before = 0;
    for (let now = memoryOf(pid); ; now = memoryOf(pid)) {
      if (now.residentBytes === before) return now;
      before = now.residentBytes;
      await delay(500);
    }
  } finally {
    await caller.close();
  }
}

async function visitTenants(tenants: number, gapMs: number, restMs: number | null) {
  const caller = await startBaton();
  const rounds: Rounds = [[]];
  try {
    await caller.execute("reply", { tenant: "warm" });
    for (let tenant = 0; tenant < tenants; tenant++) {
      await delay(gapMs);
      const begun = performance.now();
      await caller.execute("reply", { tenant: `tenant-${tenant}` });
      (rounds[0] as number[]).push(performance.now() - begun);
    }
    const alive = canReadProcesses() ? workerProcesses().length : Number.NaN;
    if (restMs !== null) await delay(restMs);
    const atRest = restMs === null || !canReadProcesses() ? null : workerProcesses().length;
    const { p50, p99 } = summarize(rounds);
    return { rounds, atRest, figures: [p50.value, p99.value, alive, atRest ?? "–"] };
  } finally {
    await caller.close();
  }
}
