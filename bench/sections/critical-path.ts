/** The time from the request in hand to the Outcome, beside what others need for the same action. */
import { setTimeout as delay } from "node:timers/promises";
import { batonCandidate, startBaton } from "../baton.ts";
import { type Candidate, isSkipped } from "../candidate.ts";
import { type Samples, inBursts, inTurn, warmUp } from "../pace.ts";
import { ECHO, bareCandidate, echoCandidate, peerCandidates } from "../peers/candidates.ts";
import type { BenchOptions, Goal, Reached, Rows, Section, Table } from "../section.ts";
import { stageTable } from "../stages.ts";
import { type Rounds, type Spread, median, quantile, ratio, spreadOf, summarize } from "../stats.ts";

const AHEAD = "baton, prepared ahead, one host call";
const AHEAD_REPLY = "baton, prepared ahead, no host call";
const BARE = "bare isolate, in process, one host call";
const BARE_REPLY = "bare isolate, in process, no host call";
/** Runs that come at once. */
const BURST = 64;
/** Between two bursts: time to make what the next one takes. */
const BURST_GAP_MS = 1_500;
const WORKERD = "workerd loader, one host call";

const goals: readonly Goal[] = [
  {
    id: "of-bare",
    says: "p50 prepared ahead, one host call, paced, as a share of a bare isolate in the same run",
    unit: "× bare",
    bound: { atMost: 0.33 },
    extreme: 0.25,
  },
  {
    id: "of-bare-reply",
    says: "the same without a host call",
    unit: "× bare",
    bound: { atMost: 0.33 },
    extreme: 0.25,
  },
  {
    id: "p50",
    says: "p50 prepared ahead, one host call, paced (bare at 1,100 to 1,800 µs)",
    unit: "µs",
    bound: { atMost: 350 },
    extreme: 200,
  },
  {
    id: "burst",
    says: `a burst of ${BURST} into a tenant that had such bursts before: time of all, for each, as a share of a bare isolate back to back`,
    unit: "× bare",
    bound: { atMost: 0.5 },
  },
  {
    id: "tail",
    says: "p99 as a multiple of p50 under steady load (half the rate of a bare process), refill running",
    unit: "× p50",
    bound: { atMost: 3 },
  },
  {
    id: "workerd",
    says: "p50 of workerd's loader as a multiple of prepared ahead, one host call, paced",
    unit: "× baton",
    bound: { atLeast: 15 },
  },
];

export const section: Section = {
  name: "critical-path",
  title: "Critical path: request in hand → Outcome",
  about:
    "Every run has an isolate, a realm or a process of its own. Baton and the processes are timed from the host, with all hops; the in-process peers and the bare isolate (new Isolate, createContext, compile, first call of the action, dispose) time themselves inside a child process and pay no hop.",
  goals,
  run,
};

async function run(options: BenchOptions): Promise<Rows> {
  const size = options.quick
    ? { rounds: 1, laps: 15, burst: 20, warm: 10 }
    : { rounds: 5, laps: 150, burst: 200, warm: 50 };
  const calling = await measure(BARE, await handingOff(), size, options);
  const replying = await measure(BARE_REPLY, await replies(), size, options);
  const others = await measure(BARE, await otherPreparations(), size, options);
  const bareUs = median(calling.paced.get(BARE)!.flat());
  options.log("where the time goes");
  const stages = await stageTable(options.quick ? 20 : 300);
  options.log("steady load");
  const load = await underLoad(bareUs, size.rounds, options.quick ? 40 : 400);
  options.log(`bursts of ${BURST}`);
  const bursts = await inBurstsAtOnce(options.quick ? 2 : 8);
  options.log("peers");
  const peers = await peerCandidates();
  const installed = peers.filter((made): made is Candidate => !isSkipped(made));
  const among = await measure(BARE, [...(await handingOff()), await coldProcess(), ...installed], size, options);
  const own = [calling, replying, others];
  return {
    tables: [
      tableOf("Baton and the bare isolate, paced", own, "paced"),
      tableOf("Baton and the bare isolate, back to back", own, "bursts"),
      stages,
      loadTable(load, bareUs),
      burstTable(bursts, calling),
      tableOf("With the peers, paced", [among], "paced"),
      tableOf("With the peers, back to back", [among], "bursts"),
    ],
    reached: reachedBy({
      calling: calling.paced,
      replying: replying.paced,
      among: among.paced,
      load,
      bursts,
      bare: calling.bursts.get(BARE)!,
    }),
    notes: [
      "Paced: candidates in turn, 10 ms pause before each call. What is measured together stands together, each group below a bare isolate of its own; with more candidates in turn, each is called less often and finds colder caches.",
      "workerd's figures include a request over loopback HTTP, whose own price stands beside them.",
      ...peers.filter(isSkipped).map(({ skipped }) => `Skipped: ${skipped}`),
    ],
  };
}

/** What was measured in turn, and by what name the bare isolate was among it. */
interface Group {
  readonly bare: string;
  readonly paced: Samples;
  readonly bursts: Samples;
}

interface Size {
  readonly rounds: number;
  readonly laps: number;
  readonly burst: number;
  readonly warm: number;
}

async function measure(
  bare: string,
  candidates: readonly Candidate[],
  size: Size,
  { log }: BenchOptions,
): Promise<Group> {
  try {
    log(`${candidates.length} candidates: warming up`);
    await warmUp(candidates, size.warm);
    log("in turn, 10 ms apart");
    const paced = await inTurn(candidates, { ...size, gapMs: 10 });
    log("in bursts");
    return { bare, paced, bursts: await inBursts(candidates, size.rounds, size.burst) };
  } finally {
    for (const candidate of candidates) await candidate.close();
  }
}

async function handingOff(): Promise<Candidate[]> {
  return [
    await bareCandidate("hand-off"),
    await batonCandidate({ name: AHEAD, kinds: ["hand-off"] }),
    await echoCandidate(),
  ];
}

async function replies(): Promise<Candidate[]> {
  return [await bareCandidate("reply"), await batonCandidate({ name: AHEAD_REPLY, kinds: ["reply"] })];
}

async function otherPreparations(): Promise<Candidate[]> {
  const options = { isolatesAhead: 0 };
  return [
    await bareCandidate("hand-off"),
    await batonCandidate({ name: "baton, prepared ahead, two actions in turn", kinds: ["hand-off", "reply"] }),
    await batonCandidate({ name: "baton, not prepared, one host call", kinds: ["hand-off"], options }),
    await batonCandidate({ name: "baton, not prepared, no host call", kinds: ["reply"], options }),
  ];
}

const coldProcess = (): Promise<Candidate> =>
  batonCandidate({
    name: "baton, cold process, one host call",
    kinds: ["hand-off"],
    options: { workers: 1 },
    every: 10,
    cold: true,
  });

/** Requests that come as often as half of what a bare process could do, at uneven distances; none waits for the one before. */
async function underLoad(bareUs: number, rounds: number, calls: number): Promise<Rounds> {
  const caller = await startBaton();
  const samples: number[][] = [];
  try {
    for (let warm = 0; warm < 20; warm++) await caller.execute("hand-off");
    for (let round = 0; round < rounds; round++) {
      const under: Promise<number>[] = [];
      let due = performance.now();
      for (let call = 0; call < calls; call++) {
        due += ((2 * bareUs) / 1_000) * (0.5 + Math.random());
        if (due - performance.now() > 0) await delay(due - performance.now());
        const begun = performance.now();
        under.push(caller.execute("hand-off").then(() => (performance.now() - begun) * 1_000));
      }
      samples.push(await Promise.all(under));
    }
  } finally {
    await caller.close();
  }
  return samples;
}

/** Microseconds for each run of a burst, a round for each burst; the first few are not counted. */
async function inBurstsAtOnce(rounds: number): Promise<Rounds> {
  const caller = await startBaton();
  const samples: number[][] = [];
  try {
    for (let round = -3; round < rounds; round++) {
      await delay(BURST_GAP_MS);
      const begun = performance.now();
      await Promise.all(Array.from({ length: BURST }, () => caller.execute("reply")));
      if (round >= 0) samples.push([((performance.now() - begun) * 1_000) / BURST]);
    }
  } finally {
    await caller.close();
  }
  return samples;
}

function burstTable(bursts: Rounds, { bursts: others, bare }: Group): Table {
  const { p50 } = summarize(bursts);
  return {
    title: `Bursts: ${BURST} runs at once, one tenant, default options`,
    columns: ["candidate", "bursts", "µs for each run", "bursts between"],
    rows: [
      [AHEAD_REPLY, bursts.length, us(p50.value), `${us(p50.low)}–${us(p50.high)}`],
      [`${bare}, back to back`, "", us(summarize(others.get(bare)!).p50.value), ""],
    ],
  };
}

function tableOf(title: string, groups: readonly Group[], how: "paced" | "bursts"): Table {
  return {
    title,
    columns: ["candidate", "runs", "p50 µs", "medians of the rounds", "p99 µs", "p50 as a share of bare"],
    rows: groups.flatMap((group) =>
      [...group[how]].map(([name, rounds]) => {
        const { count, p50, p99 } = summarize(rounds);
        const ofBare = share(ratio(rounds, group[how].get(group.bare)!));
        return [name, count, us(p50.value), `${us(p50.low)}–${us(p50.high)}`, us(p99.value), ofBare];
      }),
    ),
  };
}

function loadTable(load: Rounds, bareUs: number): Table {
  const { count, p50, p99 } = summarize(load);
  return {
    title: `Steady load: one request every ${((2 * bareUs) / 1_000).toFixed(1)} ms on average, default options`,
    columns: ["candidate", "runs", "p50 µs", "medians of the rounds", "p99 µs", "p99 of the rounds"],
    rows: [
      [AHEAD, count, us(p50.value), `${us(p50.low)}–${us(p50.high)}`, us(p99.value), `${us(p99.low)}–${us(p99.high)}`],
    ],
  };
}

interface Measured {
  readonly calling: Samples;
  readonly replying: Samples;
  readonly among: Samples;
  readonly load: Rounds;
  readonly bursts: Rounds;
  readonly bare: Rounds;
}

function reachedBy({ calling, replying, among, load, bursts, bare }: Measured): Reached[] {
  const ahead = calling.get(AHEAD)!;
  const hop = median(calling.get(ECHO)!.flat());
  const p50 = summarize(ahead).p50;
  const hops = `Of ${us(p50.value)} µs, the way to another process and back takes ${us(hop)} at this pace (an echo of the same kilobyte, measured beside it), and a host call goes there once more.`;
  const tails = load.map((round) => quantile(round, 0.99) / median(round));
  const reached: Reached[] = [
    { goal: "of-bare", ...ratio(ahead, calling.get(BARE)!), why: hops },
    { goal: "of-bare-reply", ...ratio(replying.get(AHEAD_REPLY)!, replying.get(BARE_REPLY)!), why: hops },
    { goal: "p50", ...p50, why: hops },
    {
      goal: "burst",
      ...spreadOf(bursts.map(([each]) => each! / median(bare.flat()))),
      why: "Isolates that were not made ahead are made in the burst.",
    },
    {
      goal: "tail",
      ...spreadOf(tails),
      why: "A request that comes while an isolate is being made waits for it, about as long as a bare isolate takes.",
    },
  ];
  const workerd = among.get(WORKERD);
  if (workerd !== undefined) reached.push({ goal: "workerd", ...ratio(workerd, among.get(AHEAD)!), why: hops });
  return reached;
}

const us = (value: number): string => Math.round(value).toLocaleString("en-US");
const share = ({ value }: Spread): string => value.toFixed(2);
