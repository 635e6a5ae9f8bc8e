/** Cost as work grows: more tenants, of whom few call often and many seldom, on the same processors. */
import { type Caller, startBaton } from "../baton.ts";
import type { BenchOptions, Rows, Section } from "../section.ts";
import { summarize } from "../stats.ts";

const IN_FLIGHT = 8;

interface Sharing {
  readonly title: string;
  readonly workers?: number;
  readonly cordonOf: (tenant: string) => string | undefined;
}

const SHARINGS: readonly Sharing[] = [
  { title: "a cordon each, default workers", cordonOf: () => undefined },
  { title: "a cordon each, 32 workers", workers: 32, cordonOf: () => undefined },
  { title: "one cordon for all, default workers", cordonOf: () => "all" },
];

export const section: Section = {
  name: "tenants",
  title: "Cost as tenants grow",
  about: `Tenants call with Zipf frequencies (exponent 1), ${IN_FLIGHT} requests in flight at any time, no host call. By default each tenant is a cordon of its own and no two cordons share a process, so whoever calls seldom pays for a process start; a host that trusts tenants with each other names one cordon for them.`,
  goals: [],
  run,
};

async function run(options: BenchOptions): Promise<Rows> {
  const counts = options.quick ? [1, 10] : [1, 10, 100, 1_000];
  const rows: (string | number)[][] = [];
  for (const sharing of SHARINGS)
    for (const count of counts) {
      options.log(`${count} tenants, ${sharing.title}`);
      rows.push([sharing.title, count, ...(await measure(sharing, count, options.quick ? 400 : 5_000))]);
    }
  return {
    tables: [
      {
        title: "Throughput and latency",
        columns: ["sharing", "tenants", "runs a second", "p50 ms", "p99 ms", "lost runs"],
        rows,
      },
    ],
    reached: [],
    notes: [],
  };
}

async function measure({ workers, cordonOf }: Sharing, count: number, ms: number): Promise<number[]> {
  const caller = await startBaton(workers === undefined ? {} : { workers });
  const pick = zipf(count);
  try {
    await call(caller, pick, cordonOf, ms / 4);
    const begun = performance.now();
    const { samples, lost } = await call(caller, pick, cordonOf, ms);
    const { p50, p99 } = summarize([samples]);
    return [(samples.length * 1_000) / (performance.now() - begun), p50.value, p99.value, lost];
  } finally {
    await caller.close();
  }
}

async function call(
  caller: Caller,
  pick: () => number,
  cordonOf: Sharing["cordonOf"],
  ms: number,
): Promise<{ samples: number[]; lost: number }> {
  const until = performance.now() + ms;
  const samples: number[] = [];
  let lost = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < until) {
      const tenant = `tenant-${pick()}`;
      const cordon = cordonOf(tenant);
      const begun = performance.now();
      const { status } = await caller.attempt("reply", { tenant, ...(cordon === undefined ? {} : { cordon }) });
      if (status === "returned") samples.push(performance.now() - begun);
      else lost++;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return { samples, lost };
}

/** The first tenant calls twice as often as the second, three times as often as the third. */
function zipf(count: number): () => number {
  const sums: number[] = [];
  let sum = 0;
  for (let rank = 1; rank <= count; rank++) sums.push((sum += 1 / rank));
  return () => {
    const at = Math.random() * sum;
    return sums.findIndex((upTo) => at < upTo);
  };
}
