// A store that never answers, or answers when no call waits any more: no wait without an end, and nothing lost or doubled by what comes late.
import { describe, expect, test } from "@jest/globals";
import { openHandoffs, type DurableHandoffs, type HandoffsOptions } from "../../delivery/index.ts";
import type { OperationName } from "../../delivery/operations/index.ts";
import { createMemoryRows } from "../../delivery/memory-rows.ts";
import { createMemoryStore } from "../../delivery/open-store.ts";
import { storeAnswerLost } from "../../storage/store.ts";
import type { HandoffStore as Store } from "../../delivery/store-schema.ts";
import { beginRequest, outcomeOf, recordRequest, scriptedProvider, transferRecord } from "./fixtures.ts";
import { createVirtualTime, type VirtualTime } from "./virtual-time.ts";

const never = new AbortController().signal;
/** A memory store whose operations hang while they are named; `release` lets those that hang go on, late. */
function hangingStore(...names: readonly (OperationName | "close" | "everything")[]) {
  const rows = createMemoryRows();
  const store = createMemoryStore(rows);
  const hanging = new Set<string>(names);
  let gate = Promise.withResolvers<void>();
  const hangs = (name: string): boolean => hanging.has(name) || hanging.has("everything");
  const hung: Store = {
    ...store,
    async run(name, input) {
      if (hangs(name)) await gate.promise;
      return store.run(name, input);
    },
    async close() {
      if (hangs("close")) await gate.promise;
    },
  };
  return {
    rows,
    store: hung,
    hang: (...more: readonly (OperationName | "everything")[]) => more.forEach((name) => hanging.add(name)),
    /** What hung happens now, and nothing hangs any more. */
    async release(): Promise<void> {
      hanging.clear();
      gate.resolve();
      gate = Promise.withResolvers();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** On virtual time. */
function openIn(time: VirtualTime, store: Store, options: Partial<HandoffsOptions> = {}): Promise<DurableHandoffs> {
  return time.until(openHandoffs({ store, clock: time.clock, relay: false, random: () => 0, ...options }));
}

describe("a store that does not answer", () => {
  test.each(["begin", "standing", "end", "latest", "handBack"] as const)("to %s: the wait ends", async (name) => {
    const { store, hang, release } = hangingStore();
    const time = createVirtualTime();
    const handoffs = await openIn(time, store);
    const run = beginRequest();
    await handoffs.begin(run);
    hang(name);
    const of = { tenant: run.tenant, conversationId: run.conversationId ?? "" };
    const ask: Record<typeof name, () => Promise<unknown>> = {
      begin: () => handoffs.begin(beginRequest()),
      standing: () => handoffs.standing(of),
      end: () => handoffs.end(run.tenant, run.executionId, outcomeOf(run.executionId)),
      latest: () => handoffs.getConversation(of),
      handBack: () => handoffs.handBack(of),
    };
    // A read leaves nothing in doubt.
    const fault =
      name === "standing" || name === "latest"
        ? { code: "STORE_UNAVAILABLE", retry: "safe" }
        : { code: "STORE_ANSWER_LOST", retry: "unsafe" };
    await expect(time.until(ask[name]())).rejects.toMatchObject(fault);
    await release();
  });

  test("to anything at all does not hold up close, its relay and its own close included", async () => {
    const { store, hang } = hangingStore("close");
    const time = createVirtualTime();
    const handoffs = await openIn(time, store, { provider: scriptedProvider({}), relay: true });
    await handoffs.begin(beginRequest());
    hang("everything");
    await time.until(handoffs.close());
  });

  test("when an execution begins, and claims it late: the id is free again, and is not kept alive by others", async () => {
    const { store, rows, release } = hangingStore("begin");
    const time = createVirtualTime();
    const handoffs = await openIn(time, store);
    const run = beginRequest();
    await expect(time.until(handoffs.begin(run))).rejects.toMatchObject({ code: "STORE_ANSWER_LOST" });
    await release();
    // Another execution of this process has heartbeats all the while.
    await handoffs.begin(beginRequest());
    expect(await time.until(handoffs.begin(run))).toEqual({ epoch: 0, handedOff: false });
    await handoffs.end(run.tenant, run.executionId, outcomeOf(run.executionId));
    expect(rows.executions.size).toBe(2);
  });

  test("when an execution begins, but claims it: the same attempt asked again is the one that holds it", async () => {
    const { store } = hangingStore();
    let lost = 0;
    const lossy: Store = {
      ...store,
      async run(name, input) {
        const result = await store.run(name, input);
        if (name === "begin" && (lost += 1) === 1) throw storeAnswerLost("gone");
        return result;
      },
    };
    const time = createVirtualTime();
    const handoffs = await openIn(time, lossy);
    const run = beginRequest();
    expect(await time.until(handoffs.begin(run))).toEqual({ epoch: 0, handedOff: false });
    const outcome = outcomeOf(run.executionId);
    await handoffs.end(run.tenant, run.executionId, outcome);
    expect(await handoffs.begin(run)).toEqual({ replay: outcome });
  });

  test("to a claim, and records it late: one hand-off, delivered once", async () => {
    const { store, rows, release } = hangingStore("claim");
    const provider = scriptedProvider({});
    const time = createVirtualTime();
    const handoffs = await openIn(time, store, { provider, relay: true });
    const claim = recordRequest();
    expect(await time.until(handoffs.record(claim))).toEqual({ intentId: claim.intentId, verdict: "unknown" });
    expect(await time.until(handoffs.canReply(claim))).toBe(false);
    await release();
    // Long enough for the claim to be asked for once more.
    await time.pass(60_000);
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({ status: "delivered" });
    expect(rows.handoffs.size).toBe(1);
    expect(provider.delivered).toHaveLength(1);
    expect(await handoffs.canReply(claim)).toBe(false);
  });

  test("to the end of an execution: it is not found lost, and its outcome is stored later", async () => {
    const { store, hang, release } = hangingStore();
    const time = createVirtualTime();
    const handoffs = await openIn(time, store);
    const run = beginRequest();
    await handoffs.begin(run);
    hang("end");
    const outcome = outcomeOf(run.executionId);
    const ending = handoffs.end(run.tenant, run.executionId, outcome);
    await expect(time.until(ending)).rejects.toMatchObject({ code: "STORE_ANSWER_LOST" });
    const waiting = handoffs.begin(run);
    // Far beyond its first lease.
    await time.pass(120_000);
    await release();
    expect(await time.until(waiting)).toEqual({ replay: outcome });
  });

  test("to the word that a dial begins: nobody dials, and a human is called", async () => {
    const { store, hang, release } = hangingStore();
    const provider = scriptedProvider({});
    const time = createVirtualTime();
    const handoffs = await openIn(time, store, { provider });
    const claim = transferRecord();
    await handoffs.record(claim);
    hang("startDial");
    expect(await time.until(handoffs.fire(claim.intentId, never))).toBe("refused");
    // The lost word arrives after all, and comes too late.
    await release();
    const row = await handoffs.outbox.show(claim.intentId);
    expect(row).toMatchObject({ kind: "handoff", task: "deliver", status: "waiting", code: "dial_not_begun" });
    expect(provider.dialled).toEqual([]);
  });
});

test("a dial that counts as begun, and whose answer was lost, is not begun by anybody and calls a human", async () => {
  const { store } = hangingStore();
  const lossy: Store = {
    ...store,
    async run(name, input) {
      const result = await store.run(name, input);
      if (name === "startDial") throw storeAnswerLost("gone");
      return result;
    },
  };
  const provider = scriptedProvider({});
  const time = createVirtualTime();
  const handoffs = await openIn(time, lossy, { provider });
  const claim = transferRecord();
  await handoffs.record(claim);
  expect(await time.until(handoffs.fire(claim.intentId, never))).toBe("refused");
  expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({ status: "waiting", task: "deliver" });
  expect(provider.dialled).toEqual([]);
});

test("what one process says of its own dial says nothing of another's", async () => {
  const { store } = hangingStore();
  const blind: Store = {
    ...store,
    run: (name, input) => (name === "startDial" ? Promise.reject(storeAnswerLost("gone")) : store.run(name, input)),
  };
  const answer = Promise.withResolvers<{ type: "accepted" }>();
  const provider = { ...scriptedProvider({}), transfer: () => answer.promise };
  const time = createVirtualTime();
  const dialling = await openIn(time, store, { provider });
  const other = await openIn(time, blind, { provider });
  const claim = transferRecord();
  await dialling.record(claim);
  const fired = dialling.fire(claim.intentId, never);
  await time.pass(100);
  expect(await dialling.outbox.show(claim.intentId)).toMatchObject({ status: "sending" });
  expect(await time.until(other.fire(claim.intentId, never))).toBe("unknown");
  answer.resolve({ type: "accepted" });
  expect(await fired).toBe("accepted");
});

test("settings that cannot be kept are a TypeError", async () => {
  const open = (settings: HandoffsOptions["settings"] = {}) => openHandoffs({ store: "memory:", settings });
  await expect(open({ storeMs: 0 })).rejects.toThrow(TypeError);
  await expect(open({ leaseMs: Number.NaN })).rejects.toThrow(TypeError);
  await expect(open({ keepHandoffsMs: -1 })).rejects.toThrow(TypeError);
});
