/** What it costs to turn V8's optimizing compilers off: actions, packages and loops of each kind, by the CPU time of the thread that they ran on. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Runtime, createRuntime } from "../../runtime/index.ts";
import type { Optimize } from "../../sandbox/index.ts";
import { makeContexts, readActionSource } from "../fixture.ts";
import type { BenchOptions, Goal, Rows, Section, Table } from "../section.ts";
import { type Rounds, type Spread, median, ratio } from "../stats.ts";

const ENGINES: readonly { readonly optimize: Optimize; readonly flags: readonly string[] }[] = [
  { optimize: true, flags: [] },
  { optimize: "maglev", flags: ["--no-opt"] },
  { optimize: false, flags: ["--no-opt", "--no-maglev"] },
];

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const LOOPS: Readonly<Record<string, string>> = {
  integers: "let sum = 0; for (let i = 0; i < 3e7; i++) sum = (sum + i * 7) | 0; return sum;",
  floats: "let sum = 0.5; for (let i = 0; i < 1e7; i++) sum = sum * 1.0000001 + 0.1; return sum;",
  objects: "let last = null; for (let i = 0; i < 2e6; i++) last = { i, of: last && last.i }; return last.i;",
  "arrays and closures":
    "let sum = 0; for (let n = 0; n < 60; n++) sum += Array.from({ length: 5e3 }, (_, i) => i).filter((i) => i % 3).map((i) => i * 2).reduce((a, b) => a + b, 0); return sum;",
  maps: "const map = new Map(); for (let i = 0; i < 1e6; i++) map.set(i % 5e3, i); return map.size;",
  strings:
    "let size = 0; for (let i = 0; i < 3e5; i++) size += `order ${i} of ${i % 7}`.split(' ').join('-').length; return size;",
  "regular expressions":
    "let found = 0; for (let i = 0; i < 2e5; i++) if (/^order-(\\d+)-(of)?/.exec('order-' + i)) found++; return found;",
  JSON: "const text = JSON.stringify(Array.from({ length: 2e3 }, (_, id) => ({ id, name: 'item ' + id }))); let n = 0; for (let i = 0; i < 60; i++) n += JSON.parse(text).length; return n;",
};

const PACKAGES: Readonly<Record<string, string>> = {
  zod: `import { z } from "zod"; const shape = z.object({ id: z.string(), items: z.array(z.object({ sku: z.string(), count: z.int() })) });
    export const execute_action = () => shape.parse({ id: "1", items: Array.from({ length: 50 }, (_, i) => ({ sku: "s" + i, count: i })) }).items.length;`,
  yaml: `import { parse } from "yaml"; export const execute_action = () => parse(Array.from({ length: 60 }, (_, i) => "key" + i + ": [1, 2, " + i + "]").join("\\n")).key7.length;`,
  "libphonenumber-js": `import { parsePhoneNumberFromString } from "libphonenumber-js/max"; export const execute_action = () => parsePhoneNumberFromString("+15551234567").isPossible();`,
};

const goals: readonly Goal[] = [
  {
    id: "actions",
    says: "CPU time of a small action with the top tier off (the default), as a multiple of one with it on",
    unit: "× on",
    bound: { atMost: 1.05 },
  },
];

export const section: Section = {
  name: "engine",
  title: "What V8's optimizing compilers are worth",
  about:
    'The same work with `engine: { optimize }` true, "maglev" (the default) and false, called in turn, so that all three come from the same moments. Times are CPU times of the thread, means of a round, the median of the rounds in milliseconds: of a whole run for actions and packages, of the loop alone for a bare isolate under the same flags. Every run has a fresh isolate.',
  goals,
  run,
};

type Lanes = ReadonlyMap<Optimize, Rounds>;

async function run({ quick, log }: BenchOptions): Promise<Rows> {
  const rounds = quick ? 2 : 7;
  const contexts = makeContexts();
  const runtimes = await Promise.all(ENGINES.map(async ({ optimize }) => [optimize, await open(optimize)] as const));
  const bare = ENGINES.map(({ optimize, flags }) => [optimize, startBare(flags)] as const);
  const ofRuns = async (source: string, each: number): Promise<Lanes> => {
    for (const [, runtime] of runtimes) await cpuOf(runtime, source, contexts());
    return collect(runtimes, rounds, each, (runtime) => cpuOf(runtime, source, contexts()));
  };
  try {
    log("actions");
    const actions = new Map<string, Lanes>();
    for (const kind of ["reply", "hand-off"] as const)
      actions.set(kind, await ofRuns(readActionSource(kind), quick ? 20 : 150));
    log("packages");
    const packages = new Map<string, Lanes>();
    for (const [name, source] of Object.entries(PACKAGES)) packages.set(name, await ofRuns(source, quick ? 4 : 20));
    log("loops");
    const loops = new Map<string, Lanes>();
    for (const [name, code] of Object.entries(LOOPS)) {
      loops.set(name, await ofRuns(`export function execute_action() { ${code} }`, 1));
      loops.set(`${name}, bare isolate`, await collect(bare, rounds, 1, (child) => cpuOfBare(child, code)));
    }
    const worth = ["reply", "hand-off"].map((kind) =>
      ratio(actions.get(kind)!.get("maglev")!, actions.get(kind)!.get(true)!),
    );
    return {
      tables: [tableOf("Actions", actions), tableOf("Packages", packages), tableOf("Loops", loops)],
      reached: [
        {
          goal: "actions",
          ...mostOf(worth),
          why: "A small action ends before V8 would have optimized anything of it.",
        },
      ],
      notes: ["Ratios are made round by round of the means of both; the range is that of the rounds."],
    };
  } finally {
    for (const [, child] of bare) child.kill();
    for (const [, runtime] of runtimes) await runtime.close();
  }
}

async function collect<T>(
  lanes: readonly (readonly [Optimize, T])[],
  rounds: number,
  each: number,
  measure: (lane: T) => Promise<number>,
): Promise<Lanes> {
  const samples = new Map<Optimize, number[][]>(lanes.map(([optimize]) => [optimize, []]));
  for (let round = 0; round < rounds; round++) {
    // The mean of a round: many kernels count CPU time in steps of milliseconds, so that a short run shows none or a whole step.
    const sums = new Map<Optimize, number>();
    for (let lap = 0; lap < each; lap++)
      for (const [optimize, lane] of lanes) sums.set(optimize, (sums.get(optimize) ?? 0) + (await measure(lane)));
    for (const [optimize, sum] of sums) samples.get(optimize)!.push([sum / each]);
  }
  return samples;
}

function open(optimize: Optimize): Promise<Runtime> {
  const allow = Object.fromEntries(Object.keys(PACKAGES).map((name) => [name, versionOf(name)]));
  return createRuntime({
    engine: { optimize },
    workers: 1,
    packages: { folder: ROOT, allow },
    limits: { cpuMs: 60_000, wallMs: 120_000, compileMs: 60_000 },
  });
}

function versionOf(name: string): string {
  const manifest = readFileSync(`${ROOT}node_modules/${name}/package.json`, "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

async function cpuOf(runtime: Runtime, source: string, context: object): Promise<number> {
  const { status, error, usage } = await runtime.execute({ action: { source }, context: context as never });
  if (status !== "returned") throw new Error(`an action ended as ${status}: ${error?.message}`);
  return usage.cpuMs;
}

function startBare(flags: readonly string[]): ChildProcess {
  const file = fileURLToPath(new URL("../bare-engine.ts", import.meta.url));
  return fork(file, { execArgv: ["--no-warnings", "--no-node-snapshot", "--single-threaded", ...flags] });
}

async function cpuOfBare(child: ChildProcess, code: string): Promise<number> {
  child.send(code);
  const [cpuMs] = (await once(child, "message")) as [number];
  return cpuMs;
}

const mostOf = (spreads: readonly Spread[]): Spread => spreads.reduce((a, b) => (b.value > a.value ? b : a));

function tableOf(title: string, lanes: ReadonlyMap<string, Lanes>): Table {
  const ms = (rounds: Rounds): string => median(rounds.flat()).toFixed(2);
  const times = ({ value, low, high }: Spread): string => `${value.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
  return {
    title,
    columns: ["work", "true", "maglev", "× true", "false", "× true "],
    rows: [...lanes].map(([name, each]) => {
      const [on, maglev, off] = [each.get(true)!, each.get("maglev")!, each.get(false)!];
      return [name, ms(on), ms(maglev), times(ratio(maglev, on)), ms(off), times(ratio(off, on))];
    }),
  };
}
