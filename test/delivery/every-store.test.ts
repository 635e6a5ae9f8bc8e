// What every store does alike: names and texts of any kind, retention, bulk work on the outbox, late outcomes, withdrawn hand-offs, fair turns.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { openHandoffs, type DurableHandoffs, type HandoffsOptions, type Provider } from "../../delivery/index.ts";
import { openStore } from "../../delivery/open-store.ts";
import type { HandoffStore } from "../../delivery/store-schema.ts";
import {
  beginRequest,
  eventually,
  freshId,
  outcomeOf,
  recordRequest,
  scriptedProvider,
  transferRecord,
} from "./fixtures.ts";
import { startPostgres } from "./postgres-server.ts";

const folder = mkdtempSync(join(tmpdir(), "baton-every-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function allOf<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}

const STORES = {
  memory: async () => ({ address: "memory:", end: async () => {} }),
  sqlite: async () => ({ address: `sqlite:${join(folder, "every.db")}`, end: async () => {} }),
  postgres: async () => {
    const server = await startPostgres();
    return { address: server.url(), end: () => server.stop() };
  },
} as const;

describe.each(Object.keys(STORES) as (keyof typeof STORES)[])("%s", (kind) => {
  let place: { readonly address: string; readonly end: () => Promise<void> };
  let shared: HandoffStore;
  const opened: DurableHandoffs[] = [];
  const open = async (options: Partial<HandoffsOptions> = {}): Promise<DurableHandoffs> => {
    const handoffs = await openHandoffs({ store: { ...shared, close: async () => {} }, relay: false, ...options });
    opened.push(handoffs);
    return handoffs;
  };
  beforeAll(async () => {
    place = await STORES[kind]();
    shared = await openStore(place.address);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((handoffs) => handoffs.close()));
  });
  afterAll(async () => {
    await shared.close();
    await place.end();
  });

  test.each([
    ["U+0000", "a\u0000b"],
    ["another U+0000", "a\u0000c"],
    ["a lone surrogate", "a\ud800"],
    ["another lone surrogate", "a\ud801"],
    ["an emoji", "👩‍👩‍👧‍👦"],
    ["a name of 3 KB", "x".repeat(3000)],
    ["a name of 100 KB that does not compress", Array.from({ length: 20_000 }, (_, i) => i * 7919).join("")],
    ["what looks like a key of ours", `sha256:${"0".repeat(64)}`],
  ])("holds %s in every name", async (_, odd) => {
    const handoffs = await open();
    const of = { tenant: `${odd}t`, conversationId: `${odd}c`, executionId: `${odd}e` };
    const run = beginRequest(of);
    await handoffs.begin(run);
    const claim = recordRequest({ ...of, reason: `upstream: ${odd.slice(0, 80)}` });
    expect(await handoffs.record(claim)).toMatchObject({ verdict: "recorded" });
    expect((await handoffs.record({ ...claim, intentId: freshId("other") })).verdict).toBe("already_handed_off");
    await handoffs.end(of.tenant, of.executionId, outcomeOf(of.executionId));
    expect(await handoffs.begin(run)).toEqual({ replay: outcomeOf(of.executionId) });
    expect(await handoffs.getExecution(of)).toMatchObject({ ...of, state: "ended" });
    expect(await handoffs.canReply(of)).toBe(false);
    expect(await handoffs.outbox.list({ tenant: of.tenant })).toMatchObject([
      { intentId: claim.intentId, tenant: of.tenant, conversationId: of.conversationId },
    ]);
    const reading = handoffs.changes({ after: "0" });
    for await (const change of reading) {
      if (change.intentId !== claim.intentId) continue;
      expect(change).toMatchObject({ tenant: of.tenant, conversationId: of.conversationId });
      break;
    }
    expect(await handoffs.purge({ tenant: of.tenant })).toMatchObject({ handoffs: 1, executions: 1 });
    await handoffs.handBack(of);
    expect(await handoffs.canReply(of)).toBe(true);
  });

  test("gives a reason back with what cannot be held replaced", async () => {
    const handoffs = await open();
    const claim = recordRequest({ reason: "a\u0000b\ud800c" });
    await handoffs.record(claim);
    expect((await handoffs.outbox.show(claim.intentId))?.reason).toBe("a\uFFFDb\uFFFDc");
  });

  test("looks for ids that no store can hold, and finds nothing", async () => {
    const handoffs = await open();
    for (const odd of ["a\u0000b", "a\ud800", "x".repeat(9000)]) {
      expect(await handoffs.outbox.show(odd)).toBeNull();
      await expect(handoffs.outbox.retry(odd)).rejects.toMatchObject({ code: "OUTBOX_NO_SUCH_ROW" });
      await expect(handoffs.outbox.drop(odd)).rejects.toMatchObject({ code: "OUTBOX_NO_SUCH_ROW" });
      expect(await handoffs.reportTransfer({ intentId: odd, result: "failed", code: odd.slice(0, 99) })).toBeNull();
      expect(await handoffs.outbox.list({ after: `999999999999999:${odd}`, tenant: freshId("none") })).toEqual([]);
      expect(await handoffs.getExecution({ tenant: odd, executionId: odd })).toBeNull();
    }
  });

  test("goes on with settings and answers of half a millisecond", async () => {
    const provider = scriptedProvider({
      deliveries: [{ type: "retry", code: "x", afterMs: 0.4 }, { type: "delivered" }],
    });
    const keys = ["leaseMs", "dialWithinMs", "executionLeaseMs", "keepMs", "keepHandoffsMs", "deliverForMs"];
    const half = Object.fromEntries(keys.map((key) => [key, 4000.5]));
    const handoffs = await open({ provider, relay: true, random: () => 0, settings: { ...half, pollMs: 10.5 } });
    const run = beginRequest({ tenant: freshId("tenant") });
    await handoffs.begin(run);
    const claim = recordRequest({ ...run, reason: null, conversationId: run.conversationId ?? "" });
    await handoffs.record(claim);
    await handoffs.end(run.tenant, run.executionId, outcomeOf(run.executionId));
    await eventually(
      () => handoffs.outbox.show(claim.intentId),
      (row) => row?.status === "delivered",
    );
  });

  test("refuses a cursor that is ahead of it, and goes on after changes that it has forgotten", async () => {
    const handoffs = await open();
    await handoffs.record(recordRequest());
    const last = await handoffs.lastCursor();
    const first = (after: string) => handoffs.changes({ after })[Symbol.asyncIterator]().next();
    const ahead = String(BigInt(last) + 1n);
    for (const after of [ahead, "9223372036854775807", "9999999999999999999", "99999999999999999999", "-1", "1.5", ""])
      await expect(first(after)).rejects.toMatchObject({ code: "CURSOR_INVALID", retry: "never" });
    const now = (await shared.time?.()) ?? Date.now();
    await shared.run("dropExpired", { now, changesBefore: now + 3_600_000 });
    expect(await handoffs.lastCursor()).toBe(last);
    const claim = recordRequest();
    const next = first(last);
    await handoffs.record(claim);
    expect((await next).value).toMatchObject({ intentId: claim.intentId, cursor: ahead });
  });

  test("an execution that was found lost takes its own outcome when it comes after all", async () => {
    // The owner is stopped: it says nothing for longer than its lease.
    const silent: HandoffStore = {
      ...shared,
      run: (name, input) => (name === "heartbeat" ? (Promise.resolve() as never) : shared.run(name, input)),
      close: async () => {},
    };
    const owner = await open({ store: silent, settings: { executionLeaseMs: 100 } });
    const run = beginRequest();
    await owner.begin(run);
    const judge = await open({ settings: { executionLeaseMs: 100 } });
    const seen = await judge.begin(run);
    expect(seen).toMatchObject({ replay: { error: { code: "EXECUTION_LOST" } } });
    expect(await judge.getExecution(run)).toMatchObject({ state: "lost" });
    await owner.end(run.tenant, run.executionId, outcomeOf(run.executionId));
    expect(await judge.begin(run)).toEqual({ replay: outcomeOf(run.executionId) });
  });

  test("forgets what is settled and old, and keeps the fact", async () => {
    const handoffs = await open();
    const of = { tenant: freshId("tenant"), conversationId: freshId("conversation") };
    const first = recordRequest({ ...of, reason: "old" });
    await handoffs.record(first);
    await handoffs.outbox.drop(first.intentId);
    await handoffs.handBack(of);
    const second = recordRequest({ ...of, epoch: 1, reason: "newer" });
    await handoffs.record(second);
    await handoffs.outbox.drop(second.intentId);
    const waiting = recordRequest({ ...of, conversationId: freshId("conversation"), reason: "waits" });
    await handoffs.record(waiting);
    const now = Date.now() + 3_600_000;
    while ((await shared.run("expire", { before: now, now, limit: 1 })) > 0);
    expect(await handoffs.outbox.show(first.intentId)).toBeNull();
    expect(await handoffs.outbox.show(second.intentId)).toMatchObject({ reason: null, epoch: 1 });
    expect(await handoffs.outbox.show(waiting.intentId)).toMatchObject({ reason: "waits", status: "waiting" });
    expect(await handoffs.canReply(of)).toBe(false);
  });

  test("counts, pages and retries many rows, and says what became of each", async () => {
    const handoffs = await open();
    const tenant = freshId("tenant");
    const claims = Array.from({ length: 7 }, () => recordRequest({ tenant }));
    for (const claim of claims) await handoffs.record(claim);
    for (const claim of claims.slice(0, 5)) await handoffs.outbox.drop(claim.intentId);
    expect(await handoffs.outbox.counts({ tenant })).toEqual({ waiting: 2, sending: 0, delivered: 0, dead: 5 });
    const pages: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await handoffs.outbox.list({ tenant, limit: 3, ...(after === undefined ? {} : { after }) });
      if (page.length === 0) break;
      pages.push(...page.map(({ intentId }) => intentId));
      after = page.at(-1)?.cursor;
    }
    expect(pages.toSorted()).toEqual(claims.map(({ intentId }) => intentId).toSorted());
    const retried = await allOf(handoffs.outbox.retryAll({ tenant, status: "dead", since: new Date(0) }));
    expect(retried.map(({ done }) => done)).toEqual([true, true, true, true, true]);
    expect(await handoffs.outbox.counts({ tenant })).toMatchObject({ waiting: 7, dead: 0 });
    expect(await allOf(handoffs.outbox.retryAll({ tenant, before: new Date(0) }))).toEqual([]);
  });

  test("does not deliver what was handed back before, and takes back what may have been delivered", async () => {
    const withdrawn: string[] = [];
    const provider: Provider = {
      ...scriptedProvider({ deliveries: [{ type: "retry", code: "down" }] }),
      withdraw: async ({ intentId }) => {
        withdrawn.push(intentId);
        return { type: "delivered" };
      },
    };
    const untried = recordRequest();
    const tried = recordRequest();
    const idle = await open();
    await idle.record(untried);
    await idle.handBack(untried);
    const relay = await open({ provider, relay: true, settings: { pollMs: 10 } });
    await relay.record(tried);
    await eventually(
      () => relay.outbox.show(tried.intentId),
      (row) => row?.code === "down",
    );
    await relay.handBack(tried);
    await eventually(
      () => relay.outbox.show(tried.intentId),
      (row) => row?.status === "delivered",
    );
    expect(withdrawn).toEqual([tried.intentId]);
    expect(await relay.outbox.show(untried.intentId)).toMatchObject({ status: "dead", code: "handed_back" });
  });

  test("one tenant's hundred hanging rows hold up no other tenant, and cost it one probe at a time", async () => {
    const noisy = freshId("noisy");
    const quiet = freshId("quiet");
    const over = Promise.withResolvers<void>();
    let hanging = 0;
    let most = 0;
    const delivered: string[] = [];
    const provider: Provider = {
      name: "desk",
      async deliver({ tenant, intentId }) {
        if (tenant !== noisy) {
          delivered.push(intentId);
          return { type: "delivered" };
        }
        hanging += 1;
        most = Math.max(most, hanging);
        await over.promise;
        hanging -= 1;
        return { type: "delivered" };
      },
    };
    const handoffs = await open({
      provider,
      settings: { pollMs: 20, deliverMs: 60_000, concurrency: 8, tenantConcurrency: 6 },
    });
    for (let row = 0; row < 100; row += 1) await handoffs.record(recordRequest({ tenant: noisy }));
    handoffs.start();
    await eventually(
      async () => hanging,
      (rows) => rows === 6,
    );
    const claim = recordRequest({ tenant: quiet });
    await handoffs.record(claim);
    // The hanging calls end in a minute; the other tenant's row does not wait for one of them.
    await eventually(
      async () => delivered,
      (ids) => ids.includes(claim.intentId),
    );
    expect(most).toBe(6);
    over.resolve();
  });

  test("a tenant that is behind comes after one that is not, though its row is older", async () => {
    const [busy, idle] = [freshId("tenant"), freshId("tenant")];
    const older = recordRequest({ tenant: busy });
    const newer = recordRequest({ tenant: idle });
    const handoffs = await open();
    await handoffs.record(older);
    await handoffs.record(newer);
    const now = ((await shared.time?.()) ?? Date.now()) + 1000;
    const lease = async (behind: number): Promise<string[]> => {
      const rooms = [
        { tenant: busy, room: 1, behind },
        { tenant: idle, room: 1 },
      ];
      const of = { tasks: ["deliver" as const], now, owner: "me", until: now + 1000, limit: 1, each: 0, rooms };
      return (await shared.run("lease", of)).map(({ intentId }) => intentId);
    };
    expect(await lease(1)).toEqual([newer.intentId]);
    expect(await lease(1)).toEqual([older.intentId]);
  });

  test("the rows of a relay that died are another's once its short lease is over", async () => {
    const claim = transferRecord({ kind: "handoff", phoneDestination: null, tenant: freshId("tenant") });
    const handoffs = await open();
    await handoffs.record(claim);
    const now = (await shared.time?.()) ?? Date.now();
    const taken = { tasks: ["deliver" as const], now, owner: "dead", limit: 1000, each: 1000, rooms: [] };
    await shared.run("lease", { ...taken, until: now + 4000 });
    const held = await shared.run("lease", { ...taken, now: now + 3999, until: now + 8000, owner: "living" });
    expect(held.map(({ intentId }) => intentId)).not.toContain(claim.intentId);
    const renewed = { owner: "dead", intentIds: [claim.intentId], until: now + 6000 };
    expect(await shared.run("renew", renewed)).toEqual([claim.intentId]);
    expect(await shared.run("renew", { ...renewed, owner: "living" })).toEqual([]);
    const freed = await shared.run("lease", { ...taken, now: now + 6000, until: now + 10_000, owner: "living" });
    expect(freed.map(({ intentId }) => intentId)).toContain(claim.intentId);
  });
});
