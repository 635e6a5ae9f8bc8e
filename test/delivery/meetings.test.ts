// What happens at the same moment, in every order that hurts: on a simulated clock, with a provider that answers when the test says so.
import { describe, expect, test } from "@jest/globals";
import { openHandoffs, type DurableHandoffs, type HandoffsOptions, type Provider } from "../../delivery/index.ts";
import { createMemoryRows } from "../../delivery/memory-rows.ts";
import { createMemoryStore } from "../../delivery/open-store.ts";
import type { DeliveryResult, TransferRequest, TransferResult } from "../../delivery/index.ts";
import { beginRequest, outcomeOf, recordRequest, scriptedProvider, transferRecord } from "./fixtures.ts";
import { createVirtualTime } from "./virtual-time.ts";

const never = new AbortController().signal;
const DAY = 24 * 3_600_000;

function world() {
  const time = createVirtualTime();
  const rows = createMemoryRows();
  return {
    ...time,
    rows,
    machine: (options: Partial<HandoffsOptions> = {}): Promise<DurableHandoffs> =>
      openHandoffs({ store: createMemoryStore(rows), clock: time.clock, relay: false, random: () => 0, ...options }),
  };
}

/** A carrier that has the call in its hand, and says what came of it when it likes. */
function slowCarrier(reconciles?: TransferResult) {
  const answer = Promise.withResolvers<TransferResult>();
  const asked: TransferRequest[] = [];
  const { deliver, delivered } = scriptedProvider({});
  const provider: Provider = {
    name: "slow",
    ...(deliver ? { deliver } : {}),
    transfer: () => answer.promise,
    async reconcile(transfer) {
      asked.push(transfer);
      return reconciles ?? { type: "unknown", code: "dial_pending" };
    },
  };
  return { provider, answer: answer.resolve, asked, delivered };
}

describe("a conversation that is handed back while its call is transferred", () => {
  test.each([
    [{ type: "accepted" }, "accepted", "delivered"],
    [{ type: "refused", code: "call_ended" }, "refused", "dead"],
  ] as const)("stays handed back, and nobody is called in vain: %j", async (answer, result, status) => {
    const { machine, pass } = world();
    const carrier = slowCarrier();
    const handoffs = await machine({ provider: carrier.provider, relay: true });
    const claim = transferRecord();
    await handoffs.record(claim);
    const fired = handoffs.fire(claim.intentId, never);
    await pass(100);
    await handoffs.handBack(claim);
    carrier.answer(answer);
    expect(await fired).toBe(result);
    await pass(60_000);
    expect(await handoffs.getConversation(claim)).toMatchObject({ state: "bot", epoch: 1 });
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({ status });
    expect(carrier.delivered).toEqual([]);
    const next = recordRequest({ conversationId: claim.conversationId, epoch: 1 });
    expect((await handoffs.record(next)).verdict).toBe("recorded");
  });
});

describe("personal data that is erased", () => {
  test("before the call is transferred: nobody dials nothing, and a human is called without it", async () => {
    const { machine, pass } = world();
    const provider = scriptedProvider({});
    const handoffs = await machine({ provider, relay: true });
    const claim = transferRecord({ reason: "my card 4111" });
    await handoffs.record(claim);
    await handoffs.purge(claim);
    expect(await handoffs.fire(claim.intentId, never)).toBe("refused");
    await pass(1000);
    expect(provider.dialled).toEqual([]);
    const bare = { intentId: claim.intentId, reason: null, call: null, code: "purged" };
    expect(provider.delivered).toMatchObject([bare]);
  });

  test("while the call is transferred: what comes of it is written down without it", async () => {
    const { machine, pass, rows } = world();
    const carrier = slowCarrier();
    const handoffs = await machine({ provider: carrier.provider, relay: true });
    const claim = transferRecord({ reason: "my card 4111" });
    await handoffs.record(claim);
    const fired = handoffs.fire(claim.intentId, never);
    await pass(100);
    await handoffs.purge(claim);
    carrier.answer({ type: "accepted" });
    expect(await fired).toBe("accepted");
    expect(JSON.stringify([...rows.handoffs.values(), ...rows.outbox.values()])).not.toMatch(/4111|5551234567/);
    expect(await handoffs.getConversation(claim)).toMatchObject({ state: "transferred" });
  });

  test("before an unknown transfer is asked about: nobody is asked about nothing, and a person looks", async () => {
    const { machine, pass } = world();
    const carrier = slowCarrier({ type: "refused", code: "dial_never_arrived" });
    const handoffs = await machine({ provider: carrier.provider });
    const claim = transferRecord();
    await handoffs.record(claim);
    const fired = handoffs.fire(claim.intentId, never);
    carrier.answer({ type: "unknown", code: "provider_503" });
    expect(await fired).toBe("unknown");
    await handoffs.purge(claim);
    handoffs.start();
    await pass(60_000);
    expect(carrier.asked).toEqual([]);
    const row = await handoffs.outbox.show(claim.intentId);
    expect(row).toMatchObject({ state: "transfer_unknown", status: "dead", code: "purged" });
  });

  test("while a hand-off is delivered: it is settled, and stays erased", async () => {
    const { machine, pass, rows } = world();
    const delivering = Promise.withResolvers<DeliveryResult>();
    const provider = { ...scriptedProvider({}), deliver: () => delivering.promise };
    const handoffs = await machine({ provider, relay: true });
    const claim = recordRequest({ reason: "my card 4111" });
    await handoffs.record(claim);
    await pass(100);
    await handoffs.purge(claim);
    delivering.resolve({ type: "delivered" });
    await pass(100);
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({ status: "delivered", reason: null });
    expect(JSON.stringify([...rows.handoffs.values()])).not.toContain("4111");
  });

  test("is erased too where its execution ends between two looks of the purge", async () => {
    const { rows } = world();
    const memory = createMemoryStore(rows);
    const run = beginRequest();
    const of = { tenant: run.tenant, conversationId: run.conversationId ?? "" };
    let looks = 0;
    await using handoffs = await openHandoffs({
      relay: false,
      store: {
        ...memory,
        async run(name, input) {
          const done = await memory.run(name, input);
          // As if it had been running when the first look found it, and had ended when it was to be erased.
          if (name !== "purge" || (looks += 1) > 1) return done;
          const json = JSON.stringify(outcomeOf(run.executionId, { returnValue: "my card 4111" }));
          for (const [key, row] of rows.executions) rows.executions.set(key, { ...row, outcome: json, purgedAt: null });
          return { handoffs: 0, executions: 0, found: 1 } as typeof done;
        },
      },
    });
    await handoffs.begin(run);
    await handoffs.purge(of);
    expect(JSON.stringify([...rows.executions.values()])).not.toContain("4111");
  });
});

describe("the relay", () => {
  test("a receiver that takes its time holds up nobody else", async () => {
    const { machine, pass } = world();
    const delivered: string[] = [];
    const slow = new Set<string>();
    const provider: Provider = {
      name: "uneven",
      async deliver({ intentId }) {
        if (slow.has(intentId)) return new Promise(() => {});
        delivered.push(intentId);
        return { type: "delivered" };
      },
    };
    const handoffs = await machine({ provider, relay: true, settings: { concurrency: 4 } });
    const stuck = [recordRequest(), recordRequest(), recordRequest()];
    for (const claim of stuck) {
      slow.add(claim.intentId);
      await handoffs.record(claim);
    }
    await pass(100);
    const others = Array.from({ length: 8 }, () => recordRequest());
    for (const claim of others) await handoffs.record(claim);
    // Well before the first of the slow ones is given up.
    await pass(8000);
    expect(new Set(delivered)).toEqual(new Set(others.map(({ intentId }) => intentId)));
  });

  test("a relay that was silent too long settles nothing that another has taken meanwhile", async () => {
    const { machine, pass, clock } = world();
    const late = Promise.withResolvers<DeliveryResult>();
    const first = { ...scriptedProvider({}), deliver: () => late.promise };
    // As if the whole process had been stopped: no time passes for it.
    const stopped = await machine({ provider: first, clock: { ...clock, sleep: () => new Promise(() => {}) } });
    const claim = recordRequest();
    await stopped.record(claim);
    stopped.start();
    await pass(40_000);
    const second = scriptedProvider({ deliveries: [{ type: "dead", code: "webhook_410" }] });
    const other = await machine({ provider: second });
    other.start();
    await pass(1000);
    expect(await other.outbox.show(claim.intentId)).toMatchObject({ status: "dead", code: "webhook_410" });
    late.resolve({ type: "delivered" });
    await pass(1000);
    expect(await other.outbox.show(claim.intentId)).toMatchObject({ status: "dead", code: "webhook_410" });
  });

  test("a row that a person drops or retries while it is delivered is not settled over", async () => {
    const { machine, pass } = world();
    const out = [Promise.withResolvers<DeliveryResult>(), Promise.withResolvers<DeliveryResult>()];
    let asked = 0;
    const provider = { ...scriptedProvider({}), deliver: () => out[Math.min((asked += 1), 2) - 1]!.promise };
    const handoffs = await machine({ provider, relay: true });
    const claim = recordRequest();
    await handoffs.record(claim);
    await pass(100);
    await handoffs.outbox.drop(claim.intentId);
    out[0]?.resolve({ type: "delivered" });
    await pass(100);
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({ status: "dead", code: "dropped" });
  });
});

describe("the store in memory", () => {
  test("forgets what no answer depends on any more, and never that a conversation was handed off", async () => {
    const { machine, pass, until, rows } = world();
    const provider = scriptedProvider({});
    const handoffs = await machine({ provider, relay: true });
    const of = { tenant: "acme", conversationId: "busy" };
    for (let epoch = 0; epoch < 3; epoch += 1) {
      await handoffs.record(recordRequest({ ...of, epoch }));
      await handoffs.handBack(of);
    }
    await handoffs.record(recordRequest({ ...of, epoch: 3 }));
    const run = beginRequest();
    await handoffs.begin(run);
    await handoffs.end(run.tenant, run.executionId, outcomeOf(run.executionId));
    // Long enough for what may have been out when it was handed back.
    await pass(10_000);
    expect([rows.handoffs.size, rows.outbox.size, rows.executions.size]).toEqual([4, 4, 1]);
    await until(handoffs.close());
    const later = await machine({ settings: { executionLeaseMs: DAY } });
    await pass(8 * DAY);
    expect([rows.handoffs.size, rows.outbox.size, rows.claims.size, rows.executions.size]).toEqual([1, 1, 1, 0]);
    expect(rows.changes.size).toBe(0);
    expect(await later.getConversation(of)).toMatchObject({ epoch: 3, state: "handed_off" });
    expect(await later.canReply(of)).toBe(false);
  });

  test("forgets an earlier hand-off that was handed back before it was tried: nobody is owed it", async () => {
    const { machine, pass, rows } = world();
    const handoffs = await machine({ settings: { executionLeaseMs: DAY } });
    const claim = recordRequest();
    await handoffs.record(claim);
    await handoffs.handBack(claim);
    await handoffs.record(recordRequest({ conversationId: claim.conversationId, epoch: 1 }));
    await pass(8 * DAY);
    expect(rows.handoffs.size).toBe(1);
    expect(await handoffs.outbox.show(claim.intentId)).toBeNull();
    expect(await handoffs.canReply(claim)).toBe(false);
  });
});
