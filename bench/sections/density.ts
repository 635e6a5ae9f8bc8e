/**
 * Many tenants on one machine, a cordon each: what that costs beside one cordon for all, what forty of them that loop do to one that does not, what
 * the first run of a new tenant takes, and what a process holds.
 */
import { setTimeout as delay } from "node:timers/promises";
import { type Caller, startBaton } from "../baton.ts";
import { canReadProcesses, memoryOf, workerProcesses } from "../processes.ts";
import type { BenchOptions, Goal, Reached, Rows, Section, Table } from "../section.ts";
import { type Spread, quantile, spreadOf } from "../stats.ts";

const TENANTS = 200;
const CALLERS = 8;
const LOOPERS = 40;
const GAP_MS = 10;
const MIB = 1024 * 1024;
const LOOP = "export function execute_action() { for (;;) {} }";

const goals: readonly Goal[] = [
  {
    id: "uniform",
    says: `runs a second of ${TENANTS} tenants that call at random, a cordon each, ${CALLERS} callers, as a share of one cordon for all`,
    unit: "× shared",
    bound: { atLeast: 0.4 },
    extreme: 0.6,
  },
  { id: "uniform-p99", says: "the same tenants, p99 of a run", unit: "ms", bound: { atMost: 300 } },
  {
    id: "loopers",
    says: `p50 of a neighbour while ${LOOPERS} tenants, a cordon each, loop without a pause`,
    unit: "ms",
    bound: { atMost: 20 },
  },
  { id: "first", says: "first run of a new tenant's .ts, no spare process", unit: "ms", bound: { atMost: 60 } },
  { id: "first-spare", says: "the same with a spare process", unit: "ms", bound: { atMost: 5 } },
];

export const section: Section = {
  name: "density",
  title: "Density: many tenants, a cordon each",
  about: `With default options. ${TENANTS} tenants are visited twice, so that it is known how often they come, then called at random by ${CALLERS} callers for as long as the same callers then use one cordon; both in turn, in each round. Memory is the proportional set: pages that processes share are counted once among them.`,
  goals,
  run,
};

async function run(options: BenchOptions): Promise<Rows> {
  const uniform = await measureUniform(options);
  options.log("looping tenants");
  const loops = await measureLoops(options);
  options.log("first runs");
  const first = await measureFirst(options);
  return {
    tables: [uniform.table, loops.table, first.table],
    reached: [...uniform.reached, ...loops.reached, ...first.reached],
    notes: canReadProcesses() ? [] : ["Memory of other processes can be read on Linux only."],
  };
}

interface Lap {
  readonly perSecond: number;
  readonly samples: readonly number[];
  readonly lost: number;
}

async function measureUniform(options: BenchOptions): Promise<{ table: Table; reached: Reached[] }> {
  const tenants = options.quick ? 8 : TENANTS;
  const rounds = options.quick ? 1 : 5;
  const ms = options.quick ? 300 : 4_000;
  const caller = await startBaton();
  const own: Lap[] = [];
  const shared: Lap[] = [];
  try {
    options.log(`${tenants} tenants come`);
    const began = performance.now();
    await visitAll(caller, tenants);
    const cameMs = performance.now() - began;
    await visitAll(caller, tenants);
    await lap(caller, tenants, ms / 4, "all");
    for (let round = 0; round < rounds; round++) {
      options.log(`round ${round + 1} of ${rounds}`);
      own.push(await lap(caller, tenants, ms));
      shared.push(await lap(caller, tenants, ms, "all"));
    }
    const memory = weigh();
    const ratio = spreadOf(own.map(({ perSecond }, round) => perSecond / shared[round]!.perSecond));
    const p99 = spreadOf(own.map(({ samples }) => quantile(samples, 0.99)));
    return {
      table: {
        title: `${tenants} tenants at random, ${CALLERS} callers`,
        columns: ["sharing", "runs a second", "p50 ms", "p99 ms", "lost runs"],
        rows: [
          ["a cordon each", ...figures(own)],
          ["one cordon for all", ...figures(shared)],
          [`(all came within ${Math.round(cameMs)} ms; ${memory})`, "", "", "", ""],
        ],
      },
      reached: [
        {
          goal: "uniform",
          ...ratio,
          why: "A tenant whose process has gone has one started; besides, caches are cold for each process.",
        },
        { goal: "uniform-p99", ...p99, why: "Runs wait for a place to compute, and for isolates that are being made." },
      ],
    };
  } finally {
    await caller.close();
  }
}

async function visitAll(caller: Caller, tenants: number): Promise<void> {
  let next = 0;
  const visit = async (): Promise<void> => {
    for (let tenant = next++; tenant < tenants; tenant = next++)
      await caller.execute("reply", { tenant: `tenant-${tenant}` });
  };
  await Promise.all(Array.from({ length: CALLERS }, visit));
}

async function lap(caller: Caller, tenants: number, ms: number, cordon?: string): Promise<Lap> {
  const began = performance.now();
  const samples: number[] = [];
  let lost = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() - began < ms) {
      const tenant = `tenant-${Math.floor(Math.random() * tenants)}`;
      const begun = performance.now();
      const { status } = await caller.attempt("reply", { tenant, ...(cordon === undefined ? {} : { cordon }) });
      if (status === "returned") samples.push(performance.now() - begun);
      else lost++;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, lane));
  return { perSecond: (samples.length * 1_000) / (performance.now() - began), samples, lost };
}

function figures(laps: readonly Lap[]): (string | number)[] {
  const all = laps.flatMap(({ samples }) => samples);
  const rate = spreadOf(laps.map(({ perSecond }) => perSecond));
  const lost = laps.reduce((sum, each) => sum + each.lost, 0);
  return [
    `${Math.round(rate.value)} (${Math.round(rate.low)}–${Math.round(rate.high)})`,
    quantile(all, 0.5),
    quantile(all, 0.99),
    lost,
  ];
}

function weigh(): string {
  if (!canReadProcesses()) return "memory not read";
  const processes = workerProcesses();
  const bytes = processes.reduce((sum, pid) => sum + memoryOf(pid).proportionalBytes, 0);
  return `${processes.length} worker processes hold ${Math.round(bytes / MIB)} MiB, ${(bytes / MIB / processes.length).toFixed(1)} each`;
}

async function measureLoops(options: BenchOptions): Promise<{ table: Table; reached: Reached[] }> {
  const loopers = options.quick ? 2 : LOOPERS;
  const calls = options.quick ? 10 : 200;
  const caller = await startBaton();
  const stop = new AbortController();
  const ends = new Map<string, number>();
  try {
    await visitNeighbour(caller, 30);
    const quiet = await visitNeighbour(caller, calls);
    const lanes = Array.from({ length: loopers }, async (_, index) => {
      while (!stop.signal.aborted) {
        const { status } = await caller.runtime.execute({
          action: { source: LOOP, filename: "loop.js" },
          context: { conversation: null, args: {} },
          tenant: `looper-${index}`,
          signal: stop.signal,
        });
        if (!stop.signal.aborted) ends.set(status, (ends.get(status) ?? 0) + 1);
      }
    });
    const rounds: number[][] = [];
    for (let round = 0; round < (options.quick ? 1 : 5); round++) rounds.push(await visitNeighbour(caller, calls));
    stop.abort();
    await Promise.all(lanes);
    const attacked = rounds.flat();
    const p50 = spreadOf(rounds.map((samples) => quantile(samples, 0.5)));
    const row = (title: string, samples: readonly number[]) => [
      title,
      samples.length,
      quantile(samples, 0.5),
      quantile(samples, 0.99),
    ];
    return {
      table: {
        title: `A neighbour of ${loopers} looping tenants`,
        columns: ["phase", "runs", "p50 ms", "p99 ms"],
        rows: [
          row("quiet", quiet),
          row(
            `${loopers} loop (their runs ended as ${[...ends].map(([status, count]) => `${count} ${status}`).join(", ") || "none yet"})`,
            attacked,
          ),
        ],
      },
      reached: [
        {
          goal: "loopers",
          ...p50,
          why: "Processes of tenants that loop for the first time start at full priority, two at a time.",
        },
      ],
    };
  } finally {
    stop.abort();
    await caller.close();
  }
}

async function visitNeighbour(caller: Caller, calls: number): Promise<number[]> {
  const samples: number[] = [];
  for (let call = 0; call < calls; call++) {
    await delay(GAP_MS);
    const begun = performance.now();
    await caller.execute("reply", { tenant: `neighbour-${call % 3}` });
    samples.push(performance.now() - begun);
  }
  return samples;
}

async function measureFirst(options: BenchOptions): Promise<{ table: Table; reached: Reached[] }> {
  const tenants = options.quick ? 2 : 30;
  const caller = await startBaton();
  const cold: number[] = [];
  const warm: number[] = [];
  try {
    await caller.execute("reply", { tenant: "warm" });
    for (let tenant = 0; tenant < tenants; tenant++) {
      // A spare is started a while after the last run; before that there is none.
      await untilSpare(caller);
      warm.push(await firstRun(caller, `spare-${tenant}`));
      cold.push(await firstRun(caller, `none-${tenant}`));
    }
  } finally {
    await caller.close();
  }
  const p50 = (samples: readonly number[]): Spread => ({
    value: quantile(samples, 0.5),
    low: Math.min(...samples),
    high: Math.max(...samples),
  });
  return {
    table: {
      title: "First run of a new tenant, a .ts of its own that was compiled before",
      columns: ["", "tenants", "p50 ms", "p99 ms"],
      rows: [
        ["with a spare process", warm.length, quantile(warm, 0.5), quantile(warm, 0.99)],
        ["without", cold.length, quantile(cold, 0.5), quantile(cold, 0.99)],
      ],
    },
    reached: [
      {
        goal: "first",
        ...p50(cold),
        why: "A process has to start: Node itself, isolated-vm without Node's snapshot, walls, the first isolate.",
      },
      { goal: "first-spare", ...p50(warm), why: "The script is sent and compiled in the isolate that stands ready." },
    ],
  };
}

async function firstRun({ runtime }: Caller, tenant: string): Promise<number> {
  const source = `export function execute_action(context: { args: { n: number } }): string { return "${tenant}" + context.args.n; }`;
  const { hash } = await runtime.compile({ source, filename: "action.ts" });
  const begun = performance.now();
  const { status } = await runtime.execute({
    tenant,
    action: { hash },
    context: { conversation: null, args: { n: 1 } },
  });
  if (status !== "returned") throw new Error(`a first run ended as ${status}`);
  return performance.now() - begun;
}

/** A spare process is there once more processes live than were there before, and had the time to get ready. */
async function untilSpare({ runtime }: Caller): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = runtime.subscribe((event) => {
    if (event.event === "worker.ready") resolve();
  });
  await Promise.race([promise, delay(3_000)]);
  stop();
  await delay(20);
}
