/** Python actions: an instance of the baked interpreter and a run in it beside a bare isolate, the same action in TypeScript, and other ways to run Python. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Runtime, type RuntimeOptions, createRuntime } from "../../runtime/index.ts";
import { batonCandidate } from "../baton.ts";
import type { Candidate } from "../candidate.ts";
import { DevProcess } from "../dev-process.ts";
import { makeContexts, readPythonAction } from "../fixture.ts";
import { type Samples, inTurn, warmUp } from "../pace.ts";
import { isInstalled, notInstalled } from "../peers/installed.ts";
import { canReadProcesses, memoryOf, residentOf, workerProcesses } from "../processes.ts";
import { startChild, systemPython } from "../python-processes.ts";
import type { BenchOptions, Goal, Reached, Rows, Section } from "../section.ts";
import { median, ratio, summarize } from "../stats.ts";

const MIB = 1024 * 1024;
const BARE = "bare isolate, in process";
const FRESH = "a fresh instance of Python, in process";
const AHEAD = "a run in an instance prepared ahead, in process";
const TWIN = "execute, the action in TypeScript";
const PYTHON = "execute, the action in Python";
const WAITING = 16;

const goals: readonly Goal[] = [
  { id: "fresh", says: "a fresh instance and one run, as a multiple of a bare isolate in the same process", unit: "× bare", bound: { atMost: 10 } },
  { id: "ahead", says: "a run in an instance that was prepared ahead", unit: "× bare", bound: { atMost: 1.5 } },
  { id: "execute", says: "execute, request in hand to Outcome, as a multiple of the same action in TypeScript at the same pace", unit: "× TypeScript", bound: { atMost: 1.5 } },
  { id: "memory", says: "proportional memory of one more instance that stands ready in a worker", unit: "MiB", bound: { atMost: 20 } },
  { id: "waiting", says: `runs of ${WAITING} that wait one second each and did so at once in one worker process`, unit: "runs", bound: { atLeast: WAITING } },
  { id: "soak", says: "resident memory of the worker after 5,000 runs, as a multiple of that after the first 500", unit: "× before", bound: { atMost: 1.15 } },
  { id: "save", says: "from a save to the new result in `baton dev`, p50", unit: "ms", bound: { atMost: 150 } },
]; // prettier-ignore

export const section: Section = {
  name: "python",
  title: "Python actions",
  about:
    "The action counts the customer's messages in a context of one kilobyte and makes one host call. A bare isolate is new Isolate, createContext, compile and first call of the same action in JavaScript, then dispose; what stands together was called in turn in the same round.",
  goals,
  run,
};

async function run(options: BenchOptions): Promise<Rows> {
  const size = options.quick ? { rounds: 1, laps: 4, runs: 40 } : { rounds: 3, laps: 40, runs: 5_000 };
  options.log("in process");
  const inside = await measureInside(size);
  options.log("execute");
  const executed = await measureExecute(size);
  options.log("memory");
  const instanceMiB = canReadProcesses() && !options.quick ? await weighInstance() : null;
  options.log("waiting");
  const waiting = await countWaiting();
  options.log("soak");
  const soak = await soakFor(size.runs);
  options.log("saves");
  const saves = await measureSaves(options.quick ? 3 : 30);
  const bare = inside.samples.get(BARE)!;
  const reached: Reached[] = [
    { goal: "fresh", ...ratio(inside.samples.get(FRESH)!, bare), why: "An instance is a copy of 19 MiB of memory, page by page, and so dear where page faults are." },
    { goal: "ahead", ...ratio(inside.samples.get(AHEAD)!, bare), why: "CPython's own time for the run, on pages of which each is copied when it is first written." },
    { goal: "execute", ...ratio(executed.get(PYTHON)!, executed.get(TWIN)!), why: "The next instance is prepared while a run is under way, and takes the same processor." },
    ...(instanceMiB === null ? [] : [{ goal: "memory", value: instanceMiB, why: "The image's own size, less the pages that nothing has written." }]),
    { goal: "waiting", value: waiting, why: "More worker processes were started." },
    ...(soak === null ? [] : [{ goal: "soak", value: soak.growth, why: "Memory that was not given back." }]),
    { goal: "save", value: median(saves), why: "The fresh instance that plays the new text, after the 12 ms in which the watch waits for more of the same save." },
  ]; // prettier-ignore
  return {
    tables: [
      tableOf("Beside a bare isolate, in turn", inside.samples, BARE),
      tableOf("Through the library, in turn", executed, TWIN),
      {
        title: "More",
        columns: ["what", "value"],
        rows: [
          ["MiB of one more prepared instance", instanceMiB === null ? "–" : instanceMiB.toFixed(1)],
          [`runs of ${WAITING} that waited at once in one worker`, waiting],
          [`runs of the soak, a second`, soak === null ? "–" : Math.round(soak.perSecond)],
          ["save → result, p50 / highest ms", `${Math.round(median(saves))} / ${Math.round(Math.max(...saves))}`],
        ],
      },
    ],
    reached,
    notes: inside.notes,
  };
}

function tableOf(title: string, samples: Samples, base: string) {
  const rows = [...samples].map(([name, rounds]) => {
    const { p50, p99 } = summarize(rounds);
    const share = ratio(rounds, samples.get(base)!).value;
    return [name, Math.round(p50.value), Math.round(p99.value), `${share.toFixed(2)} ×`];
  });
  return { title, columns: ["", "p50 µs", "p99 µs", `of ${base}`], rows };
}

type Size = { readonly rounds: number; readonly laps: number };

async function measureInside({ rounds, laps }: Size): Promise<{ samples: Samples; notes: string[] }> {
  const child = await startChild();
  const next = makeContexts();
  const notes: string[] = [];
  const candidate = (name: string, title: string, every = 1): Candidate => ({
    name: title,
    every,
    call: () => child.ask({ name, input: JSON.stringify(next()) }),
    close: async () => undefined,
  });
  const peers = [
    { name: "monty", title: "Monty, in process (no standard library)", from: "@pydantic/monty" },
    { name: "micropython", title: "MicroPython, a fresh instance in process", from: "@micropython/micropython-webassembly-pyscript" },
  ]; // prettier-ignore
  const candidates = [candidate("bare", BARE), candidate("fresh", FRESH), candidate("ahead", AHEAD)];
  for (const { name, title, from } of peers) {
    if (isInstalled(from)) candidates.push(candidate(name, title, 2));
    else notes.push(`Skipped: ${notInstalled(from)}`);
  }
  const system = await systemPython();
  if (system === null) notes.push("Skipped: there is no python3 on this machine.");
  else candidates.push({ ...system, every: 4 });
  try {
    await warmUp(candidates, 4);
    return { samples: await inTurn(candidates, { rounds, laps, gapMs: 10 }), notes };
  } finally {
    child.end();
  }
}

async function measureExecute({ rounds, laps }: Size): Promise<Samples> {
  const twin = await batonCandidate({ name: TWIN, kinds: ["hand-off"], options: { workers: 1 } });
  const python = await startPython({ workers: 1 });
  const candidates: Candidate[] = [twin, { name: PYTHON, every: 1, call: python.call, close: python.close }];
  try {
    await warmUp(candidates, 10);
    // An instance takes a while to prepare: a host that is not busy has that time between two requests.
    return await inTurn(candidates, { rounds, laps, gapMs: 60 });
  } finally {
    await Promise.all(candidates.map((one) => one.close()));
  }
}

async function startPython(options: RuntimeOptions = {}) {
  const runtime = await createRuntime(options);
  const { hash } = await runtime.compile({ source: readPythonAction(), filename: "action.py" });
  const next = makeContexts();
  return {
    runtime,
    async call(): Promise<number> {
      const begun = performance.now();
      const { status, error } = await runtime.execute({ action: { hash }, context: next(), tenant: "bench" });
      if (status !== "returned") throw new Error(`an execution ended as ${status}: ${error?.message}`);
      return (performance.now() - begun) * 1_000;
    },
    close: (): Promise<void> => runtime.close(),
  };
}

/** The same worker with few and with more instances ahead: the difference is what one takes. */
async function weighInstance(): Promise<number> {
  const weigh = async (isolatesAhead: number): Promise<number> => {
    const python = await startPython({ workers: 1, isolatesAhead });
    try {
      await python.call();
      for (let before = 0; ; await delay(1_500)) {
        const { proportionalBytes } = memoryOf(workerOf());
        if (Math.abs(proportionalBytes - before) < MIB) return proportionalBytes;
        before = proportionalBytes;
      }
    } finally {
      await python.close();
    }
  };
  const few = 2;
  const many = 8;
  return ((await weigh(many)) - (await weigh(few))) / (many - few) / MIB;
}

function workerOf(): number {
  const pid = workerProcesses().at(-1);
  if (pid === undefined) throw new Error("there is no worker process to weigh");
  return pid;
}

const SLEEPS = "import time\ndef execute_action(context):\n    time.sleep(1)\n    return 1\n";

/** How many of the runs had ended when one that waits a second by itself would have, and a half more: all of them, if they waited at once. */
async function countWaiting(): Promise<number> {
  await using runtime: Runtime = await createRuntime({ workers: 1, runsPerWorker: WAITING });
  const next = makeContexts();
  const one = async (): Promise<number> => {
    const { status, usage } = await runtime.execute({ action: { source: SLEEPS, filename: "sleeps.py" }, context: next(), limits: { wallMs: 30_000 } }); // prettier-ignore
    if (status !== "returned") throw new Error(`a run that waits ended as ${status}`);
    return usage.queuedMs;
  };
  await one();
  const began = performance.now();
  const starts = await Promise.all(Array.from({ length: WAITING }, async () => (await one()) + 0));
  const lastMs = performance.now() - began;
  // One after the other they would have taken sixteen seconds; those that had to wait for another's end were queued for a second at least.
  return lastMs < WAITING * 1_000 ? starts.filter((queuedMs) => queuedMs < 1_000).length : 0;
}

async function soakFor(runs: number): Promise<{ growth: number; perSecond: number } | null> {
  if (!canReadProcesses()) return null;
  const python = await startPython({ workers: 1 });
  try {
    const weights: number[] = [];
    const began = performance.now();
    for (let made = 0; made < runs; made++) {
      await python.call();
      if (made % Math.max(1, Math.floor(runs / 100)) === 0) weights.push(residentOf(workerOf()));
    }
    const perSecond = runs / ((performance.now() - began) / 1_000);
    const tenth = Math.max(1, Math.floor(weights.length / 10));
    return { growth: median(weights.slice(-tenth)) / median(weights.slice(0, tenth)), perSecond };
  } finally {
    await python.close();
  }
}

async function measureSaves(count: number): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), "baton-python-loop-"));
  const returning = (value: string): string => `def execute_action(context):\n    return {"value": ${value}}\n`;
  try {
    const session = new DevProcess(folder, undefined, { file: "action.py", returning });
    try {
      const samples: number[] = [];
      for (let index = 0; index <= count; index += 1) {
        const ms = await session.saveAndSee(`"save ${index}"`, index % 2 === 1);
        if (index > 0) samples.push(ms);
      }
      return samples;
    } finally {
      await session.end();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
