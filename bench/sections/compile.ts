/** What compiling costs: with nothing started, with the compile process up, and from the cache. */
import { createRuntime } from "../../runtime/index.ts";
import { readActionSource } from "../fixture.ts";
import type { BenchOptions, Rows, Section } from "../section.ts";
import { type Rounds, summarize } from "../stats.ts";

const LARGE_BYTES = 200_000;

export const section: Section = {
  name: "compile",
  title: "Compiling, and the cache of bundles",
  about:
    "Through `runtime.compile`. Cold: a new runtime, so the compile process and esbuild start first. Warm: a source never seen before. Cached: the same source again, found by its content.",
  goals: [],
  run,
};

async function run(options: BenchOptions): Promise<Rows> {
  const size = options.quick ? { cold: 1, warm: 3, cached: 20 } : { cold: 8, warm: 60, cached: 1_000 };
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
        ],
      },
    ],
    reached: [],
    notes: [],
  };
}

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
