/**
 * A relay among desks that hang and desks that answer, on simulated time: how long hand-offs of the healthy tenants wait.
 * `node test/delivery/hanging-world.ts 1000` plays it with so many hanging tenants and prints the waits.
 */
import { openHandoffs, type DeliveryResult, type Provider } from "../../delivery/index.ts";
import { createMemoryStore } from "../../delivery/open-store.ts";
import { recordRequest } from "./fixtures.ts";
import { createVirtualTime, type VirtualTime } from "./virtual-time.ts";

/** What a desk that is not well does with a delivery. */
export type Illness = (
  time: VirtualTime,
  signal: AbortSignal,
  attempt: number,
) => Promise<DeliveryResult> | DeliveryResult;

const over = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
const after = (ms: number, result: DeliveryResult): Illness => {
  return async (time, signal) => {
    await time.clock.sleep(ms, { signal });
    return result;
  };
};
const hangs: Illness = async (_, signal) => {
  await over(signal);
  return { type: "retry", code: "aborted" };
};

export const ILLNESSES = {
  "hang for ever": hangs,
  "answer after 20 s": after(20_000, { type: "delivered" }),
  "answer after 10 s": after(10_000, { type: "delivered" }),
  "take a connection and never finish its handshake": after(10_000, { type: "retry", code: "webhook_unreached" }),
  "hang at every other attempt": (time, signal, attempt) =>
    attempt % 2 === 1 ? hangs(time, signal, attempt) : { type: "delivered" },
} satisfies Record<string, Illness>;

export interface World {
  readonly hanging: number;
  readonly healthy?: number;
  readonly illness?: Illness;
  /** One provider in place of a desk for each tenant. */
  readonly endpoint?: (tenant: string) => string;
}

const HEALTHY_MS = 50;

export async function createWorld({ hanging, healthy = 100, illness = hangs, endpoint }: World) {
  const time = createVirtualTime();
  const recordedAt = new Map<string, number>();
  const cured = new Set<string>();
  let waits: number[] = [];
  let delivered: string[] = [];
  let out = 0;
  let mostOut = 0;
  let attempts = 0;
  const deskOf = (tenant: string): Provider => ({
    name: tenant,
    ...(endpoint ? { endpoint: endpoint(tenant) } : {}),
    async deliver({ intentId, attempt }, signal) {
      if (tenant.startsWith("hanging") && !cured.has(tenant)) {
        attempts += 1;
        out += 1;
        mostOut = Math.max(mostOut, out);
        const result = await illness(time, signal, attempt);
        out -= 1;
        return result;
      }
      await time.clock.sleep(HEALTHY_MS);
      waits.push(time.now() - (recordedAt.get(intentId) as number));
      delivered.push(tenant);
      return { type: "delivered" };
    },
  });
  const store = { ...createMemoryStore(), time: async () => time.now() };
  const handoffs = await openHandoffs({ store, provider: deskOf, clock: time.clock, random: () => 0.5 });
  async function record(tenants: readonly string[]): Promise<void> {
    for (const tenant of tenants) {
      const claim = recordRequest({ tenant });
      recordedAt.set(claim.intentId, time.now());
      await time.until(handoffs.record(claim));
    }
  }
  const named = (name: string, many: number): string[] => Array.from({ length: many }, (_, at) => `${name}-${at}`);
  return {
    time,
    record,
    hanging: named("hanging", hanging),
    healthy: named("healthy", healthy),
    cure: (tenant: string) => void cured.add(tenant),
    /** What healthy tenants waited since the last look, and whose hand-offs arrived. */
    look() {
      const seen = { waits: waits.toSorted((a, b) => a - b), delivered };
      waits = [];
      delivered = [];
      return seen;
    },
    figures: () => ({ mostOut, attempts }),
    close: () => time.until(handoffs.close()),
  };
}

if (process.argv[1] === import.meta.filename) {
  for (const [name, illness] of Object.entries(ILLNESSES)) {
    const world = await createWorld({ hanging: Number(process.argv[2] ?? 300), illness });
    for (const [wave, who] of [
      ["first meeting", [...world.hanging, ...world.healthy]],
      ["healthy alone", world.healthy],
      ["both again", [...world.hanging, ...world.healthy]],
    ] as const) {
      await world.record(who);
      await world.time.pass(30_000);
      const { waits } = world.look();
      console.log(
        `${name}, ${wave}: ${waits.length} delivered, p50 ${waits[waits.length >> 1]} ms, most ${waits.at(-1)} ms`,
      );
    }
    console.log(JSON.stringify(world.figures()));
  }
  process.exit(0);
}
