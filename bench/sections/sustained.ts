/** How many runs a second, each with a fresh isolate, against as many bare processes that do nothing else. */
import { type Caller, startBaton } from "../baton.ts";
import { type Kind, makeContexts } from "../fixture.ts";
import { type PeerProcess, startPeer } from "../peers/child-process.ts";
import type { BenchOptions, Goal, Rows, Section } from "../section.ts";
import { type Spread, spreadOf } from "../stats.ts";

/** Runs in flight for each worker process: enough that none of them waits for the host. */
const IN_FLIGHT = 4;

const goals: readonly Goal[] = [1, 2].map((processes) => ({
  id: `of-bare-${processes}`,
  says: `runs a second in ${counted(processes, "worker process", "worker processes")} (no host call), as a share of ${counted(processes, "bare process", "bare processes")}`,
  unit: "× bare",
  bound: { atLeast: 0.7 },
  extreme: 0.8,
}));

export const section: Section = {
  name: "sustained",
  title: "Sustained rate of fresh-isolate runs",
  about: `Baton with ${IN_FLIGHT} runs in flight for each worker process, and bare processes that make, use and dispose isolates in a loop, in turn, window by window. CPU is that of the host process alone.`,
  goals,
  run,
};

interface Window {
  readonly perSecond: number;
  readonly hostCpuUs: number;
}

async function run(options: BenchOptions): Promise<Rows> {
  const rounds = options.quick ? 1 : 6;
  const ms = options.quick ? 300 : 1_500;
  const rows: (string | number)[][] = [];
  const reached: Rows["reached"][number][] = [];
  for (const processes of [1, 2]) {
    for (const kind of ["reply", "hand-off"] as const) {
      options.log(`${processes} processes, ${kind}`);
      const { baton, bare } = await sideBySide(processes, kind, rounds, ms);
      const rate = spreadOf(baton.map(({ perSecond }) => perSecond));
      const bareRate = spreadOf(bare);
      const share = spreadOf(baton.map(({ perSecond }, round) => perSecond / bare[round]!));
      const hostCpu = spreadOf(baton.map(({ hostCpuUs }) => hostCpuUs));
      rows.push([
        processes,
        kind,
        ...figures(rate),
        ...figures(bareRate),
        share.value.toFixed(2),
        Math.round(hostCpu.value),
      ]);
      if (kind === "reply")
        reached.push({ goal: `of-bare-${processes}`, ...share, why: whyOf(processes, hostCpu, bareRate) });
    }
  }
  return {
    tables: [
      {
        title: "Runs a second",
        columns: ["processes", "action", "baton", "range", "bare", "range", "share", "host CPU µs a run"],
        rows,
      },
    ],
    reached,
    notes: [],
  };
}

function whyOf(processes: number, hostCpu: Spread, bareRate: Spread): string {
  const bareUs = (1e6 * processes) / bareRate.value;
  return `A bare run takes ${Math.round(bareUs)} µs of one processor. Baton's host process adds ${Math.round(hostCpu.value)} µs a run (invocation, schema, frames, settling), which with ${counted(processes, "worker", "workers")} comes out of the same processors where there are no more than two; the bootstrap with its preludes and the bookkeeping of the run are in the worker.`;
}

async function sideBySide(processes: number, kind: Kind, rounds: number, ms: number) {
  const caller = await startBaton({ workers: processes });
  const peers = await Promise.all(Array.from({ length: processes }, () => startPeer("bare")));
  const baton: Window[] = [];
  const bare: number[] = [];
  try {
    await batonWindow(caller, kind, processes, ms / 2);
    await bareWindow(peers, kind, ms / 2);
    for (let round = 0; round < rounds; round++) {
      baton.push(await batonWindow(caller, kind, processes, ms));
      bare.push(await bareWindow(peers, kind, ms));
    }
  } finally {
    await caller.close();
    await Promise.all(peers.map((peer) => peer.close()));
  }
  return { baton, bare };
}

async function batonWindow(caller: Caller, kind: Kind, processes: number, ms: number): Promise<Window> {
  const begun = performance.now();
  const cpu = process.cpuUsage();
  let runs = 0;
  const lane = async (): Promise<void> => {
    for (; performance.now() - begun < ms; runs++) await caller.execute(kind);
  };
  await Promise.all(Array.from({ length: processes * IN_FLIGHT }, lane));
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: (runs * 1_000) / (performance.now() - begun), hostCpuUs: (user + system) / runs };
}

async function bareWindow(peers: readonly PeerProcess[], kind: Kind, ms: number): Promise<number> {
  const input = JSON.stringify(makeContexts()());
  const replies = await Promise.all(peers.map((peer) => peer.ask({ type: "loop", kind, input, ms })));
  return replies.reduce((sum, { runs, us }) => sum + (runs * 1e6) / us, 0);
}

function figures({ value, low, high }: Spread): string[] {
  return [Math.round(value).toLocaleString("en-US"), `${Math.round(low)}–${Math.round(high)}`];
}

function counted(count: number, one: string, many: string): string {
  return count === 1 ? `one ${one}` : `${count === 2 ? "two" : count} ${many}`;
}
