/** The service beside the library: what HTTP, keys, the registry and the record of each run add, and what a platform feels of the rest. */
import { setTimeout as delay } from "node:timers/promises";
import type { BenchOptions, Rows, Section } from "../section.ts";
import { recovery } from "../service-cluster.ts";
import {
  openBed, rateOf, rollbackVisible, startRegistered, timed, withKeys, withListeners, type Bed, type Heard,
} from "../service.ts"; // prettier-ignore
import { quantile, spreadOf } from "../stats.ts";

const CALLERS = 8;
const LISTENERS = 100;
const COMMIT = "HTTP, the key, the queue and the JSON of an outcome; the client's process has the same processors";
const FLOOD = 64;

export const section: Section = {
  name: "service",
  title: "The service beside the library",
  about: `POST execution, asked for by a process of its own on kept connections, against \`runtime.execute\` in the service's process, in turn; SQLite beneath both.`,
  goals: [
    { id: "post", says: "POST execution p50, beyond the library's", unit: "ms", bound: { atMost: 0.6 } },
    { id: "sustained", says: `share of the library's rate with ${CALLERS} callers`, unit: "", bound: { atLeast: 0.7 } },
    {
      id: "start",
      says: "start with 1,000 tenants of 3 actions, each read once",
      unit: "ms",
      bound: { atMost: 2_000 },
    },
    { id: "memory", says: "memory that this adds, without workers", unit: "MiB", bound: { atMost: 250 } },
    { id: "deploy", says: "deployment p50, compile included", unit: "ms", bound: { atMost: 150 } },
    { id: "rollback", says: "a change of live seen on three nodes, p99", unit: "ms", bound: { atMost: 1_000 } },
    { id: "events", says: "share of events that 100 listeners heard", unit: "", bound: { atLeast: 1 } },
    { id: "killed", says: "until p99 is back after a node was killed", unit: "ms", bound: { atMost: 1_000 } },
    {
      id: "neighbour",
      says: `a tenant's p99 while another keeps ${FLOOD} requests open, as a multiple of its p99 without them`,
      unit: "× quiet",
      bound: { atMost: 2 },
    },
  ],
  run,
};

async function run(options: BenchOptions): Promise<Rows> {
  const scale = options.quick ? 0.1 : 1;
  const bed = await openBed();
  let figures: Figures;
  try {
    figures = await measure(bed, scale, options);
  } finally {
    await bed.close();
  }
  options.log("three nodes");
  const rollback = await rollbackVisible(Math.max(6, Math.round(60 * scale)));
  options.log("a node is killed, another frozen");
  const back = await recovery(scale);
  options.log("registered tenants");
  const registered = await startRegistered(Math.round(1_000 * scale));
  const { post, library, postRate, libraryRate, deploys, keys, quiet, flooded, heard } = figures;
  const p = (samples: readonly number[], at: number): number => quantile(samples, at / 100);
  return {
    tables: [
      {
        title: "Milliseconds",
        columns: ["what", "p50", "p99"],
        rows: (
          [
            ["library", library],
            ["POST execution", post],
            ["deployment with compile", deploys],
            [`first request of a key, of ${Math.round(10_000 * scale)}`, keys],
            ["change of live, seen on three nodes", rollback],
            [`hand-off to event, ${LISTENERS} listeners`, heard.samples],
            ["a quiet neighbour", quiet.flat()],
            ["the same under a flood", flooded.flat()],
          ] as const
        ).map(([what, samples]) => [what, p(samples, 50), p(samples, 99)]),
      },
      {
        title: "Runs a second",
        columns: ["what", "rate"],
        rows: [
          ["library", libraryRate],
          ["service", postRate],
        ],
      },
    ],
    reached: [
      { goal: "post", value: p(post, 50) - p(library, 50), why: COMMIT },
      { goal: "sustained", value: postRate / libraryRate, why: COMMIT },
      {
        goal: "start",
        value: registered.startMs,
        why: "reading each tenant over HTTP; the service itself reads none before it is asked",
      },
      { goal: "memory", value: registered.residentMiB, why: "V8's heap after the requests that read them" },
      { goal: "deploy", value: p(deploys, 50), why: "esbuild, and one commit of the store" },
      {
        goal: "rollback",
        value: p(rollback, 99),
        why: "the poll of four times a second, where the notice does not come first",
      },
      {
        goal: "events",
        value: heard.samples.length / heard.expected,
        why: "a listener that was too slow would read what it missed from the store",
      },
      ...(back === null
        ? []
        : [
            {
              goal: "killed",
              value: back.killedMs,
              why: "HAProxy notices by its checks (500 ms, two in a row) or by refused connections, and asks another node",
            },
          ]),
      {
        goal: "neighbour",
        ...spreadOf(flooded.map((round, at) => p(round, 99) / p(quiet[at]!, 99))),
        why: "worker processes of both tenants share the processors",
      },
    ],
    notes: [
      ...(options.quick ? ["A quick run: fewer calls, fewer tenants."] : []),
      ...(back === null
        ? ["No HAProxy here: what a killed node costs was not measured."]
        : [
            `Three nodes behind HAProxy, ${back.asked} requests with keys: p99 ${Math.round(back.quietP99)} ms in quiet; back within twice that ${back.killedMs} ms after a node was killed and ${back.frozenMs} ms after one was frozen; ${back.failed} were not answered by themselves.`,
          ]),
    ],
  };
}

interface Figures {
  readonly post: number[];
  readonly library: number[];
  readonly postRate: number;
  readonly libraryRate: number;
  readonly deploys: number[];
  readonly keys: number[];
  /** Round by round. */
  readonly quiet: number[][];
  readonly flooded: number[][];
  readonly heard: Heard;
}

async function measure(bed: Bed, scale: number, options: BenchOptions): Promise<Figures> {
  options.log("POST beside the library");
  const post: number[] = [];
  const library: number[] = [];
  const one = { tenant: "acme", connections: 1, gapMs: 0, forMs: 60_000 };
  for (let round = 0; round < 10; round += 1) {
    const calls = Math.ceil(150 * scale);
    for (let at = 0; at < calls; at += 1) library.push(await timed(() => bed.direct()));
    post.push(...(await bed.load({ ...one, most: calls })));
  }
  options.log("sustained");
  const ms = 5_000 * scale;
  const rates = { service: [] as number[], library: [] as number[] };
  for (let round = 0; round < 3; round += 1) {
    rates.library.push(await rateOf(() => bed.direct(), CALLERS, ms));
    const answered = await bed.load({ ...one, connections: CALLERS, forMs: ms });
    rates.service.push((answered.length * 1_000) / ms);
  }
  options.log("deployments");
  const deploys: number[] = [];
  for (let at = 0; at < 40 * scale; at += 1) {
    const source = `export function execute_action() { return ${at}; }`;
    deploys.push(
      await timed(() => bed.http.send("POST", "/v1/tenants/acme/deployments", { actions: { b: { source } } })),
    );
  }
  options.log("neighbours");
  const { quiet, flooded } = await neighbours(bed, ms, options.quick ? 1 : 5);
  options.log("listeners");
  const heard = await withListeners(bed, LISTENERS, Math.max(5, Math.round(100 * scale)));
  options.log("keys");
  const keys = await withKeys(bed, Math.round(10_000 * scale), Math.round(500 * scale));
  const [libraryRate, postRate] = [quantile(rates.library, 0.5), quantile(rates.service, 0.5)];
  return { post, library, postRate, libraryRate, deploys, keys, quiet, flooded, heard };
}

/** A calm tenant's runs, 20 ms from one to the next, with nothing beside them and beside callers of another tenant, in turn. */
async function neighbours(bed: Bed, ms: number, rounds: number): Promise<Pick<Figures, "quiet" | "flooded">> {
  await bed.http.send("PUT", "/v1/tenants/flood", {});
  await bed.http.send("POST", "/v1/tenants/flood/deployments", {
    actions: {
      a: { source: "export function execute_action() { let n = 0; for (let i = 0; i < 3e5; i++) n += i; return n; }" },
    },
  });
  const quiet: number[][] = [];
  const flooded: number[][] = [];
  const calm = (): Promise<number[]> => bed.load({ tenant: "acme", connections: 1, gapMs: 20, forMs: ms });
  for (let round = 0; round < rounds; round += 1) {
    quiet.push(await calm());
    // It is there before the calm tenant and after it.
    const flood = bed.load({ tenant: "flood", connections: FLOOD, gapMs: 0, forMs: ms + 2_000 });
    await delay(1_000);
    flooded.push(await calm());
    await flood;
  }
  return { quiet, flooded };
}
