/** What one `hand_off_conversation` adds to a run: the guest waits for the host's answer, and the host for its store (in memory here). */
import { setTimeout as delay } from "node:timers/promises";
import { type Caller, startBaton } from "../baton.ts";
import type { Kind } from "../fixture.ts";
import type { BenchOptions, Goal, Rows, Section } from "../section.ts";
import { type Rounds, type Spread, difference, median, spreadOf, summarize } from "../stats.ts";

const IN_FLIGHT = 16;
/** The others of a full worker: they wait, as runs do that wait for an HTTP answer. */
const WAITING = "export function execute_action() { return new Promise(() => {}); }";
const WAITING_MS = 600_000;

const goals: readonly Goal[] = [
  {
    id: "alone",
    says: "what the call adds to the p50 of a run, one run per worker, runs 10 ms apart",
    unit: "µs",
    bound: { atMost: 120 },
    extreme: 80,
  },
  {
    id: "among-16",
    says: "what the call adds to the p50 of a run whose worker holds 15 more that wait, runs 10 ms apart",
    unit: "µs",
    bound: { atMost: 150 },
  },
  {
    id: "saturated-16",
    says: "what the call adds to the time a worker spends on each run, 16 in flight and all computing",
    unit: "µs",
    bound: { atMost: 150 },
  },
];

export const section: Section = {
  name: "hand-off",
  title: "The price of hand_off_conversation",
  about:
    'Runs with and without the call in turn, in one worker process; the same action otherwise. The price is the difference of the medians, round by round. "Guest waits" is what the Outcome reports as `usage.hostMs`.',
  goals,
  run,
};

interface Pair {
  readonly withCall: Rounds;
  readonly without: Rounds;
  readonly guestWaitsUs: readonly number[];
}

async function run(options: BenchOptions): Promise<Rows> {
  const size = options.quick ? { rounds: 1, pairs: 15 } : { rounds: 5, pairs: 150 };
  options.log("one run per worker");
  const alone = await inTurn({ workers: 1, runsPerWorker: 1 }, 0, 10, size);
  const close = await inTurn({ workers: 1, runsPerWorker: 1 }, 0, 0, size);
  options.log("15 waiting beside it");
  const among = await inTurn({ workers: 1, runsPerWorker: IN_FLIGHT }, IN_FLIGHT - 1, 10, size);
  options.log("16 computing");
  const saturated = await saturate(options.quick ? 1 : 12, options.quick ? 300 : 500);
  const rows = [
    rowOf("one run per worker, 10 ms apart", alone),
    rowOf("one run per worker, back to back", close),
    rowOf("15 more runs waiting in the worker, 10 ms apart", among),
  ];
  return {
    tables: [
      {
        title: "Runs in turn",
        columns: ["case", "pairs", "p50 with µs", "p50 without µs", "price µs", "range", "guest waits µs (p50)"],
        rows,
      },
      {
        title: "16 in flight, all computing, one worker: worker time for each run",
        columns: ["with µs", "without µs", "price µs", "range"],
        rows: [[saturated.withCall, saturated.without, Math.round(saturated.price.value), range(saturated.price)]],
      },
    ],
    reached: [
      { goal: "alone", ...price(alone), why: whyOf(alone) },
      { goal: "among-16", ...price(among), why: whyOf(among) },
      {
        goal: "saturated-16",
        ...saturated.price,
        why: "The worker stands still while the host, which serves the other fifteen as well, comes to answer.",
      },
    ],
    notes: [],
  };
}

async function inTurn(
  options: { readonly workers: number; readonly runsPerWorker: number },
  waiting: number,
  gapMs: number,
  { rounds, pairs }: { readonly rounds: number; readonly pairs: number },
): Promise<Pair> {
  const caller = await startBaton(options);
  const stop = new AbortController();
  const held = Array.from({ length: waiting }, () => hold(caller, stop.signal));
  const waits: number[] = [];
  const take = async (kind: Kind): Promise<number> => {
    if (gapMs > 0) await delay(gapMs);
    const begun = performance.now();
    const { usage } = await caller.execute(kind);
    const us = (performance.now() - begun) * 1_000;
    if (kind === "hand-off") waits.push(usage.hostMs * 1_000);
    return us;
  };
  try {
    for (let warm = 0; warm < 30; warm++) await take(warm % 2 === 0 ? "reply" : "hand-off");
    waits.length = 0;
    const withCall: number[][] = [];
    const without: number[][] = [];
    for (let round = 0; round < rounds; round++) {
      const samples = { "hand-off": [] as number[], reply: [] as number[] };
      for (let pair = 0; pair < pairs; pair++)
        for (const kind of kindsInTurn(pair)) samples[kind].push(await take(kind));
      withCall.push(samples["hand-off"]);
      without.push(samples.reply);
    }
    stop.abort();
    for (const { status } of await Promise.all(held))
      if (status !== "cancelled") throw new Error(`a run that was to wait ended as ${status}`);
    return { withCall, without, guestWaitsUs: waits };
  } finally {
    await caller.close();
  }
}

/** Each kind comes twice, in an order of every transition, so that the script compiled ahead is as often the right one for both. */
function kindsInTurn(pair: number): readonly Kind[] {
  return pair % 2 === 0 ? ["hand-off", "hand-off", "reply", "reply"] : ["reply", "reply", "hand-off", "hand-off"];
}

function hold({ runtime }: Caller, signal: AbortSignal) {
  return runtime.execute({
    action: { source: WAITING, filename: "waiting.js" },
    context: { conversation: null, args: {} },
    tenant: "bench",
    limits: { wallMs: WAITING_MS },
    signal,
  });
}

async function saturate(rounds: number, ms: number) {
  const caller = await startBaton({ workers: 1, runsPerWorker: IN_FLIGHT });
  try {
    await perRunUs(caller, "hand-off", ms / 2);
    const withCall: number[] = [];
    const without: number[] = [];
    for (let round = 0; round < rounds; round++) {
      withCall.push(await perRunUs(caller, "hand-off", ms));
      without.push(await perRunUs(caller, "reply", ms));
    }
    return {
      withCall: Math.round(median(withCall)),
      without: Math.round(median(without)),
      price: spreadOf(withCall.map((us, round) => us - without[round]!)),
    };
  } finally {
    await caller.close();
  }
}

async function perRunUs(caller: Caller, kind: Kind, ms: number): Promise<number> {
  const begun = performance.now();
  let runs = 0;
  const lane = async (): Promise<void> => {
    for (; performance.now() - begun < ms; runs++) await caller.execute(kind);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return ((performance.now() - begun) * 1_000) / runs;
}

const price = ({ withCall, without }: Pair): Spread => difference(withCall, without);

function rowOf(title: string, pair: Pair): (string | number)[] {
  const spread = price(pair);
  const [withCall, without] = [summarize(pair.withCall), summarize(pair.without)];
  return [
    title,
    withCall.count,
    Math.round(withCall.p50.value),
    Math.round(without.p50.value),
    Math.round(spread.value),
    range(spread),
    Math.round(median(pair.guestWaitsUs)),
  ];
}

function whyOf({ guestWaitsUs }: Pair): string {
  return `The guest stood still for ${Math.round(median(guestWaitsUs))} µs (p50): a frame to the host, the host's event loop waking up, the hand-off recorded and settled, a frame back. The rest is the call's own code in the guest and the host.`;
}

const range = ({ low, high }: Spread): string => `${Math.round(low)}–${Math.round(high)}`;
