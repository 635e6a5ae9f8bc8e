/** What compiling costs: with nothing started, with the compile process up, and from the cache; and what the walls add to a start. */
import { shippedLanguages } from "../../languages/index.ts";
import { type CompilePlace, findView, userFor } from "../../languages/compile/launch.ts";
import { startCompileProcess } from "../../languages/compile/process.ts";
import { DEFAULT_LIMITS, createRuntime } from "../../runtime/index.ts";
import { readActionSource } from "../fixture.ts";
import type { BenchOptions, Rows, Section } from "../section.ts";
import { type Rounds, difference, ratio, summarize } from "../stats.ts";

const LARGE_BYTES = 200_000;
const MEMORY_BYTES = 768 * 1024 * 1024;

export const section: Section = {
  name: "compile",
  title: "Compiling, and the cache of bundles",
  about:
    "Through `runtime.compile`. Cold: a new runtime, so the compile process and esbuild start first. Warm: a source never seen before. Cached: the same source again, found by its content. A start: one compile process, from its start until it has compiled the action, behind its walls and without any, in turn.",
  goals: [
    {
      id: "walled-start",
      says: "a compile process behind its walls starts, more than one without, median",
      unit: "ms",
      bound: { atMost: 15 },
    },
  ],
  run,
};

async function run(options: BenchOptions): Promise<Rows> {
  const size = options.quick
    ? { cold: 1, warm: 3, cached: 20, pairs: 3 }
    : { cold: 8, warm: 60, cached: 1_000, pairs: 30 };
  const small = readActionSource("hand-off");
  options.log("cold");
  const cold: number[] = [];
  for (let time = 0; time < size.cold; time++) cold.push((await compileAll([small]))[0]!);
  options.log("warm and cached");
  const warm = await compileAll([small, ...distinct(small, size.warm)]);
  const cached = await compileAll([small, ...Array.from({ length: size.cached }, () => small)]);
  const source = large();
  const warmLarge = await compileAll([small, ...distinct(source, Math.ceil(size.warm / 6))]);
  const cachedLarge = await compileAll([source, ...Array.from({ length: size.cached }, () => source)]);
  options.log("behind walls and without");
  const { walled, bare } = await startsInPairs(small, size.pairs);
  return {
    tables: [
      {
        title: "Milliseconds until the hash is there",
        columns: ["case", "bytes of source", "times", "p50 ms", "p99 ms"],
        rows: [
          rowOf("cold", small, [cold]),
          rowOf("warm", small, [warm.slice(1)]),
          rowOf("warm, large", source, [warmLarge.slice(1)]),
          rowOf("cached", small, [cached.slice(1)]),
          rowOf("cached, large", source, [cachedLarge.slice(1)]),
          rowOf("start, behind walls", small, walled),
          rowOf("start, without walls", small, bare),
        ],
      },
    ],
    reached: [
      {
        goal: "walled-start",
        ...difference(walled, bare),
        why: "namespaces, the view's mounts, setpriv, a cgroup; Node's own start is in both",
      },
    ],
    notes: [
      `Starts behind walls took ${ratio(walled, bare).value.toFixed(2)} times as long as those without, the median of ${walled.length} pairs.`,
    ],
  };
}

/** Milliseconds of a process each, until it has compiled the action: each pair is a round. */
async function startsInPairs(source: string, pairs: number): Promise<Record<"walled" | "bare", number[][]>> {
  const view = findView(
    null,
    shippedLanguages().all.flatMap((language) => language.compilerFolders?.() ?? []),
  );
  const places: Record<"walled" | "bare", CompilePlace> = {
    walled: { user: userFor({ root: null, packages: null, reads: [] }, view), view },
    bare: { user: "bare", view: null },
  };
  const rounds: Record<"walled" | "bare", number[][]> = { walled: [], bare: [] };
  for (let pair = -1; pair < pairs; pair++)
    for (const which of pair % 2 === 0 ? (["walled", "bare"] as const) : (["bare", "walled"] as const)) {
      const ms = await startOf(places[which], source);
      // The first finds nothing in the machine's own caches.
      if (pair >= 0) rounds[which].push([ms]);
    }
  return rounds;
}

async function startOf(place: CompilePlace, source: string): Promise<number> {
  const { compiler } = shippedLanguages().all[0]!;
  const { sourceBytes, bundleBytes } = DEFAULT_LIMITS;
  const begun = performance.now();
  const process = startCompileProcess(compiler, place, MEMORY_BYTES);
  const request = { compiler, filename: "action.ts", source, root: null, packages: null, settings: null, reads: [], sourceBytes, bundleBytes };
  const answer = await process.ask(request, 60_000);
  const ms = performance.now() - begun;
  await process.kill();
  if (answer.type !== "result" || answer.result.type !== "built") throw new Error(`it did not compile: ${answer.type}`);
  return ms;
} // prettier-ignore

/** Milliseconds of each, one after the other, in a runtime of their own. */
async function compileAll(sources: readonly string[]): Promise<number[]> {
  await using runtime = await createRuntime({ workers: 1 });
  const samples: number[] = [];
  for (const source of sources) {
    const begun = performance.now();
    const { diagnostics } = await runtime.compile({ source, filename: "action.ts" });
    samples.push(performance.now() - begun);
    if (diagnostics.length > 0) throw new Error(`it does not compile: ${diagnostics[0]!.message}`);
  }
  return samples;
}

function distinct(source: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${source}\nexport const version = ${index};\n`);
}

function large(): string {
  let source = readActionSource("hand-off");
  for (let index = 0; source.length < LARGE_BYTES; index++)
    source += `\nexport function step_${index}(value: number, name: string) { return { value: value + ${index}, name: name.trim() }; }`;
  return source;
}

function rowOf(title: string, source: string, rounds: Rounds): (string | number)[] {
  const { count, p50, p99 } = summarize(rounds);
  return [title, source.length, count, p50.value, p99.value];
}
