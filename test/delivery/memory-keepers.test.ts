// The two keepers in memory, the runtime's and delivery's, play one claim rule: any history gets the same answers from both.
import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { openHandoffs } from "../../delivery/index.ts";
import type { RecordRequest } from "../../runtime/handoffs/handoffs.ts";
import { createMemoryHandoffs } from "../../runtime/index.ts";
import { freshId, recordRequest } from "./fixtures.ts";

const step = fc.record({
  does: fc.constantFrom("claim", "claim again", "late claim", "hand back"),
  conversation: fc.constantFrom("a", "b", "b".repeat(3_000)),
  kind: fc.constantFrom("handoff" as const, "phone_transfer" as const),
});

test("the runtime's and delivery's keeper answer alike, whatever was claimed and handed back before", async () => {
  await using durable = await openHandoffs({ store: "memory:" });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const plain = createMemoryHandoffs();
      const tenant = freshId("tenant");
      /** The newest claim of each conversation, until it is handed back. */
      const last = new Map<string, RecordRequest>();
      for (const { does, conversation, kind } of steps) {
        const of = { tenant, conversationId: conversation };
        if (does === "hand back") {
          const [one, other] = [await plain.handBack(of), await durable.handBack(of)];
          expect(one.epoch).toBe(other.epoch);
          last.delete(conversation);
          continue;
        }
        const { epoch } = await plain.standing(of);
        const fresh = recordRequest({ ...of, kind, epoch: does === "late claim" ? Math.max(0, epoch - 1) : epoch });
        const claim = (does === "claim again" ? last.get(conversation) : undefined) ?? fresh;
        if (does !== "late claim") last.set(conversation, claim);
        expect(await plain.record(claim)).toEqual(await durable.record(claim));
        expect(await plain.standing(of)).toEqual(await durable.standing(of));
      }
    }),
    { numRuns: 60 },
  );
});

test("the default keeper remembers of a conversation its newest hand-off, however many epochs it had", async () => {
  const handoffs = createMemoryHandoffs();
  const of = { tenant: "acme", conversationId: "c" };
  for (let epoch = 0; epoch < 50; epoch += 1) {
    expect(await handoffs.record(recordRequest({ ...of, epoch }))).toMatchObject({ verdict: "recorded" });
    expect(await handoffs.record(recordRequest({ ...of, epoch: 0 }))).toMatchObject({ verdict: "already_handed_off" });
    expect(await handoffs.handBack(of)).toEqual({ epoch: epoch + 1 });
  }
  handoffs.markHandedOff(of);
  expect(await handoffs.standing(of)).toEqual({ epoch: 50, handedOff: true, kind: "handoff" });
});
