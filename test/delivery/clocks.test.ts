// Machines whose clocks are wrong and are set while they run, on one store: what counts is the store's time. All of it on a simulated clock.
import { describe, expect, test } from "@jest/globals";
import { openHandoffs, type DurableHandoffs, type HandoffsOptions } from "../../delivery/index.ts";
import { createMemoryStore } from "../../delivery/open-store.ts";
import type { HandoffStore as Store } from "../../delivery/store-schema.ts";
import { beginRequest, outcomeOf, recordRequest, scriptedProvider, transferRecord } from "./fixtures.ts";
import { createVirtualTime } from "./virtual-time.ts";

const HOUR = 3_600_000;
const never = new AbortController().signal;

/** One store with a clock of its own, and machines whose clocks are off by what each says at every look. */
function world() {
  const time = createVirtualTime();
  const store: Store = { ...createMemoryStore(), time: async () => time.now() };
  return {
    ...time,
    machine(off: () => number, options: Partial<HandoffsOptions> = {}): Promise<DurableHandoffs> {
      const clock = { ...time.clock, now: () => time.now() + off() };
      return openHandoffs({ store, clock, relay: false, ...options });
    },
  };
}

test.each([HOUR, -HOUR])("a transfer is dialled within its 15 s and expires after them, %p ms off", async (ms) => {
  const { machine, pass } = world();
  const provider = scriptedProvider({});
  const recording = await machine(() => -ms, { provider });
  const relaying = await machine(() => ms, { provider });
  relaying.start();
  const [intime, late] = [transferRecord(), transferRecord()];
  await recording.record(intime);
  await recording.record(late);
  await pass(14_000);
  expect(await recording.outbox.show(late.intentId)).toMatchObject({ state: "transferring", task: "dial" });
  expect(await recording.fire(intime.intentId, never)).toBe("accepted");
  await pass(2000);
  const row = await recording.outbox.show(late.intentId);
  expect(row).toMatchObject({ state: "transfer_failed", code: "transfer_expired" });
  expect(provider.dialled).toHaveLength(1);
});

test("an execution is not found lost by a machine whose clock is ahead", async () => {
  const { machine, pass } = world();
  const running = await machine(() => -HOUR);
  const other = await machine(() => HOUR);
  const run = beginRequest();
  await running.begin(run);
  let found: unknown = null;
  const waiting = other.begin(run).then((begun) => (found = begun));
  await pass(60_000);
  expect(found).toBeNull();
  const outcome = outcomeOf(run.executionId);
  await running.end(run.tenant, run.executionId, outcome);
  await pass(2000);
  expect(await waiting).toEqual({ replay: outcome });
});

test("a row that one relay delivers is not taken by another whose clock is ahead", async () => {
  const { machine, pass } = world();
  const slow = Promise.withResolvers<{ type: "delivered" }>();
  const first = { ...scriptedProvider({}), deliver: () => slow.promise };
  const second = scriptedProvider({});
  const delivering = await machine(() => -HOUR, { provider: first });
  const claim = recordRequest();
  await delivering.record(claim);
  delivering.start();
  await pass(100);
  const other = await machine(() => HOUR, { provider: second });
  other.start();
  await pass(10_000);
  slow.resolve({ type: "delivered" });
  await pass(100);
  expect(second.delivered).toEqual([]);
  expect(await other.outbox.show(claim.intentId)).toMatchObject({ status: "delivered" });
});

test("a clock that is set while it is looked at moves nothing", async () => {
  const { machine, pass } = world();
  let looks = 0;
  const provider = scriptedProvider({});
  const handoffs = await machine(() => ((looks += 1) % 2 === 0 ? -24 * HOUR : 24 * HOUR), { provider });
  handoffs.start();
  const [transfer, run] = [transferRecord(), beginRequest()];
  await handoffs.begin(run);
  await handoffs.record(transfer);
  await pass(14_000);
  expect(await handoffs.outbox.show(transfer.intentId)).toMatchObject({ state: "transferring" });
  expect(await handoffs.fire(transfer.intentId, never)).toBe("accepted");
  await pass(60_000);
  const outcome = outcomeOf(run.executionId);
  await handoffs.end(run.tenant, run.executionId, outcome);
  expect(await handoffs.begin(run)).toEqual({ replay: outcome });
});

test("drift is followed: what the store says later counts", async () => {
  const { clock, now, pass } = createVirtualTime();
  let drift = 0;
  const store: Store = { ...createMemoryStore(), time: async () => now() + drift };
  const handoffs = await openHandoffs({ store, clock, relay: false });
  drift = 90_000;
  await pass(6000);
  const claim = recordRequest();
  await handoffs.record(claim);
  const recordedAt = (await handoffs.outbox.show(claim.intentId))?.recordedAt ?? "";
  expect(Math.abs(Date.parse(recordedAt) - now() - drift)).toBeLessThan(1000);
});

describe("a machine's clock that is set far ahead, and put right", () => {
  const DAY = 24 * HOUR;
  async function afterJump(days: number) {
    const time = createVirtualTime();
    const clock = { ahead: 0 };
    const handoffs = await openHandoffs({
      store: "memory:",
      relay: false,
      clock: { ...time.clock, now: () => time.now() + clock.ahead },
    });
    const run = beginRequest();
    await handoffs.begin(run);
    const outcome = outcomeOf(run.executionId);
    await handoffs.end(run.tenant, run.executionId, outcome);
    const claim = recordRequest();
    await handoffs.record(claim);
    await handoffs.outbox.drop(claim.intentId);
    await handoffs.handBack(claim);
    clock.ahead = days * DAY;
    return { ...time, handoffs, run, outcome, claim, clock };
  }

  test("has no execution forgotten, and none run twice", async () => {
    const { handoffs, run, outcome, pass, clock } = await afterJump(30);
    // At once, and after the tidying of half an hour.
    expect(await handoffs.begin(run)).toEqual({ replay: outcome });
    await pass(HOUR / 2);
    expect(await handoffs.begin(run)).toEqual({ replay: outcome });
    clock.ahead = 0;
    await pass(2 * HOUR);
    expect(await handoffs.begin(run)).toEqual({ replay: outcome });
    await handoffs.close();
  });

  test("has no hand-off erased", async () => {
    const { handoffs, claim, pass, clock } = await afterJump(120);
    await pass(HOUR / 2);
    clock.ahead = 0;
    await pass(2 * HOUR);
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({ reason: claim.reason });
    await handoffs.close();
  });

  test("and one that stays there is believed after an hour", async () => {
    const { handoffs, run, pass } = await afterJump(30);
    await pass(2 * HOUR);
    expect(await handoffs.begin(run)).not.toHaveProperty("replay");
    await handoffs.close();
  });
});
