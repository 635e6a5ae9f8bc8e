/**
 * What a durable hand-off costs, per store, beside the bare cost of committing the same rows by the same driver in the same minute:
 * `node bench/delivery.ts`. Figures of one run give ratios; a machine that is busy with other things moves all of them together.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHandoffs, type DurableHandoffs, type Provider } from "../delivery/index.ts";
import type { RecordRequest } from "../runtime/handoffs/handoffs.ts";
import { startPostgres } from "../test/delivery/postgres-server.ts";
import { barePostgres, bareSqlite, type Bare } from "./bare-commit.ts";

export interface DeliveryFigures {
  readonly store: "memory" | "sqlite" | "postgres";
  /** Milliseconds of one hand-off: alone, and with 32 at once. */
  readonly alone: Percentiles;
  readonly together: Percentiles;
  /** The same rows committed bare; null where there is no commit. */
  readonly bareAlone: Percentiles | null;
  readonly bareTogether: Percentiles | null;
  /** Ratio of the p50s, hand-off to bare. */
  readonly ratioAlone: number | null;
  readonly ratioTogether: number | null;
  readonly claimsPerSecond: number;
  readonly drainedPerSecond: number;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

export interface DeliveryBench {
  /** Hand-offs measured alone; four times as many are measured together. */
  readonly rounds?: number;
}

const AT_ONCE = 32;

export async function benchDelivery({ rounds = 300 }: DeliveryBench = {}): Promise<readonly DeliveryFigures[]> {
  const folder = mkdtempSync(join(tmpdir(), "baton-bench-"));
  const server = await startPostgres();
  try {
    return [
      await measure("memory", "memory:", null, rounds),
      await measure(
        "sqlite",
        `sqlite:${join(folder, "handoffs.db")}`,
        () => bareSqlite(join(folder, "bare.db")),
        rounds,
      ),
      await measure("postgres", server.url(), () => barePostgres(server.url()), rounds),
    ];
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

let made = 0;
function request(): RecordRequest {
  made += 1;
  return {
    intentId: `00000000-0000-4000-8000-${String(made).padStart(12, "0")}`,
    tenant: "acme",
    executionId: `execution-${made}`,
    conversationId: `conversation-${made}`,
    epoch: 0,
    kind: "handoff",
    reason: "Order flagged for fraud review",
    phoneDestination: null,
    call: null,
  };
}

async function measure(
  name: DeliveryFigures["store"],
  store: string,
  openBare: (() => Promise<Bare>) | null,
  rounds: number,
): Promise<DeliveryFigures> {
  const handoffs = await openHandoffs({ store });
  const bare = openBare && (await openBare());
  const own = (): Promise<unknown> => handoffs.record(request());
  const other = bare && ((): Promise<unknown> => bare.commit(request()));
  try {
    // Warm, and in turns, so that what the machine does meanwhile falls on both alike.
    await inTurns(50, 1, [own, other]);
    const [alone = [], bareAlone = []] = await inTurns(rounds, 1, [own, other]);
    await inTurns(8, AT_ONCE, [own, other]);
    const [together, bareTogether, spent] = await inTurnsTimed(rounds / 8, AT_ONCE, [own, other]);
    const figures = {
      alone: percentiles(alone),
      together: percentiles(together),
      bareAlone: other && percentiles(bareAlone),
      bareTogether: other && percentiles(bareTogether),
    };
    return {
      store: name,
      ...figures,
      ratioAlone: figures.bareAlone && round(figures.alone.p50 / figures.bareAlone.p50),
      ratioTogether: figures.bareTogether && round(figures.together.p50 / figures.bareTogether.p50),
      claimsPerSecond: Math.round((together.length / spent) * 1000),
      drainedPerSecond: await drain(handoffs, store),
    };
  } finally {
    await bare?.close();
    await handoffs.close();
  }
}

type Work = (() => Promise<unknown>) | null;

async function inTurns(rounds: number, atOnce: number, works: readonly Work[]): Promise<number[][]> {
  return (await inTurnsTimed(rounds, atOnce, works)).slice(0, works.length) as number[][];
}

/** Milliseconds of each call by work, and at the end the milliseconds that the first work took in all. */
async function inTurnsTimed(
  rounds: number,
  atOnce: number,
  works: readonly Work[],
): Promise<[number[], number[], number]> {
  const times: [number[], number[]] = [[], []];
  let spent = 0;
  for (let turn = 0; turn < rounds; turn += 1) {
    for (const [at, work] of works.entries()) {
      if (work === null) continue;
      const start = performance.now();
      const timed = async (): Promise<number> => {
        await work();
        return performance.now() - start;
      };
      times[at]?.push(...(await Promise.all(Array.from({ length: atOnce }, timed))));
      if (at === 0) spent += performance.now() - start;
    }
  }
  return [...times, spent];
}

/** How fast relay and store empty an outbox into a provider that costs nothing. */
async function drain(handoffs: DurableHandoffs, store: string): Promise<number> {
  const waiting = await handoffs.outbox.list({ status: "waiting", limit: 1_000_000 });
  // Memory cannot be opened a second time, so its rows stay with the handle that has no provider.
  if (store === "memory:") return drainMemory(waiting.length);
  let left = waiting.length;
  const done = Promise.withResolvers<void>();
  const provider = countingProvider(() => {
    left -= 1;
    if (left === 0) done.resolve();
  });
  const start = performance.now();
  await using relay = await openHandoffs({ store, provider, settings: { concurrency: 128 } });
  await done.promise;
  await relay.outbox.list({ limit: 1 });
  return Math.round((waiting.length / (performance.now() - start)) * 1000);
}

async function drainMemory(rows: number): Promise<number> {
  let left = rows;
  const done = Promise.withResolvers<void>();
  const provider = countingProvider(() => {
    left -= 1;
    if (left === 0) done.resolve();
  });
  await using handoffs = await openHandoffs({
    store: "memory:",
    provider,
    relay: false,
    settings: { concurrency: 128 },
  });
  for (let row = 0; row < rows; row += 1) await handoffs.record(request());
  const start = performance.now();
  handoffs.start();
  await done.promise;
  return Math.round((rows / (performance.now() - start)) * 1000);
}

function countingProvider(count: () => void): Provider {
  return {
    name: "counting",
    async deliver() {
      count();
      return { type: "delivered" };
    },
  };
}

function percentiles(times: number[]): Percentiles {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number): number =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);
  return { p50: at(0.5), p99: at(0.99) };
}

const round = (value: number): number => Math.round(value * 1000) / 1000;

if (process.argv[1] === import.meta.filename) {
  for (const figures of await benchDelivery()) console.log(JSON.stringify(figures));
}
