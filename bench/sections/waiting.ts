/** A thousand runs of one cordon that each wait a second for the host: real actions spend their time like that. */
import { setTimeout as delay } from "node:timers/promises";
import { readWaitPrelude } from "../fixture.ts";
import { startPeer } from "../peers/child-process.ts";
import { canReadProcesses, residentOf, workerProcesses } from "../processes.ts";
import { DEFAULT_SANDBOX_LIMITS, type Sandbox, createSandbox, scriptImage } from "../../sandbox/index.ts";
import type { BenchOptions, Goal, Reached, Rows, Section } from "../section.ts";
import { type Spread, spreadOf } from "../stats.ts";

const WAIT_MS = 1_000;
const MIB = 1024 * 1024;
const SCRIPT = `(function (exports) {
  exports.execute_action = async (context) => ({ success: true, answer: await wait_for_host(${WAIT_MS}), id: context.id });
})`;
/** As many as it likes: more than two do not help on two processors. */
const WORKERS = 2;
const BARE_PROCESSES = 2;

const goals: readonly Goal[] = [
  {
    id: "time",
    says: "1,000 runs that wait one second each: time past that second, as a share of the time in which two bare processes create 1,000 isolates",
    unit: "× bare",
    bound: { atMost: 1.3 },
  },
  {
    id: "memory",
    says: "resident memory of host and workers together at its peak",
    unit: "MiB",
    bound: { atMost: 1_200 },
  },
  { id: "lost", says: "runs of all rounds that did not return", unit: "runs", bound: { atMost: 0 } },
];

export const section: Section = {
  name: "waiting",
  title: "A thousand runs that wait",
  about: `All are asked for at once, in one cordon, in ${WORKERS} workers; each calls an async host function that answers after a second. The bare processes create 1,000 isolates with a context between them, and keep them. Resident memory is the sum over processes, pages that they share counted in each.`,
  goals,
  run,
};

interface Batch {
  readonly ms: number;
  readonly peakMiB: number;
  /** How runs ended that did not return. */
  readonly lost: readonly string[];
}

async function run(options: BenchOptions): Promise<Rows> {
  const runs = options.quick ? 50 : 1_000;
  const rounds = options.quick ? 1 : 3;
  const batches: Batch[] = [];
  const bareMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    options.log(`round ${round + 1} of ${rounds}`);
    bareMs.push(await createBare(runs));
    batches.push(await wait(runs));
  }
  const shares = spreadOf(batches.map(({ ms }, round) => (ms - WAIT_MS) / bareMs[round]!));
  const peak = spreadOf(batches.map(({ peakMiB }) => peakMiB));
  const reached: Reached[] = [
    {
      goal: "time",
      ...shares,
      why: "Beside its isolate every run has its bootstrap with the preludes, a call to the host and back, and the host's own work, and the host shares the two processors with the workers.",
    },
  ];
  const lost = batches.flatMap((batch) => batch.lost);
  reached.push({ goal: "lost", value: lost.length, why: `They ended as ${[...new Set(lost)].join(", ")}.` });
  if (canReadProcesses() && !options.quick)
    reached.push({ goal: "memory", ...peak, why: "Every waiting run holds an isolate of its own." });
  return {
    tables: [
      {
        title: `${runs.toLocaleString("en-US")} runs`,
        columns: ["", "ms", "range", "peak resident MiB", "range"],
        rows: [
          ["baton, all runs done", ...figures(spreadOf(batches.map(({ ms }) => ms))), ...figures(peak)],
          [`bare, ${BARE_PROCESSES} processes create as many isolates`, ...figures(spreadOf(bareMs)), "", ""],
        ],
      },
    ],
    reached,
    notes: canReadProcesses() ? [] : ["Resident memory of other processes can be read on Linux only."],
  };
}

async function createBare(runs: number): Promise<number> {
  const peers = await Promise.all(Array.from({ length: BARE_PROCESSES }, () => startPeer("bare")));
  try {
    const begun = performance.now();
    await Promise.all(peers.map((peer) => peer.ask({ type: "hold", count: runs / BARE_PROCESSES })));
    return performance.now() - begun;
  } finally {
    await Promise.all(peers.map((peer) => peer.close()));
  }
}

async function wait(runs: number): Promise<Batch> {
  const sandbox = createSandbox({
    image: scriptImage({ preludes: [{ name: "wait", code: readWaitPrelude() }] }),
    workers: WORKERS,
    runsPerWorker: Math.ceil(runs / WORKERS),
    queuePerTenant: runs,
  });
  let peakBytes = 0;
  const look = (): void => void (peakBytes = Math.max(peakBytes, residentNow()));
  const watch = setInterval(look, 100);
  try {
    // The workers are started and the host is warm, as in a host that has been up for a while.
    await Promise.all(Array.from({ length: 16 }, (_, id) => runOne(sandbox, `warm-${id}`)));
    const begun = performance.now();
    const ends = await Promise.all(Array.from({ length: runs }, (_, id) => runOne(sandbox, String(id))));
    const ms = performance.now() - begun;
    look();
    return { ms, peakMiB: peakBytes / MIB, lost: ends.filter((end) => end !== "returned") };
  } finally {
    clearInterval(watch);
    await sandbox.close();
  }
}

async function runOne(sandbox: Sandbox, id: string): Promise<string> {
  const { end } = await sandbox.run({
    tenant: "bench",
    cordon: "bench",
    script: { code: SCRIPT, hash: "wait" },
    entryPoints: ["execute_action"],
    input: JSON.stringify({ id }),
    hostFunctions: {
      wait: {
        mode: "async",
        handle: async ({ args }) => {
          const { ms } = args as { ms: number };
          await delay(ms);
          return { value: "answered" };
        },
      },
    },
    limits: { ...DEFAULT_SANDBOX_LIMITS, wallMs: 60_000 },
  });
  return end.type;
}

function residentNow(): number {
  if (!canReadProcesses()) return process.memoryUsage.rss();
  return workerProcesses().reduce((sum, pid) => sum + residentOf(pid), process.memoryUsage.rss());
}

function figures({ value, low, high }: Spread): string[] {
  const show = (figure: number): string => Math.round(figure).toLocaleString("en-US");
  return [show(value), `${show(low)}–${show(high)}`];
}
