// The release before this one and today's on one store at once: migrate, roll out a process at a time, and roll back if need be.
import { mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "pg";
import * as today from "../../delivery/index.ts";
import type { Change, DurableHandoffs, HandoffsOptions } from "../../delivery/index.ts";
import { schema } from "../../delivery/store-schema.ts";
import { storageStates } from "../../storage/index.ts";
import { beginRequest, eventually, freshId, outcomeOf, recordRequest, scriptedProvider } from "./fixtures.ts";
import { startPostgres, type PostgresServer } from "./postgres-server.ts";
import * as previous from "./previous/index.js";

const folder = mkdtempSync(join(tmpdir(), "baton-releases-"));
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function ask<Row extends object>(address: string, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: address });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

let stores = 0;
const STORES = {
  sqlite: async () => `sqlite:${join(folder, `store${(stores += 1)}.db`)}`,
  async postgres() {
    const name = `store${(stores += 1)}`;
    await ask(server.url(), `create database ${name}`);
    return server.url(name);
  },
} as const;

/** What the release before looks at, to see whether it may use a store. */
async function markerOf(address: string): Promise<number | undefined> {
  if (address.startsWith("sqlite:")) {
    using db = new DatabaseSync(address.slice("sqlite:".length));
    return db.prepare("pragma user_version").get()?.["user_version"] as number;
  }
  const rows = await ask<{ version: number }>(address, "select max(version) as version from baton_schema");
  return rows[0]?.version;
}

describe.each(Object.keys(STORES) as (keyof typeof STORES)[])("on %s", (kind) => {
  const opened: DurableHandoffs[] = [];
  const open = async (release: Pick<typeof today, "openHandoffs">, options: HandoffsOptions) => {
    const handoffs = await release.openHandoffs({ relay: false, settings: { pollMs: 20 }, ...options });
    opened.push(handoffs);
    return handoffs;
  };
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((handoffs) => handoffs.close()));
  });

  async function ended(handoffs: DurableHandoffs) {
    const run = beginRequest();
    expect(await handoffs.begin(run)).toMatchObject({ handedOff: false });
    const claim = recordRequest({ executionId: run.executionId, conversationId: run.conversationId ?? "" });
    expect(await handoffs.record(claim)).toMatchObject({ verdict: "recorded" });
    await handoffs.end(run.tenant, run.executionId, outcomeOf(run.executionId));
    return { run, claim };
  }

  test("an old store is taken over with all that stands in it, and the old release goes on and opens again", async () => {
    const store = await STORES[kind]();
    const old = await open(previous, { store });
    const before = await ended(old);
    expect(await storageStates(store, [schema])).toMatchObject([{ version: 1 }]);
    const fresh = await open(today, { store });
    expect(await fresh.begin(before.run)).toEqual({ replay: outcomeOf(before.run.executionId) });
    expect(await fresh.canReply(before.claim)).toBe(false);
    expect(await fresh.outbox.list()).toMatchObject([{ intentId: before.claim.intentId, status: "waiting" }]);
    // The process of the old release never closed, and another of it starts.
    for (const still of [old, await open(previous, { store })]) {
      const { run, claim } = await ended(still);
      expect(await fresh.begin(run)).toEqual({ replay: outcomeOf(run.executionId) });
      expect(await fresh.canReply(claim)).toBe(false);
    }
  });

  test("the markers say to each release what it has to know", async () => {
    const store = await STORES[kind]();
    await open(today, { store });
    expect(await storageStates(store, [schema])).toEqual(
      [{ name: "handoffs", version: 2, oldestUsable: 1 }].map((state) => expect.objectContaining(state)),
    );
    expect(await markerOf(store)).toBe(1);
    await ended(await open(previous, { store }));
    // Opened by the old release, it is what it was.
    expect(await storageStates(store, [schema])).toMatchObject([{ version: 2, oldestUsable: 1 }]);
  });

  test("one conversation has one hand-off in an epoch, whichever release asks", async () => {
    const store = await STORES[kind]();
    const both = [await open(today, { store }), await open(previous, { store })] as const;
    for (const [first, second] of [both, both.toReversed() as [DurableHandoffs, DurableHandoffs]]) {
      const { run, claim } = await ended(first);
      const late = recordRequest({ conversationId: claim.conversationId });
      expect(await second.record(late)).toMatchObject({ verdict: "already_handed_off", kind: "handoff" });
      expect(await second.begin(run)).toEqual({ replay: outcomeOf(run.executionId) });
      await expect(second.begin({ ...run, inputHash: "another" })).rejects.toMatchObject({
        code: "EXECUTION_MISMATCH",
      });
      await second.handBack(claim);
      expect(await first.canReply(claim)).toBe(true);
      expect(await first.record(recordRequest({ conversationId: claim.conversationId, epoch: 1 }))).toMatchObject({
        verdict: "recorded",
      });
      expect(await second.canReply(claim)).toBe(false);
    }
    const raced = Array.from({ length: 20 }, () => freshId("raced"));
    const verdicts = await Promise.all(
      raced.map(async (conversationId) => {
        const receipts = await Promise.all(both.map((each) => each.record(recordRequest({ conversationId }))));
        return receipts.map(({ verdict }) => verdict).sort();
      }),
    );
    expect(verdicts).toEqual(raced.map(() => ["already_handed_off", "recorded"]));
  });

  test("an execution that runs under one release is waited for by the other, not run again", async () => {
    const store = await STORES[kind]();
    const both = [await open(today, { store }), await open(previous, { store })] as const;
    for (const [first, second] of [both, both.toReversed() as [DurableHandoffs, DurableHandoffs]]) {
      const run = beginRequest();
      await first.begin(run);
      const waiting = Promise.withResolvers<void>();
      const asked = second.begin({ ...run, waiting: () => waiting.resolve() });
      await waiting.promise;
      await first.end(run.tenant, run.executionId, outcomeOf(run.executionId));
      expect(await asked).toEqual({ replay: outcomeOf(run.executionId) });
    }
  });

  test("the relays of both deliver the rows of both, each once", async () => {
    const store = await STORES[kind]();
    const writers = [await open(today, { store }), await open(previous, { store })];
    const providers = [scriptedProvider({}), scriptedProvider({})] as const;
    const claims = Array.from({ length: 24 }, () => recordRequest());
    const relays = [
      await open(today, { store, provider: providers[0], relay: true }),
      await open(previous, { store, provider: providers[1], relay: true }),
    ];
    for (const [at, claim] of claims.entries()) await writers[at % 2]?.record(claim);
    await eventually(
      () => (relays[0] as DurableHandoffs).outbox.counts(),
      ({ delivered }) => delivered === claims.length,
    );
    const delivered = providers.flatMap((provider) => provider.delivered.map(({ intentId }) => intentId));
    expect(delivered.toSorted()).toEqual(claims.map(({ intentId }) => intentId).toSorted());
    await relays[0]?.close();
    // Each has to be able to carry on alone: a roll-back leaves the old one with what the new one wrote.
    const last = recordRequest();
    await writers[0]?.record(last);
    await eventually(
      async () => providers[1].delivered.map(({ intentId }) => intentId),
      (ids) => ids.includes(last.intentId),
    );
  });

  test("readers of both see the changes of both once, in the order of each conversation", async () => {
    const store = await STORES[kind]();
    const both = [await open(today, { store }), await open(previous, { store })];
    const claims = Array.from({ length: 12 }, () => recordRequest());
    const reading = both.map(async (reader) => {
      const seen: Change[] = [];
      for await (const change of reader.changes({ after: "0" })) {
        seen.push(change);
        if (seen.length === 2 * claims.length) break;
      }
      return seen;
    });
    for (const [at, claim] of claims.entries()) {
      await both[at % 2]?.record(claim);
      await both[(at + 1) % 2]?.handBack(claim);
    }
    for (const seen of await Promise.all(reading)) {
      for (const { conversationId } of claims) {
        const own = seen.filter((change) => change.conversationId === conversationId);
        expect(own.map(({ type }) => type)).toEqual(["handed_off", "handed_back"]);
      }
    }
  });
});
