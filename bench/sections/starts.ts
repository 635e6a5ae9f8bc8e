/** What the start of a worker costs its host: how long the event loop stands still, by what the host holds in memory, with a launcher and without. */
import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import {
  DEFAULT_SANDBOX_LIMITS,
  DIRECTLY,
  type Launcher,
  type Starter,
  createLauncher,
  createSandbox,
  scriptImage,
} from "../../sandbox/index.ts";
import type { BenchOptions, Goal, Rows, Section } from "../section.ts";
import { type Rounds, ratio, summarize } from "../stats.ts";

const MIB = 1024 * 1024;
const HELD_MIB = [0, 400, 1_200];
const WAYS = ["idle", "directly", "by the launcher"] as const;

type Way = (typeof WAYS)[number];

const goals: readonly Goal[] = [
  {
    id: "turn",
    says: "the longest turn of a host that holds 1.2 GB while a worker starts by the launcher, as a multiple of that by itself",
    unit: "× directly",
    bound: { atMost: 0.3 },
  },
  {
    id: "first-run",
    says: "from the start of a worker to its first result, by the launcher, as a multiple of that by a host of 50 MB itself",
    unit: "× directly",
    bound: { atMost: 1.1 },
  },
];

export const section: Section = {
  name: "starts",
  title: "Starting workers from a host that holds much",
  about:
    "One host that touches more and more memory and starts workers in turn by itself and by its launcher; each round opens a sandbox, waits for its first result and closes it. The longest turn of the event loop is that of each round, beside rounds in which the host waits as long and does nothing; medians of the rounds.",
  goals,
  run,
};

interface Round {
  readonly turnMs: number;
  readonly resultMs: number;
}

async function run({ quick, log }: BenchOptions): Promise<Rows> {
  const launcher = await openLauncher();
  const rounds = quick ? 2 : 12;
  const held: Buffer[] = [];
  const rows: (string | number)[][] = [];
  const turns = new Map<number, ReadonlyMap<Way, Rounds>>();
  const results = new Map<number, ReadonlyMap<Way, Rounds>>();
  for (const mib of HELD_MIB) {
    while (held.length < mib) held.push(Buffer.alloc(MIB, 1));
    const residentMiB = Math.round(process.memoryUsage.rss() / MIB);
    log(`${residentMiB} MiB`);
    const measured = await collect(launcher, rounds);
    turns.set(mib, pick(measured, "turnMs"));
    results.set(mib, pick(measured, "resultMs"));
    for (const way of WAYS) {
      const turn = summarize(turns.get(mib)!.get(way)!).p50;
      const result = summarize(results.get(mib)!.get(way)!).p50.value;
      rows.push([
        residentMiB,
        way,
        turn.value.toFixed(1),
        turn.low.toFixed(1),
        turn.high.toFixed(1),
        result.toFixed(0),
      ]);
    }
  }
  const ownMiB = proportionalMiB(launcher.pid!);
  await launcher.close();
  const of = (by: typeof turns, mib: number, way: Way): Rounds => by.get(mib)!.get(way)!;
  return {
    tables: [
      {
        title: "The longest turn of the host's event loop while a worker starts",
        columns: ["host MiB", "started", "median ms", "least", "most", "to its first result ms"],
        rows,
      },
    ],
    reached: [
      {
        goal: "turn",
        ...ratio(of(turns, 1_200, "by the launcher"), of(turns, 1_200, "directly")),
        why: "What is left are the host's own work at a start and the machine's noise, as in the rounds that only wait.",
      },
      {
        goal: "first-run",
        ...ratio(of(results, 0, "by the launcher"), of(results, 0, "directly")),
        why: "Two more processes take part: the request and three sockets cross from one to the other.",
      },
    ],
    notes: [
      `The launcher's own memory: ${ownMiB} MiB (proportional set size), of which about 11 are what Node strips types with: the built package has none.`,
    ],
  };
}

/** Up, which the first start has it become. */
async function openLauncher(): Promise<Launcher> {
  const launcher = createLauncher({ aboveBytes: 0, directStarts: 0 });
  await startOne(launcher);
  while (launcher.pid === null) await delay(20);
  return launcher;
}

async function collect(launcher: Launcher, rounds: number): Promise<ReadonlyMap<Way, readonly Round[]>> {
  const measured = new Map<Way, Round[]>(WAYS.map((way) => [way, []]));
  for (let round = 0; round < rounds; round++) {
    for (const way of WAYS) {
      const delays = monitorEventLoopDelay({ resolution: 1 });
      delays.enable();
      // A turn is measured from one tick to the next: the first has to have come.
      await delay(10);
      const resultMs = await (way === "idle" ? wait() : startOne(way === "directly" ? DIRECTLY : launcher));
      delays.disable();
      measured.get(way)!.push({ turnMs: delays.max / 1e6, resultMs });
    }
  }
  return measured;
}

async function wait(): Promise<number> {
  await delay(150);
  return 0;
}

/** Milliseconds from the order to start a worker to the result of its first run. */
async function startOne(starter: Starter): Promise<number> {
  const since = performance.now();
  const sandbox = createSandbox({ starter, image: scriptImage({}) });
  await sandbox.run({
    tenant: "a",
    cordon: "a",
    script: { code: "(exports) => { exports.run = () => 1; }", hash: "one" },
    entryPoints: ["run"],
    input: "1",
    hostFunctions: {},
    limits: DEFAULT_SANDBOX_LIMITS,
  });
  const took = performance.now() - since;
  await sandbox.close();
  return took;
}

function pick(measured: ReadonlyMap<Way, readonly Round[]>, key: keyof Round): ReadonlyMap<Way, Rounds> {
  return new Map([...measured].map(([way, rounds]) => [way, rounds.map((round) => [round[key]])]));
}

function proportionalMiB(pid: number): string {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return (Number(/^Pss: +(\d+)/m.exec(rollup)![1]) / 1024).toFixed(1);
}
