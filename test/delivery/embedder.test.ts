// What an embedder gives and gets wrong (a logger, ids, chance, a provider that cannot be closed) stops neither the relay nor the process.
import { expect, jest, test } from "@jest/globals";
import { openHandoffs, type Provider } from "../../delivery/index.ts";
import { createMemoryStore } from "../../delivery/open-store.ts";
import { fire } from "../../runtime/fire.ts";
import { createHostLog } from "../../runtime/log.ts";
import { eventually, outcomeOf, recordRequest, scriptedProvider } from "./fixtures.ts";
import { createVirtualTime } from "./virtual-time.ts";

const failing = (): never => {
  throw new Error("the disk of the log is full");
};
const LOGGERS = {
  throws: { debug: failing, info: failing, warn: failing, error: failing },
  rejects: Object.fromEntries(["debug", "info", "warn", "error"].map((level) => [level, async () => failing()])),
};

test.each(Object.entries(LOGGERS))("a logger that %s costs its lines and nothing else", async (_, logger) => {
  const unhandled = jest.fn();
  process.on("unhandledRejection", unhandled);
  const provider = scriptedProvider({ deliveries: [new Error("down"), { type: "dead", code: "gone" }] });
  const store = createMemoryStore();
  let away = true;
  const flaky = {
    ...store,
    run: ((name: "lease", input: never) =>
      name === "lease" && away ? Promise.reject(new Error("away")) : store.run(name, input)) as typeof store.run,
  };
  const settings = { pollMs: 5, maxAttempts: 2 };
  await using handoffs = await openHandoffs({
    store: flaky,
    provider,
    settings,
    random: () => 0,
    logger: logger as never,
  });
  const claim = recordRequest();
  await handoffs.record(claim);
  await new Promise((resolve) => setTimeout(resolve, 20));
  away = false;
  await eventually(() => handoffs.outbox.show(claim.intentId), (row) => row?.status === "dead"); // prettier-ignore
  const log = createHostLog(logger as never);
  log.settled(
    { tenant: "acme", executionId: "e" },
    outcomeOf("e", { warnings: [{ code: "HANDOFF_REJECTED", message: "" }] }),
  );
  log.walls([]);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test.each([Number.NaN, -1, 5, undefined])("chance that is %p gives a pause all the same", async (chance) => {
  const provider = scriptedProvider({ deliveries: [{ type: "retry", code: "x" }, { type: "delivered" }] });
  const settings = { pollMs: 5 };
  await using handoffs = await openHandoffs({ store: "memory:", provider, settings, random: () => chance as number });
  const claim = recordRequest();
  await handoffs.record(claim);
  const row = await eventually(() => handoffs.outbox.show(claim.intentId), (seen) => seen?.code === "x"); // prettier-ignore
  expect(Date.parse(row?.nextAt ?? "") - Date.parse(row?.recordedAt ?? "")).toBeLessThan(60_000);
});

test.each([
  ["throws", () => failing()],
  ["rejects", async () => failing()],
  ["never ends", () => new Promise<void>(() => {})],
])("a provider whose close %s keeps no store open", async (_, close) => {
  const time = createVirtualTime();
  const ended = jest.fn(async () => {});
  const store = { ...createMemoryStore(), time: async () => time.now(), close: ended };
  const provider: Provider = { ...scriptedProvider({}), close: close as () => Promise<void> };
  const handoffs = await openHandoffs({ store, provider, clock: time.clock });
  await time.until(handoffs.close());
  expect(ended).toHaveBeenCalledTimes(1);
});

test("the runtime waits for a dial for as long as the keeper of hand-offs says", async () => {
  await using handoffs = await openHandoffs({ store: "memory:", settings: { fireMs: 7500 } });
  expect(handoffs.fireMs).toBe(7500);
  const later = <T>(value: T, ms: number) => new Promise<T>((resolve) => setTimeout(() => resolve(value), ms));
  const keeper = (fireMs: number) => ({ fireMs, fire: () => later("accepted" as const, 300) });
  const effective = {
    kind: "phone_transfer",
    state: "recorded",
    intentId: "i",
    reason: null,
    phoneDestination: null,
  } as const;
  const recorded = { intents: [], effective, overflowed: false, skipped: false };
  expect(await fire(keeper(20), recorded)).toBe("unknown");
  expect(await fire(keeper(60_000), recorded)).toBe("accepted");
});

test("half milliseconds of settings, and of a clock, stand in no table", async () => {
  const time = createVirtualTime();
  const memory = createMemoryStore();
  const times: unknown[] = [];
  const store = {
    ...memory,
    run: ((name: "lease", input: object) => {
      times.push(...timesIn(input));
      return memory.run(name, input as never);
    }) as typeof memory.run,
  };
  const provider = scriptedProvider({ deliveries: [{ type: "retry", code: "x", afterMs: 10.5 }] });
  const keys = [
    "leaseMs",
    "dialWithinMs",
    "executionLeaseMs",
    "keepMs",
    "keepHandoffsMs",
    "deliverForMs",
    "fireMs",
    "recordMs",
  ];
  const settings = Object.fromEntries(keys.map((key) => [key, 12_345.678]));
  const clock = { ...time.clock, now: () => time.now() + 0.25 };
  const handoffs = await openHandoffs({ store, provider, clock, settings });
  await handoffs.record(recordRequest());
  await time.pass(120_000);
  await time.until(handoffs.close());
  expect(times.length).toBeGreaterThan(20);
  expect(times.filter((at) => !Number.isInteger(at))).toEqual([]);
});

function timesIn(input: unknown): unknown[] {
  if (typeof input !== "object" || input === null) return [];
  return Object.values(input).flatMap((value) => (typeof value === "number" ? [value] : timesIn(value)));
}
