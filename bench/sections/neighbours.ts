/** What one tenant that floods, or that loops, does to the waiting time of the others. */
import { setTimeout as delay } from "node:timers/promises";
import { type Caller, startBaton } from "../baton.ts";
import type { BenchOptions, Goal, Rows, Section } from "../section.ts";
import { type Rounds, type Spread, quantile, spreadOf, summarize } from "../stats.ts";

const NEIGHBOURS = 3;
const GAP_MS = 10;
/** Requests that the flooding tenant keeps open: more than all places in all processes. */
const FLOOD = 200;
const LOOPS = 4;
/** A neighbour waits for so long, then its run is cancelled and counts as lost, with this as its time. */
const PATIENCE_MS = 2_000;
/** A phase in which every run takes that long would never end. */
const PHASE_MS = 8_000;
const LOOP = "export function execute_action() { for (;;) {} }";

const ATTACKS = ["flood", "loop"] as const;
type Attack = (typeof ATTACKS)[number];

const SAYS: Readonly<Record<Attack, string>> = {
  flood: `one tenant keeps ${FLOOD} requests open`,
  loop: `one tenant keeps ${LOOPS} endless loops running`,
};

const goals: readonly Goal[] = [
  ...ATTACKS.map((attack) => ({
    id: attack,
    says: `p99 of the others while ${SAYS[attack]}, as a multiple of their p99 without it`,
    unit: "× quiet",
    bound: { atMost: 2 },
  })),
  {
    id: "lost",
    says: "runs of the others, or of the flood, that were lost (or waited for longer than 2 s)",
    unit: "runs",
    bound: { atMost: 0 },
  },
];

export const section: Section = {
  name: "neighbours",
  title: "A tenant that floods or loops, and the others",
  about: `${NEIGHBOURS} tenants call in turn, ${GAP_MS} ms after the answer before, a cordon each, with default options and limits, and give up after ${PATIENCE_MS / 1_000} s; a fourth misbehaves in its own cordon. Quiet and attacked phases follow each other.`,
  goals,
  run,
};

async function run(options: BenchOptions): Promise<Rows> {
  const rounds = options.quick ? 1 : 5;
  const calls = options.quick ? 20 : 200;
  const samples = { quiet: [] as number[][], flood: [] as number[][], loop: [] as number[][] };
  const caller = await startBaton();
  const lost = { quiet: 0, flood: 0, loop: 0 };
  let ofTheFlood = 0;
  const look = async (phase: keyof typeof lost, count: number): Promise<number[]> => {
    const visited = await visit(caller, count);
    lost[phase] += visited.lost;
    return visited.samples;
  };
  try {
    await visit(caller, 30);
    for (let round = 0; round < rounds; round++) {
      options.log(`round ${round + 1} of ${rounds}`);
      for (const attack of ATTACKS) {
        const attacked = await under(caller, attack, () => look(attack, calls));
        samples[attack].push(attacked.samples);
        ofTheFlood += attacked.lost;
        await delay(options.quick ? 100 : 1_000);
        await visit(caller, 2 * NEIGHBOURS);
        // Half as many after each attack: together as many as an attacked phase.
        samples.quiet[round] = [...(samples.quiet[round] ?? []), ...(await look("quiet", calls / 2))];
      }
    }
  } finally {
    await caller.close();
  }
  return {
    tables: [
      {
        title: "The others' runs",
        columns: ["phase", "runs", "p50 ms", "p99 ms", "p99 of the rounds", "lost runs"],
        rows: (["quiet", ...ATTACKS] as const).map((phase) => [...rowOf(phase, samples[phase]), lost[phase]]),
      },
    ],
    reached: [
      ...ATTACKS.map((attack) => ({
        goal: attack,
        ...multiple(samples[attack], samples.quiet),
        why: WHY[attack],
      })),
      {
        goal: "lost",
        value: lost.quiet + lost.flood + lost.loop + ofTheFlood,
        why: `${ofTheFlood} of them belong to the flood itself; the others did not get a place in time, or their process was ended under them more than once.`,
      },
    ],
    notes: [],
  };
}

const WHY: Readonly<Record<Attack, string>> = {
  flood:
    "The flooding tenant's workers and the host keep both processors busy, and its queue refills every place that one of its processes frees: a tenant without a process waits until one happens to be idle.",
  loop: "Every loop holds a processor for its CPU limit (one second by default), and there are two; then its process may have to be started anew.",
};

/** Both ends of one attack: it lasts exactly as long as `work`. */
async function under(caller: Caller, attack: Attack, work: () => Promise<number[]>) {
  const stop = new AbortController();
  let lost = 0;
  const lane = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      if (attack === "loop") await loop(caller, stop.signal);
      else if ((await caller.attempt("reply", { tenant: "attacker" })).status !== "returned") lost++;
    }
  };
  const lanes = Array.from({ length: attack === "flood" ? FLOOD : LOOPS }, lane);
  await delay(200);
  const samples = await work();
  stop.abort();
  await Promise.all(lanes);
  return { samples, lost };
}

async function loop({ runtime }: Caller, signal: AbortSignal): Promise<void> {
  await runtime.execute({
    action: { source: LOOP, filename: "loop.js" },
    context: { conversation: null, args: {} },
    tenant: "attacker",
    signal,
  });
}

/** Milliseconds of so many runs, the tenants in turn. */
async function visit(caller: Caller, calls: number): Promise<{ samples: number[]; lost: number }> {
  const samples: number[] = [];
  let lost = 0;
  const until = performance.now() + PHASE_MS;
  for (let call = 0; call < calls && performance.now() < until; call++) {
    await delay(GAP_MS);
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const begun = performance.now();
    const { status } = await caller.attempt("reply", { tenant: `neighbour-${call % NEIGHBOURS}`, signal });
    samples.push(performance.now() - begun);
    if (status !== "returned") lost++;
  }
  return { samples, lost };
}

function rowOf(phase: "quiet" | Attack, rounds: Rounds): (string | number)[] {
  const { count, p50, p99 } = summarize(rounds);
  const title = phase === "quiet" ? "quiet" : SAYS[phase];
  return [title, count, p50.value, p99.value, `${p99.low.toFixed(1)}–${p99.high.toFixed(1)}`];
}

function multiple(attacked: Rounds, quiet: Rounds): Spread {
  return spreadOf(attacked.map((round, index) => quantile(round, 0.99) / quantile(quiet[index]!, 0.99)));
}
