/** Transfers and deliveries: each is made once, in whichever process, and a human is owed where none was. */
import { expect, test } from "@jest/globals";
import { openStore } from "../../../delivery/open-store.ts";
import type { HandoffStore as Store } from "../../../delivery/store-schema.ts";
import { beginRequest, eventually, freshId, recordRequest, scriptedProvider, transferRecord } from "../fixtures.ts";
import type { StoreInUse } from "./store.ts";

const never = new AbortController().signal;

export function deliveries(use: StoreInUse): void {
  test("without a provider a transfer has fired once it is recorded", async () => {
    const claim = transferRecord();
    await use.shared.record(claim);
    expect(await use.shared.fire(claim.intentId, never)).toBe("accepted");
    expect(await use.shared.getConversation(claim)).toMatchObject({ state: "transferred" });
  });

  test("a transfer that nobody dialled in time becomes a standard hand-off, and is delivered", async () => {
    const provider = scriptedProvider({});
    const handoffs = await use.open({ provider, relay: true, settings: { dialWithinMs: 50, pollMs: 20 } });
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
    const handoffs = await use.open({ provider, settings: { fireMs: 60_000, recordMs: 1000 } });
    const claim = transferRecord();
    await handoffs.record(claim);
    const hangUp = new AbortController();
    void handoffs.fire(claim.intentId, hangUp.signal);
    await eventually(
      () => handoffs.outbox.show(claim.intentId),
      (row) => row?.status === "sending",
    );
    // As if the dialler's time were over: a relay that knows a later time looks.
    if (use.again === null) return hangUp.abort();
    const relay = await use.open({ provider, store: await later(use.again, 120_000) });
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

  test("what a clock put off that has since been set back goes out all the same", async () => {
    if (use.again === null) return;
    const failing = scriptedProvider({ deliveries: [{ type: "retry", code: "desk_down" }] });
    const settings = { pollMs: 10, executionLeaseMs: 150 };
    const ahead = await use.open({
      provider: failing,
      relay: true,
      settings,
      store: await later(use.again, 7_200_000),
    });
    const claim = recordRequest();
    const run = beginRequest();
    await ahead.record(claim);
    await ahead.begin(run);
    await eventually(
      () => ahead.outbox.show(claim.intentId),
      (row) => row?.code === "desk_down",
    );
    await ahead.close();
    const provider = scriptedProvider({});
    const back = await use.open({ provider, relay: true, settings });
    const row = await eventually(
      () => back.outbox.show(claim.intentId),
      (row) => row?.status === "delivered",
    );
    expect(row?.attempts).toBe(2);
    // Nor does an execution whose process is gone hold its id for those two hours.
    expect(await back.begin(run)).toMatchObject({ replay: { error: { code: "EXECUTION_LOST" } } });
  });

  test("two fires of one transfer dial once", async () => {
    const provider = scriptedProvider({});
    const handoffs = await use.open({ provider });
    const claim = transferRecord();
    await handoffs.record(claim);
    const results = await Promise.all([handoffs.fire(claim.intentId, never), handoffs.fire(claim.intentId, never)]);
    expect(results).toContain("accepted");
    expect(provider.dialled).toHaveLength(1);
  });

  test("relays side by side share the rows, and each row is delivered once", async () => {
    if (use.again === null) return;
    const providers = [scriptedProvider({}), scriptedProvider({}), scriptedProvider({})];
    const tenant = freshId("tenant");
    const claims = Array.from({ length: 60 }, () => recordRequest({ tenant }));
    await Promise.all(claims.map((claim) => use.shared.record(claim)));
    const relays = await Promise.all(
      providers.map((provider) => use.open({ provider, relay: true, settings: { pollMs: 10 } })),
    );
    await eventually(
      () => use.shared.outbox.list({ tenant, limit: 100 }),
      (rows) => rows.every(({ status }) => status === "delivered"),
    );
    await Promise.all(relays.map((relay) => relay.close()));
    const delivered = providers.flatMap(({ delivered }) => delivered).filter((row) => row.tenant === tenant);
    expect(new Set(delivered.map(({ intentId }) => intentId)).size).toBe(60);
    expect(delivered).toHaveLength(60);
  });
}

/** The same store, later by its own clock. */
async function later(address: string, ms: number): Promise<Store> {
  const store = await openStore(address);
  return { ...store, time: async () => Date.now() + ms };
}
