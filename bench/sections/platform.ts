/** What the web platform costs a run that does not use it, and what its parts cost one that does. */
import { createEgress, createEgressRun, FETCH_PRELUDE } from "../../host-api/fetch/index.ts";
import { HAND_OFF_PRELUDE } from "../../host-api/index.ts";
import { REHEARSAL } from "../../languages/javascript/rehearsal.ts";
import { createSandbox, DEFAULT_SANDBOX_LIMITS, readAsset, scriptImage } from "../../sandbox/index.ts";
import type { HostFunctions, Json } from "../../sandbox/index.ts";
import type { Candidate } from "../candidate.ts";
import { makeContexts, readActionSource } from "../fixture.ts";
import { type Samples, inTurn, warmUp } from "../pace.ts";
import type { BenchOptions, Goal, Rows, Section, Table } from "../section.ts";
import { ratio, summarize } from "../stats.ts";

const WITHOUT = "without the platform";
const UNUSED = "with the platform, not used";
const UNPREPARED_WITHOUT = "without the platform, not prepared ahead";
const UNPREPARED = "with the platform, not used, not prepared ahead";

/** What an action does before its reply, to touch a part. */
const USES: Readonly<Record<string, string>> = {
  "with the platform: a timer": "await new Promise((done) => setTimeout(done, 0));",
  "with the platform: one URL": `new URL("/orders?id=1", "https://shop.example").searchParams.get("id");`,
  "with the platform: TextEncoder, btoa, randomUUID":
    "new TextEncoder().encode(crypto.randomUUID()); btoa(crypto.randomUUID());",
  "with the platform: one Headers": `new Headers({ accept: "application/json" });`,
  "with the platform: console.log of an object": "console.log({ order: { id: 1, items: [1, 2] } });",
};

const goals: readonly Goal[] = [
  {
    id: "unused",
    says: "p50 of a run that does not use the platform, prepared ahead, paced, as a multiple of one in a sandbox without it",
    unit: "× without",
    bound: { atMost: 1.1 },
  },
  {
    id: "unused-unprepared",
    says: "the same where no isolate was ready, so that installing the platform is on the way",
    unit: "× without",
    bound: { atMost: 1.1 },
  },
];

export const section: Section = {
  name: "platform",
  title: "What the web platform costs",
  about:
    "The reply of the other sections, from the request in hand to its completion, in sandboxes that differ in the platform alone: one has the hand-off's prelude, the other also those of the web's globals and of fetch, the functions behind them and the making of an egress run, as the runtime has them. They are called in turn, in an order that is shuffled at every lap, so a figure and what it is held against come from the same moments.",
  goals,
  run,
};

async function run(options: BenchOptions): Promise<Rows> {
  const size = options.quick ? { rounds: 1, laps: 15, warm: 10 } : { rounds: 5, laps: 100, warm: 50 };
  options.log("prepared ahead");
  const ahead = await measure([await lane(WITHOUT, {}), await lane(UNUSED, { platform: true })], size);
  options.log("not prepared ahead");
  const unprepared = await measure(
    [await lane(UNPREPARED_WITHOUT, { ahead: 0 }), await lane(UNPREPARED, { platform: true, ahead: 0 })],
    size,
  );
  options.log("parts in use");
  const lanes = Object.entries(USES).map(([name, uses]) => lane(name, { platform: true, uses }));
  const used = await measure(
    [await lane(UNUSED, { platform: true }), ...(await Promise.all(lanes))],
    options.quick ? size : { ...size, rounds: 3 },
  );
  const why =
    "Each name of the platform is an accessor that every isolate gets, and a run's data and functions are sent with it.";
  return {
    tables: [
      tableOf("Prepared ahead, paced", ahead, WITHOUT),
      tableOf("Not prepared ahead, paced", unprepared, UNPREPARED_WITHOUT),
      tableOf("Parts in use, each loaded by its first use, paced", used, UNUSED),
    ],
    reached: [
      { goal: "unused", ...ratio(ahead.get(UNUSED)!, ahead.get(WITHOUT)!), why },
      { goal: "unused-unprepared", ...ratio(unprepared.get(UNPREPARED)!, unprepared.get(UNPREPARED_WITHOUT)!), why },
    ],
    notes: ["Ratios are made round by round of the medians of both; the range is that of the rounds."],
  };
}

async function measure(
  candidates: readonly Candidate[],
  { rounds, laps, warm }: { readonly rounds: number; readonly laps: number; readonly warm: number },
): Promise<Samples> {
  try {
    await warmUp(candidates, warm);
    return await inTurn(candidates, { rounds, laps, gapMs: 10 });
  } finally {
    for (const candidate of candidates) await candidate.close();
  }
}

interface Lane {
  readonly platform?: boolean;
  readonly ahead?: number;
  readonly uses?: string;
}

/** A sandbox of its own, with the platform as the runtime gives it or without. */
async function lane(name: string, { platform = false, ahead, uses = "" }: Lane): Promise<Candidate> {
  const preludes = platform ? [HAND_OFF_PRELUDE, "web", FETCH_PRELUDE] : [HAND_OFF_PRELUDE];
  const sandbox = createSandbox({
    image: scriptImage({
      preludes: preludes.map((prelude) => ({ name: prelude, code: readAsset(`${prelude}.js`) })),
      rehearsal: REHEARSAL,
    }),
    ...(ahead === undefined ? {} : { isolatesAhead: ahead }),
  });
  const egress = createEgress(undefined);
  const next = makeContexts();
  const code = scriptOf(uses);
  const egressOf = async (): Promise<{ preludeData: Record<string, Json>; hostFunctions: HostFunctions }> => {
    if (!platform) return { preludeData: {}, hostFunctions: {} };
    const { client } = await egress.acquire("bench");
    const { functions, preludeData } = createEgressRun({ client });
    return {
      preludeData: { [FETCH_PRELUDE]: preludeData as Json },
      hostFunctions: functions as unknown as HostFunctions,
    };
  };
  return {
    name,
    every: 1,
    async call() {
      const input = JSON.stringify(next());
      const begun = performance.now();
      const { preludeData, hostFunctions } = await egressOf();
      const { end } = await sandbox.run({
        tenant: "bench",
        cordon: "bench",
        script: { code, hash: code },
        entryPoints: ["execute_action"],
        input,
        preludeData: { [HAND_OFF_PRELUDE]: { handOffCalls: 20 }, ...preludeData },
        hostFunctions,
        limits: DEFAULT_SANDBOX_LIMITS,
      });
      const us = (performance.now() - begun) * 1_000;
      if (end.type !== "returned") throw new Error(`a run ended as ${JSON.stringify(end)}`);
      return us;
    },
    async close() {
      await sandbox.close();
      await egress.close();
    },
  };
}

function scriptOf(uses: string): string {
  const source = readActionSource("reply").replace("export function", "function");
  const asked = uses === "" ? "execute_action" : `async (context) => { ${uses} return execute_action(context); }`;
  return `(exports, module) => { "use strict"; ${source} exports.execute_action = ${asked}; }`;
}

function tableOf(title: string, samples: Samples, base: string): Table {
  return {
    title,
    columns: [
      "candidate",
      "runs",
      "p50 µs",
      "medians of the rounds",
      "p99 µs",
      `p50 as a multiple of "${base}"`,
      "of the rounds",
    ],
    rows: [...samples].map(([name, rounds]) => {
      const { count, p50, p99 } = summarize(rounds);
      const of = ratio(rounds, samples.get(base)!);
      return [
        name, count, us(p50.value), `${us(p50.low)}–${us(p50.high)}`, us(p99.value), of.value.toFixed(3), `${of.low.toFixed(3)}–${of.high.toFixed(3)}`,
      ]; // prettier-ignore
    }),
  };
}

const us = (value: number): string => Math.round(value).toLocaleString("en-US");
