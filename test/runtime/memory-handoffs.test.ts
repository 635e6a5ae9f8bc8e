import { describe, expect, test } from "@jest/globals";
import { createMemoryHandoffs } from "../../runtime/index.ts";
import type { Outcome } from "../../runtime/index.ts";

const outcomeOf = (executionId: string, length: number) =>
  ({ executionId, status: "returned", returnValue: "x".repeat(length), intents: [], logs: [] }) as unknown as Outcome;

async function run(handoffs: ReturnType<typeof createMemoryHandoffs>, tenant: string, executionId: string, length = 1_000) {
  const begun = await handoffs.begin({ tenant, executionId, generatedId: false, inputHash: "h", conversationId: null, environment: "production" }); // prettier-ignore
  if (begun.replay) return begun.replay;
  await handoffs.end(tenant, executionId, outcomeOf(executionId, length));
  return null;
} // prettier-ignore

describe("outcomes in memory", () => {
  test("take no more than their bytes: the oldest are forgotten first, and the last is kept", async () => {
    const handoffs = createMemoryHandoffs({ outcomeBytes: 100_000 });
    for (let at = 0; at < 200; at += 1) await run(handoffs, "a", `e${at}`);
    expect(await run(handoffs, "a", "e199")).toEqual(outcomeOf("e199", 1_000));
    expect(await run(handoffs, "a", "e170")).toEqual(outcomeOf("e170", 1_000));
    expect(await run(handoffs, "a", "e0")).toBeNull();
  });

  test("of the tenant that holds most make room, not those of others", async () => {
    const handoffs = createMemoryHandoffs({ outcomeBytes: 100_000 });
    await run(handoffs, "quiet", "first");
    for (let at = 0; at < 200; at += 1) await run(handoffs, "flood", `e${at}`);
    expect(await run(handoffs, "quiet", "first")).toEqual(outcomeOf("first", 1_000));
  });

  test("larger than all that may be kept are not kept", async () => {
    const handoffs = createMemoryHandoffs({ outcomeBytes: 10_000 });
    expect(await run(handoffs, "a", "big", 100_000)).toBeNull();
    expect(await run(handoffs, "a", "big", 100)).toBeNull();
    expect(await run(handoffs, "a", "big")).toEqual(outcomeOf("big", 100));
  });

  test("may be forgotten; that a conversation was handed off may not", async () => {
    const handoffs = createMemoryHandoffs({ outcomeBytes: 5_000 });
    handoffs.markHandedOff({ tenant: "a", conversationId: "c" });
    for (let at = 0; at < 50; at += 1) await run(handoffs, "a", `e${at}`);
    expect(await handoffs.standing({ tenant: "a", conversationId: "c" })).toMatchObject({ handedOff: true });
  });
});
