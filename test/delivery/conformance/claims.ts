/** Claims of conversations: one wins an epoch, and hand-backs begin the next. */
import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { beginRequest, freshId, recordRequest } from "../fixtures.ts";
import type { StoreInUse } from "./store.ts";

export function claims(use: StoreInUse): void {
  test("one of many concurrent claims of a conversation wins, and the others learn of it", async () => {
    const other = use.again === null ? use.shared : await use.open();
    const conversationId = freshId("conversation");
    const claims = Array.from({ length: 32 }, (_, i) => recordRequest({ conversationId, reason: `claim ${i}` }));
    const receipts = await Promise.all(claims.map((claim, i) => (i % 2 ? use.shared : other).record(claim)));
    const winners = claims.filter((_, i) => receipts[i]?.verdict === "recorded");
    expect(winners).toHaveLength(1);
    const losers = receipts.filter(({ verdict }) => verdict === "already_handed_off");
    expect(losers).toHaveLength(31);
    expect(losers.every(({ kind }) => kind === "handoff")).toBe(true);
    const rows = await use.shared.outbox.list({ conversationId });
    expect(rows).toMatchObject([{ intentId: winners[0]?.intentId, status: "waiting", state: "handed_off" }]);
  });

  test("the same intent asked again gets the same answer", async () => {
    const claim = recordRequest();
    expect(await use.shared.record(claim)).toEqual({ intentId: claim.intentId, verdict: "recorded" });
    expect(await use.shared.record(claim)).toEqual({ intentId: claim.intentId, verdict: "recorded" });
    expect(await use.shared.outbox.list({ conversationId: claim.conversationId })).toHaveLength(1);
  });

  test("tenants and conversations do not meet", async () => {
    const conversationId = freshId("conversation");
    await use.shared.record(recordRequest({ conversationId, tenant: "acme" }));
    expect(await use.shared.canReply({ tenant: "acme", conversationId })).toBe(false);
    expect(await use.shared.canReply({ tenant: "globex", conversationId })).toBe(true);
    const second = await use.shared.record(recordRequest({ conversationId, tenant: "globex" }));
    expect(second.verdict).toBe("recorded");
  });

  test("a hand-back begins the next epoch, in which the conversation can be handed off again", async () => {
    const of = { tenant: "acme", conversationId: freshId("conversation") };
    expect(await use.shared.getConversation(of)).toEqual({ ...of, epoch: 0, state: "bot", handoff: null });
    await use.shared.record(recordRequest({ ...of, reason: "first" }));
    expect(await use.shared.getConversation(of)).toMatchObject({
      epoch: 0,
      state: "handed_off",
      handoff: { reason: "first" },
    });
    expect(await use.shared.handBack(of)).toEqual({ ...of, epoch: 1, state: "bot", handoff: null });
    expect(await use.shared.handBack(of)).toMatchObject({ epoch: 1 });
    expect(await use.shared.canReply(of)).toBe(true);
    const begun = await use.shared.begin(beginRequest(of));
    expect(begun).toEqual({ epoch: 1, handedOff: false });
    // A run of the earlier epoch is too late.
    expect((await use.shared.record(recordRequest({ ...of, epoch: 0 }))).verdict).toBe("already_handed_off");
    expect((await use.shared.record(recordRequest({ ...of, epoch: 1 }))).verdict).toBe("recorded");
    expect(await use.shared.standing(of)).toEqual({ epoch: 1, handedOff: true, kind: "handoff" });
  });

  test("many hand-backs at once count as one", async () => {
    const of = { tenant: "acme", conversationId: freshId("conversation") };
    await use.shared.record(recordRequest(of));
    await Promise.all(Array.from({ length: 8 }, () => use.shared.handBack(of)));
    expect((await use.shared.getConversation(of)).epoch).toBe(1);
  });

  test("the epochs of any history are counted as a model counts them", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom("claim", "late claim", "back"), { maxLength: 12 }), async (steps) => {
        const of = { tenant: "acme", conversationId: freshId("conversation") };
        let epoch = 0;
        let handedOff = false;
        for (const step of steps) {
          if (step === "back") {
            await use.shared.handBack(of);
            if (handedOff) epoch += 1;
            handedOff = false;
          } else {
            const late = step === "late claim" && epoch > 0;
            const { verdict } = await use.shared.record(recordRequest({ ...of, epoch: late ? epoch - 1 : epoch }));
            expect(verdict).toBe(late || handedOff ? "already_handed_off" : "recorded");
            if (!late) handedOff = true;
          }
          expect(await use.shared.getConversation(of)).toMatchObject({
            epoch,
            state: handedOff ? "handed_off" : "bot",
          });
        }
      }),
      { numRuns: 15 },
    );
  });
}
