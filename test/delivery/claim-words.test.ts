// What the transaction of a claim answers, case by case, on the store in memory: to whom an epoch belongs that is over, forgotten or held.
import { describe, expect, test } from "@jest/globals";
import { memoryAnswers } from "../../delivery/memory-answers.ts";
import { createMemoryRows, type MemoryRows } from "../../delivery/memory-rows.ts";
import { createMemoryStore } from "../../delivery/open-store.ts";
import type { HandoffRow } from "../../delivery/rows.ts";

const handoff = (of: Partial<HandoffRow> = {}): HandoffRow => ({
  ...{ intentId: "first", tenant: "acme", conversationId: "c", epoch: 0, executionId: "e", kind: "handoff" },
  ...{ state: "handed_off", code: null, reason: "why", phoneDestination: null, call: null, createdAt: 1000 },
  ...{ handedBackAt: null, purgedAt: null },
  ...of,
});
const transfer = (of: Partial<HandoffRow>): HandoffRow =>
  handoff({ kind: "phone_transfer", state: "transferring", phoneDestination: "+15551234567", ...of });
const RECORDED = { type: "recorded" };
const held = (intentId: string, kind = "handoff") => ({ type: "already_handed_off", intentId, kind });

describe("a claim", () => {
  const on = (rows: MemoryRows = createMemoryRows()) => {
    const store = createMemoryStore(rows);
    return {
      rows,
      store,
      claim: (row: HandoffRow) => store.run("claim", { handoff: row }),
      back: (now: number) => store.run("handBack", { tenant: "acme", conversationId: "c", now }),
    };
  };

  test.each([
    [handoff(), "deliver"],
    [transfer({}), "dial"],
  ])("is recorded with a row of the outbox that nobody has touched", async (row, task) => {
    const { claim, store } = on();
    expect(await claim(row)).toEqual(RECORDED);
    const { outbox } = (await store.run("show", { intentId: row.intentId }))!;
    const free = { leaseToken: 0, leaseOwner: null, leaseUntil: null, code: null, settledAt: null, triedSince: null };
    expect(outbox).toEqual({ intentId: "first", task, status: "waiting", attempts: 0, nextAt: 1000, ...free });
  });

  test("of an epoch that another holds is told of that one, and its own is recorded again", async () => {
    const { claim } = on();
    await claim(transfer({ intentId: "first" }));
    expect(await claim(handoff({ intentId: "second" }))).toEqual(held("first", "phone_transfer"));
    expect(await claim(transfer({ intentId: "first" }))).toEqual(RECORDED);
  });

  test("of an epoch that is over is told who has the conversation by now", async () => {
    const { claim, back } = on();
    await claim(handoff({ intentId: "first" }));
    await back(2000);
    expect(await claim(handoff({ intentId: "late" }))).toEqual(held("first"));
    await claim(transfer({ intentId: "newer", epoch: 1 }));
    expect(await claim(handoff({ intentId: "late" }))).toEqual(held("newer", "phone_transfer"));
    // Its own claim was recorded, whatever came after it.
    expect(await claim(handoff({ intentId: "first" }))).toEqual(RECORDED);
    expect(await claim(handoff({ intentId: "other", epoch: 1 }))).toEqual(held("newer", "phone_transfer"));
  });

  test("under an id that another conversation's hand-off has is refused for good", async () => {
    const { claim } = on();
    await claim(handoff());
    await expect(claim(handoff({ conversationId: "another" }))).rejects.toMatchObject({
      code: "STORE_REFUSED",
      retry: "never",
      message: expect.stringContaining("first is that of another hand-off; an id may be used once (docs/delivery.md)"),
    });
  });

  test("of an epoch whose row is forgotten is told of the newest", async () => {
    const { claim, back, rows } = on();
    await claim(handoff({ intentId: "first" }));
    await back(2000);
    await claim(transfer({ intentId: "newer", epoch: 1 }));
    memoryAnswers(rows).deleteHandoff({ intentId: "first" });
    expect(await claim(handoff({ intentId: "late" }))).toEqual(held("newer", "phone_transfer"));
  });

  test("under the intent id of another conversation is a fault, and no hand-off", async () => {
    const { claim } = on();
    await claim(handoff({ conversationId: "other" }));
    await expect(claim(handoff())).rejects.toThrow("is that of another hand-off");
  });
});

test("a hand-back that finds no row in the outbox is a fault", async () => {
  const rows = createMemoryRows();
  const store = createMemoryStore(rows);
  await store.run("claim", { handoff: handoff() });
  rows.outbox.delete("first");
  const back = store.run("handBack", { tenant: "acme", conversationId: "c", now: 2000 });
  await expect(back).rejects.toThrow("A row of the ledger has no row in the outbox.");
});
