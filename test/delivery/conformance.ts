/** What every store has to keep, whoever keeps it. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { openHandoffs, type Change, type DurableHandoffs, type HandoffsOptions } from "../../delivery/index.ts";
import { createMemoryStore } from "../../delivery/open-store.ts";
import { openStore } from "../../delivery/open-store.ts";
import { storeAnswerLost } from "../../storage/store.ts";
import type { HandoffStore as Store } from "../../delivery/store-schema.ts";
import {
  beginRequest,
  eventually,
  freshId,
  outcomeOf,
  recordRequest,
  scriptedProvider,
  transferRecord,
} from "./fixtures.ts";

export interface StoreUnderTest {
  /** The address of one and the same store at every call. Null: it cannot be opened twice. */
  readonly again: string | null;
  readonly first: string;
  readonly end?: () => Promise<void>;
}

const never = new AbortController().signal;

export function describeStore(name: string, prepare: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let store: StoreUnderTest;
    let shared: DurableHandoffs;
    const opened: DurableHandoffs[] = [];
    /** Another process on the same store, as far as the store can tell. */
    const open = async (options: Partial<HandoffsOptions> = {}): Promise<DurableHandoffs> => {
      const handoffs = await openHandoffs({ store: store.again ?? "memory:", relay: false, ...options });
      opened.push(handoffs);
      return handoffs;
    };
    // Two users of one store; memory has one by nature, and is its own other user.
    const both = async (options: Omit<HandoffsOptions, "store">): Promise<DurableHandoffs> => open(options);
    beforeAll(async () => {
      store = await prepare();
      shared = await openHandoffs({ store: store.first });
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((handoffs) => handoffs.close()));
    });
    afterAll(async () => {
      await shared.close();
      await store.end?.();
    });

    test("one of many concurrent claims of a conversation wins, and the others learn of it", async () => {
      const other = store.again === null ? shared : await open();
      const conversationId = freshId("conversation");
      const claims = Array.from({ length: 32 }, (_, i) => recordRequest({ conversationId, reason: `claim ${i}` }));
      const receipts = await Promise.all(claims.map((claim, i) => (i % 2 ? shared : other).record(claim)));
      const winners = claims.filter((_, i) => receipts[i]?.verdict === "recorded");
      expect(winners).toHaveLength(1);
      const losers = receipts.filter(({ verdict }) => verdict === "already_handed_off");
      expect(losers).toHaveLength(31);
      expect(losers.every(({ kind }) => kind === "handoff")).toBe(true);
      const rows = await shared.outbox.list({ conversationId });
      expect(rows).toMatchObject([{ intentId: winners[0]?.intentId, status: "waiting", state: "handed_off" }]);
    });

    test("the same intent asked again gets the same answer", async () => {
      const claim = recordRequest();
      expect(await shared.record(claim)).toEqual({ intentId: claim.intentId, verdict: "recorded" });
      expect(await shared.record(claim)).toEqual({ intentId: claim.intentId, verdict: "recorded" });
      expect(await shared.outbox.list({ conversationId: claim.conversationId })).toHaveLength(1);
    });

    test("tenants and conversations do not meet", async () => {
      const conversationId = freshId("conversation");
      await shared.record(recordRequest({ conversationId, tenant: "acme" }));
      expect(await shared.canReply({ tenant: "acme", conversationId })).toBe(false);
      expect(await shared.canReply({ tenant: "globex", conversationId })).toBe(true);
      const second = await shared.record(recordRequest({ conversationId, tenant: "globex" }));
      expect(second.verdict).toBe("recorded");
    });

    test("a hand-back begins the next epoch, in which the conversation can be handed off again", async () => {
      const of = { tenant: "acme", conversationId: freshId("conversation") };
      expect(await shared.getConversation(of)).toEqual({ ...of, epoch: 0, state: "bot", handoff: null });
      await shared.record(recordRequest({ ...of, reason: "first" }));
      expect(await shared.getConversation(of)).toMatchObject({
        epoch: 0,
        state: "handed_off",
        handoff: { reason: "first" },
      });
      expect(await shared.handBack(of)).toEqual({ ...of, epoch: 1, state: "bot", handoff: null });
      expect(await shared.handBack(of)).toMatchObject({ epoch: 1 });
      expect(await shared.canReply(of)).toBe(true);
      const begun = await shared.begin(beginRequest(of));
      expect(begun).toEqual({ epoch: 1, handedOff: false });
      // A run of the earlier epoch is too late.
      expect((await shared.record(recordRequest({ ...of, epoch: 0 }))).verdict).toBe("already_handed_off");
      expect((await shared.record(recordRequest({ ...of, epoch: 1 }))).verdict).toBe("recorded");
      expect(await shared.standing(of)).toEqual({ epoch: 1, handedOff: true, kind: "handoff" });
    });

    test("many hand-backs at once count as one", async () => {
      const of = { tenant: "acme", conversationId: freshId("conversation") };
      await shared.record(recordRequest(of));
      await Promise.all(Array.from({ length: 8 }, () => shared.handBack(of)));
      expect((await shared.getConversation(of)).epoch).toBe(1);
    });

    test("an execution id gives its stored outcome again, and nothing runs twice", async () => {
      const run = beginRequest();
      expect(await shared.begin(run)).toMatchObject({ epoch: 0, handedOff: false });
      const outcome = outcomeOf(run.executionId);
      await shared.end(run.tenant, run.executionId, outcome);
      expect(await shared.begin(run)).toEqual({ replay: outcome });
      await expect(shared.begin({ ...run, inputHash: "another" })).rejects.toMatchObject({
        code: "EXECUTION_MISMATCH",
      });
      expect(await shared.begin({ ...run, tenant: "globex", inputHash: "another" })).toMatchObject({ epoch: 0 });
    });

    test("a second call waits while the first runs, in this process or another", async () => {
      const run = beginRequest();
      await shared.begin(run);
      const other = store.again === null ? shared : await open();
      const waiting = [shared.begin(run), other.begin(run)];
      const outcome = outcomeOf(run.executionId);
      await shared.end(run.tenant, run.executionId, outcome);
      expect(await Promise.all(waiting)).toEqual([{ replay: outcome }, { replay: outcome }]);
    });

    test("a run that was refused frees its execution id", async () => {
      const run = beginRequest();
      await shared.begin(run);
      await shared.end(run.tenant, run.executionId, outcomeOf(run.executionId, { status: "refused" }));
      expect(await shared.begin({ ...run, inputHash: "another" })).toMatchObject({ handedOff: false });
    });

    test("the value that a fired transfer discarded is not stored, even if it is handed in", async () => {
      const run = beginRequest();
      await shared.begin(run);
      const fired = outcomeOf(run.executionId, {
        returnValue: "secret",
        handoff: {
          kind: "phone_transfer",
          intentId: "i",
          reason: null,
          phoneDestination: "+15551234567",
          state: "fired",
        },
      });
      await shared.end(run.tenant, run.executionId, fired);
      expect(JSON.stringify(await shared.begin(run))).not.toContain("secret");
    });

    test("test and mock runs leave no rows, and cannot", async () => {
      for (const environment of ["test", "mock"] as const) {
        const run = beginRequest({ environment });
        await shared.begin(run);
        const { executionId, conversationId } = run;
        const claim = recordRequest({ executionId, conversationId: conversationId ?? "" });
        await expect(shared.record(claim)).rejects.toMatchObject({ code: "HANDOFF_OUTSIDE_PRODUCTION" });
        expect(await shared.outbox.list({ conversationId: claim.conversationId })).toEqual([]);
        await shared.end(run.tenant, executionId, outcomeOf(executionId));
      }
    });

    test("changes come in order, and a reader goes on where it stood", async () => {
      const of = { tenant: freshId("tenant"), conversationId: freshId("conversation") };
      await shared.record(recordRequest(of));
      await shared.handBack(of);
      await shared.record(recordRequest({ ...of, epoch: 1 }));
      const own: Change[] = [];
      for await (const change of shared.changes({ after: "0" })) {
        if (change.tenant === of.tenant) own.push(change);
        if (own.length === 3) break;
      }
      expect(own.map(({ type, epoch }) => `${type} ${epoch}`)).toEqual([
        "handed_off 0",
        "handed_back 0",
        "handed_off 1",
      ]);
      const again = shared.changes({ after: own[0]?.cursor ?? "" })[Symbol.asyncIterator]();
      expect((await again.next()).value).toEqual(own[1]);
      await again.return?.();
    });

    test("a reader without a cursor hears what happens from then on, until it is told to stop", async () => {
      const over = new AbortController();
      const claims = new Set<string>();
      const reading = shared.changes({ signal: over.signal })[Symbol.asyncIterator]();
      const seen = { heard: false };
      const hear = async (): Promise<void> => {
        while (!seen.heard) seen.heard = claims.has((await reading.next()).value?.intentId);
      };
      const hearing = hear();
      // When it stands nobody can see from here; but one of these comes after that.
      while (!seen.heard) {
        const claim = recordRequest();
        claims.add(claim.intentId);
        await shared.record(claim);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await hearing;
      over.abort();
      // What it has read already may still come.
      for (let done = false; !done;) done = (await reading.next()).done === true;
    });

    test("purge erases what people said and keeps the fact", async () => {
      const of = { tenant: freshId("tenant"), conversationId: freshId("conversation") };
      const run = beginRequest(of);
      await shared.begin(run);
      const claim = transferRecord({ ...of, executionId: run.executionId, reason: "my card 4111" });
      await shared.record(claim);
      const outcome = outcomeOf(run.executionId, {
        returnValue: "my card 4111",
        logs: [{ level: "info", message: "4111", time: "2026-01-01T00:00:00Z" }],
        intents: [
          { kind: "handoff", reason: "my card 4111", phoneDestination: null, verdict: "recorded", message: "ok" },
        ],
      });
      await shared.end(run.tenant, run.executionId, outcome);
      expect(await shared.purge(of)).toEqual({ handoffs: 1, executions: 1 });
      const kept = { row: await shared.outbox.show(claim.intentId), replay: await shared.begin(run) };
      expect(JSON.stringify(kept)).not.toMatch(/4111|5551234567/);
      expect(kept.row).toMatchObject({
        kind: "phone_transfer",
        reason: null,
        phoneDestination: null,
        purgedAt: expect.any(String),
      });
      expect(kept.replay).toMatchObject({ replay: { status: "returned", returnValue: null } });
      expect(await shared.canReply(of)).toBe(false);
      expect(await shared.purge(of)).toEqual({ handoffs: 0, executions: 0 });
    });

    test("purge before the dial leaves nobody to dial, and a human is owed", async () => {
      const provider = scriptedProvider({});
      const handoffs = await both({ provider });
      const claim = transferRecord({ reason: "my card 4111" });
      await handoffs.record(claim);
      await handoffs.purge(claim);
      expect(await handoffs.fire(claim.intentId, never)).toBe("refused");
      expect(provider.dialled).toEqual([]);
      const row = await handoffs.outbox.show(claim.intentId);
      expect(row).toMatchObject({ kind: "handoff", task: "deliver", status: "waiting", code: "purged", reason: null });
    });

    test("a begin whose answer was lost is asked again, and is the same execution", async () => {
      const opened = store.again === null ? createMemoryStore() : await openStore(store.again);
      let lost = 0;
      const lossy: Store = {
        ...opened,
        async run(name, input) {
          const result = await opened.run(name, input);
          if (name === "begin" && (lost += 1) === 1) throw storeAnswerLost("gone");
          return result;
        },
      };
      const handoffs = await open({ store: lossy });
      const run = beginRequest();
      expect(await handoffs.begin(run)).toEqual({ epoch: 0, handedOff: false });
      const outcome = outcomeOf(run.executionId);
      await handoffs.end(run.tenant, run.executionId, outcome);
      expect(await handoffs.begin(run)).toEqual({ replay: outcome });
    });

    test("purge before a time leaves what is newer", async () => {
      const tenant = freshId("tenant");
      await shared.record(recordRequest({ tenant, reason: "old" }));
      expect(await shared.purge({ tenant, before: new Date(Date.now() - 60_000) })).toEqual({
        handoffs: 0,
        executions: 0,
      });
      expect(await shared.purge({ tenant, before: new Date(Date.now() + 60_000) })).toEqual({
        handoffs: 1,
        executions: 0,
      });
    });

    test("a run whose data was purged while it ran stores none", async () => {
      const run = beginRequest({ tenant: freshId("tenant") });
      await shared.begin(run);
      await shared.purge({ tenant: run.tenant, conversationId: run.conversationId ?? "" });
      await shared.end(run.tenant, run.executionId, outcomeOf(run.executionId, { returnValue: "private" }));
      expect(await shared.begin(run)).toMatchObject({ replay: { returnValue: null, warnings: [{ code: "PURGED" }] } });
    });

    test("without a provider a transfer has fired once it is recorded", async () => {
      const claim = transferRecord();
      await shared.record(claim);
      expect(await shared.fire(claim.intentId, never)).toBe("accepted");
      expect(await shared.getConversation(claim)).toMatchObject({ state: "transferred" });
    });

    test("the epochs of any history are counted as a model counts them", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.constantFrom("claim", "late claim", "back"), { maxLength: 12 }), async (steps) => {
          const of = { tenant: "acme", conversationId: freshId("conversation") };
          let epoch = 0;
          let handedOff = false;
          for (const step of steps) {
            if (step === "back") {
              await shared.handBack(of);
              if (handedOff) epoch += 1;
              handedOff = false;
            } else {
              const late = step === "late claim" && epoch > 0;
              const { verdict } = await shared.record(recordRequest({ ...of, epoch: late ? epoch - 1 : epoch }));
              expect(verdict).toBe(late || handedOff ? "already_handed_off" : "recorded");
              if (!late) handedOff = true;
            }
            expect(await shared.getConversation(of)).toMatchObject({ epoch, state: handedOff ? "handed_off" : "bot" });
          }
        }),
        { numRuns: 15 },
      );
    });

    test("an execution whose process is gone comes back as crashed, with its hand-off", async () => {
      if (store.again === null) return;
      const dead = await open({ settings: { executionLeaseMs: 150 } });
      const run = beginRequest();
      await dead.begin(run);
      const claim = recordRequest({
        executionId: run.executionId,
        conversationId: run.conversationId ?? "",
        reason: "why",
      });
      await dead.record(claim);
      await dead.close();
      const found = await shared.begin(run);
      expect(found).toMatchObject({
        replay: {
          status: "crashed",
          error: { code: "EXECUTION_LOST", retry: "unsafe" },
          handoff: { kind: "handoff", intentId: claim.intentId, state: "recorded" },
          intents: [{ verdict: "recorded", reason: "why" }],
          bot: { mayReplyNow: true, mayReplyLater: false },
        },
      });
      expect(await shared.begin(run)).toEqual(found);
    });

    test("a long execution in a process that lives is waited for, beyond its first lease", async () => {
      if (store.again === null) return;
      const alive = await open({ settings: { executionLeaseMs: 1500 } });
      const run = beginRequest();
      await alive.begin(run);
      const waiting = shared.begin(run);
      await new Promise((resolve) => setTimeout(resolve, 2500));
      await alive.end(run.tenant, run.executionId, outcomeOf(run.executionId));
      expect(await waiting).toMatchObject({ replay: { status: "returned" } });
    });

    test("a transfer that nobody dialled in time becomes a standard hand-off, and is delivered", async () => {
      const provider = scriptedProvider({});
      const handoffs = await both({ provider, relay: true, settings: { dialWithinMs: 50, pollMs: 20 } });
      const claim = transferRecord();
      await handoffs.record(claim);
      const row = await eventually(
        () => handoffs.outbox.show(claim.intentId),
        (row) => row?.status === "delivered",
      );
      expect(row).toMatchObject({
        kind: "handoff",
        state: "transfer_failed",
        code: "transfer_expired",
        phoneDestination: null,
      });
      expect(await handoffs.fire(claim.intentId, never)).toBe("refused");
      expect(provider.dialled).toEqual([]);
      expect(provider.delivered.filter(({ intentId }) => intentId === claim.intentId)).toHaveLength(1);
    });

    test("a transfer found at the provider after a crash is unknown, and is not dialled again", async () => {
      const provider = scriptedProvider({ transfers: ["never"] });
      // Longer than a busy machine takes for what follows, and cut short at the end.
      const handoffs = await both({ provider, settings: { fireMs: 60_000, recordMs: 1000 } });
      const claim = transferRecord();
      await handoffs.record(claim);
      const hangUp = new AbortController();
      void handoffs.fire(claim.intentId, hangUp.signal);
      await eventually(
        () => handoffs.outbox.show(claim.intentId),
        (row) => row?.status === "sending",
      );
      // As if the dialler's time were over: a relay that knows a later time looks.
      if (store.again === null) return hangUp.abort();
      const relay = await open({ provider, store: await later(store.again, 120_000) });
      relay.start();
      const row = await eventually(
        () => relay.outbox.show(claim.intentId),
        (row) => row?.state === "transfer_unknown",
      );
      expect(row).toMatchObject({ status: "dead", code: "dial_lost" });
      expect(await relay.fire(claim.intentId, never)).toBe("unknown");
      expect(provider.dialled).toHaveLength(1);
      hangUp.abort();
    });

    test("two fires of one transfer dial once", async () => {
      const provider = scriptedProvider({});
      const handoffs = await both({ provider });
      const claim = transferRecord();
      await handoffs.record(claim);
      const results = await Promise.all([handoffs.fire(claim.intentId, never), handoffs.fire(claim.intentId, never)]);
      expect(results).toContain("accepted");
      expect(provider.dialled).toHaveLength(1);
    });

    test("relays side by side share the rows, and each row is delivered once", async () => {
      if (store.again === null) return;
      const providers = [scriptedProvider({}), scriptedProvider({}), scriptedProvider({})];
      const tenant = freshId("tenant");
      const claims = Array.from({ length: 60 }, () => recordRequest({ tenant }));
      await Promise.all(claims.map((claim) => shared.record(claim)));
      const relays = await Promise.all(
        providers.map((provider) => open({ provider, relay: true, settings: { pollMs: 10 } })),
      );
      await eventually(
        () => shared.outbox.list({ tenant, limit: 100 }),
        (rows) => rows.every(({ status }) => status === "delivered"),
      );
      await Promise.all(relays.map((relay) => relay.close()));
      const delivered = providers.flatMap(({ delivered }) => delivered).filter((row) => row.tenant === tenant);
      expect(new Set(delivered.map(({ intentId }) => intentId)).size).toBe(60);
      expect(delivered).toHaveLength(60);
    });
  });
}

/** The same store, later by its own clock. */
async function later(address: string, ms: number): Promise<Store> {
  const store = await openStore(address);
  return { ...store, time: async () => Date.now() + ms };
}
