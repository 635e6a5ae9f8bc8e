/** What is kept of hand-offs: their changes in order, and what purge takes out of them. */
import { expect, test } from "@jest/globals";
import type { Change } from "../../../delivery/index.ts";
import { beginRequest, freshId, outcomeOf, recordRequest, scriptedProvider, transferRecord } from "../fixtures.ts";
import type { StoreInUse } from "./store.ts";

const never = new AbortController().signal;

export function records(use: StoreInUse): void {
  test("changes come in order, and a reader goes on where it stood", async () => {
    const of = { tenant: freshId("tenant"), conversationId: freshId("conversation") };
    await use.shared.record(recordRequest(of));
    await use.shared.handBack(of);
    await use.shared.record(recordRequest({ ...of, epoch: 1 }));
    const own: Change[] = [];
    for await (const change of use.shared.changes({ after: "0" })) {
      if (change.tenant === of.tenant) own.push(change);
      if (own.length === 3) break;
    }
    expect(own.map(({ type, epoch }) => `${type} ${epoch}`)).toEqual(["handed_off 0", "handed_back 0", "handed_off 1"]);
    const again = use.shared.changes({ after: own[0]?.cursor ?? "" })[Symbol.asyncIterator]();
    expect((await again.next()).value).toEqual(own[1]);
    await again.return?.();
  });

  test("a reader without a cursor hears what happens from then on, until it is told to stop", async () => {
    const over = new AbortController();
    const claims = new Set<string>();
    const reading = use.shared.changes({ signal: over.signal })[Symbol.asyncIterator]();
    const seen = { heard: false };
    const hear = async (): Promise<void> => {
      while (!seen.heard) seen.heard = claims.has((await reading.next()).value?.intentId);
    };
    const hearing = hear();
    // When it stands cannot be seen from here; but one of these comes after that.
    while (!seen.heard) {
      const claim = recordRequest();
      claims.add(claim.intentId);
      await use.shared.record(claim);
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
    await use.shared.begin(run);
    const claim = transferRecord({ ...of, executionId: run.executionId, reason: "my card 4111" });
    await use.shared.record(claim);
    const outcome = outcomeOf(run.executionId, {
      returnValue: "my card 4111",
      logs: [{ level: "info", message: "4111", time: "2026-01-01T00:00:00Z" }],
      intents: [
        { kind: "handoff", reason: "my card 4111", phoneDestination: null, verdict: "recorded", message: "ok" },
      ],
    });
    await use.shared.end(run.tenant, run.executionId, outcome);
    expect(await use.shared.purge(of)).toEqual({ handoffs: 1, executions: 1 });
    const kept = { row: await use.shared.outbox.show(claim.intentId), replay: await use.shared.begin(run) };
    expect(JSON.stringify(kept)).not.toMatch(/4111|5551234567/);
    expect(kept.row).toMatchObject({
      kind: "phone_transfer",
      reason: null,
      phoneDestination: null,
      purgedAt: expect.any(String),
    });
    expect(kept.replay).toMatchObject({ replay: { status: "returned", returnValue: null } });
    expect(await use.shared.canReply(of)).toBe(false);
    expect(await use.shared.purge(of)).toEqual({ handoffs: 0, executions: 0 });
  });

  test("purge before the dial leaves nobody to dial, and a human is owed", async () => {
    const provider = scriptedProvider({});
    const handoffs = await use.open({ provider });
    const claim = transferRecord({ reason: "my card 4111" });
    await handoffs.record(claim);
    await handoffs.purge(claim);
    expect(await handoffs.fire(claim.intentId, never)).toBe("refused");
    expect(provider.dialled).toEqual([]);
    const row = await handoffs.outbox.show(claim.intentId);
    expect(row).toMatchObject({ kind: "handoff", task: "deliver", status: "waiting", code: "purged", reason: null });
  });

  test("purge before a time leaves what is newer", async () => {
    const tenant = freshId("tenant");
    await use.shared.record(recordRequest({ tenant, reason: "old" }));
    expect(await use.shared.purge({ tenant, before: new Date(Date.now() - 60_000) })).toEqual({
      handoffs: 0,
      executions: 0,
    });
    expect(await use.shared.purge({ tenant, before: new Date(Date.now() + 60_000) })).toEqual({
      handoffs: 1,
      executions: 0,
    });
  });

  test("a run whose data was purged while it ran stores none", async () => {
    const run = beginRequest({ tenant: freshId("tenant") });
    await use.shared.begin(run);
    await use.shared.purge({ tenant: run.tenant, conversationId: run.conversationId ?? "" });
    await use.shared.end(run.tenant, run.executionId, outcomeOf(run.executionId, { returnValue: "private" }));
    expect(await use.shared.begin(run)).toMatchObject({
      replay: { returnValue: null, warnings: [{ code: "PURGED" }] },
    });
  });
}
