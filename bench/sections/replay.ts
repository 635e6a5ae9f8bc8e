/** What it costs to record a run, and what a replay takes beside the run: the same action by turns in a runtime that records and one that does not. */
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type Recording, type Runtime, type RuntimeOptions, createRuntime } from "../../runtime/index.ts";
import type { BenchOptions, Goal, Rows, Section } from "../section.ts";
import { type Rounds, difference, median } from "../stats.ts";

const ORDER = `export async function execute_action(context) {
  const response = await fetch("https://orders.example/" + context.args.orderId);
  const order = await response.json();
  const day = new Intl.DateTimeFormat("en-US", { timeZone: "America/New_York", weekday: "short" }).format(new Date());
  if (order.hasFraudFlag) hand_off_conversation(context, "Order flagged for fraud review");
  return { order, day, ticket: crypto.randomUUID() };
}`;
const ECHO = "export function execute_action(context) { return context.args; }";
const BODY = Buffer.from(
  JSON.stringify({
    id: "A-1001",
    hasFraudFlag: true,
    lines: Array.from({ length: 20 }, (_, n) => ({ sku: `S-${n}`, count: n })),
  }),
);

const goals: readonly Goal[] = [
  {
    id: "recording",
    says: "what recording adds to the p50 of a run that looks an order up, hands off and answers, runs 5 ms apart",
    unit: "%",
    bound: { atMost: 5 },
  },
  {
    id: "replay",
    says: "p50 of the replay of that run beside the p50 of the run",
    unit: "×",
    bound: { atMost: 1.3 },
  },
];

export const section: Section = {
  name: "replay",
  title: "Recording and replaying",
  about:
    "Two runtimes, one that records every run with its source to a function and one that does not, take runs in turn; then each recording is replayed in the second. The order's answer is there at once, so that nothing hides the cost. A recording is made after the outcome is settled: `whole` waits for it too.",
  goals,
  run,
};

async function run(options: BenchOptions): Promise<Rows> {
  const size = options.quick ? { rounds: 1, runs: 20 } : { rounds: 7, runs: 120 };
  const order = await measure(ORDER, size);
  options.log("a run that does nothing");
  const echo = await measure(ECHO, size);
  const rows = [rowOf("an order looked up, handed off", order), rowOf("1 KB echo", echo)];
  const added = difference(order.recorded, order.plain);
  const share = (us: number): number => (100 * us) / median(order.plain.flat());
  const times = median(order.replayed.flat()) / median(order.plain.flat());
  return {
    tables: [
      {
        title: "p50 of a run, µs",
        columns: ["action", "runs", "plain", "recorded", "added", "added %", "whole", "replay", "replay ×"],
        rows,
      },
    ],
    reached: [
      {
        goal: "recording",
        value: round(share(added.value), 1),
        low: round(share(added.low), 1),
        high: round(share(added.high), 1),
        why: "the guest's clock is set, and the journal is sent and read at the end of the run",
      },
      { goal: "replay", value: round(times, 2), why: "a replay makes the run's calls to the host as the run did" },
    ],
    notes: ["Outside of a recording runtime nothing is done: no frame, no branch of the guest, no allocation for a run."],
  };
} // prettier-ignore

interface Measured {
  readonly plain: Rounds;
  readonly recorded: Rounds;
  /** With the recording made. */
  readonly whole: Rounds;
  readonly replayed: Rounds;
}

async function measure(source: string, { rounds, runs }: { readonly rounds: number; readonly runs: number }): Promise<Measured> {
  let kept: (recording: Recording) => void = () => undefined;
  await using plain = await open(source, {});
  await using recording = await open(source, { record: { source: true, to: (made) => kept(made) } });
  const measured = { plain: [] as number[][], recorded: [] as number[][], whole: [] as number[][], replayed: [] as number[][] };
  for (let round = -1; round < rounds; round++) {
    const now = { plain: [] as number[], recorded: [] as number[], whole: [] as number[], replayed: [] as number[] };
    for (let at = 0; at < runs; at++) {
      const { promise, resolve } = Promise.withResolvers<Recording>();
      kept = resolve;
      const tasks = [
        async () => void now.plain.push(await timed(() => plain.run())),
        async () => {
          const began = performance.now();
          now.recorded.push(await timed(() => recording.run()));
          const made = await promise;
          now.whole.push((performance.now() - began) * 1_000);
          await delay(5);
          now.replayed.push(await timed(() => plain.runtime.replay(made)));
        },
      ];
      // Neither is always the first: what comes second finds the processor warm.
      for (const task of at % 2 === 0 ? tasks : tasks.toReversed()) {
        await delay(5);
        await task();
      }
    }
    if (round >= 0) for (const key of ["plain", "recorded", "whole", "replayed"] as const) measured[key].push(now[key]);
  }
  return measured;
} // prettier-ignore

async function open(source: string, options: RuntimeOptions): Promise<{ runtime: Runtime; run(): Promise<void> } & AsyncDisposable> {
  const runtime = await createRuntime({
    // Replays are a cordon of their own.
    workers: 3,
    egress: { hosts: ["orders.example"] },
    network: () => ({ exchange: () => Promise.resolve(answer()), destroy: () => Promise.resolve() }),
    ...options,
  });
  const { hash } = await runtime.compile({ source, filename: "order.js" });
  let conversations = 0;
  return {
    runtime,
    async run() {
      const conversation = { id: `c-${process.pid}-${++conversations}`, latestChannel: "chat" };
      const { status } = await runtime.execute({ action: { hash }, context: { conversation, args: { orderId: "A-1001", note: "x".repeat(900) } } });
      if (status !== "returned") throw new Error(`a run ended as ${status}`);
    },
    [Symbol.asyncDispose]: () => runtime.close(),
  };
} // prettier-ignore

const answer = () => ({
  status: 200,
  statusText: "OK",
  headers: [["content-type", "application/json"]] as const,
  body: Readable.from([BODY]),
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) * 1_000;
}

function rowOf(name: string, { plain, recorded, whole, replayed }: Measured): (string | number)[] {
  const [was, is] = [median(plain.flat()), median(recorded.flat())];
  const replay = median(replayed.flat());
  const share = round((100 * (is - was)) / was, 1);
  return [name, plain.flat().length, was, is, is - was, share, median(whole.flat()), replay, round(replay / was, 2)].map((cell) =>
    typeof cell === "number" && cell > 20 ? Math.round(cell) : typeof cell === "number" ? round(cell, 2) : cell,
  );
} // prettier-ignore

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
