import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { codePoints, handOffCallSchema } from "../../../host-api/handoff/call.ts";
import type { HandOffCall } from "../../../host-api/handoff/call.ts";
import { decide } from "../../../host-api/handoff/handoff.ts";
import { createGuest } from "../guest.ts";

const FACTS = { conversationId: "c1", channel: "chat", environment: "production", handedOff: false } as const;

/** The whole way of a reason: guest's half, schema, rules. */
async function recorded(reasons: readonly string[]): Promise<(string | null)[]> {
  const guest = await createGuest({ handOffCalls: reasons.length });
  return reasons.map((reason) => {
    guest.handOff({ conversation: { id: "c1" } }, reason);
    const message = handOffCallSchema.parse(guest.crossed.at(-1));
    const decision = decide(message as HandOffCall, FACTS);
    if (decision.type !== "record") throw new Error("not recorded");
    return decision.reason;
  });
}

/** Cutting by code points and mending surrogates, the slow way. */
function expected(reason: string): string | null {
  if (reason === "") return null;
  return Array.from(reason).slice(0, 500).join("").toWellFormed();
}

const PIECES = fc.constantFrom("a", "é", "漢", "😀", "👩‍👩‍👧", "\uD83D", "\uDE00", "\0", "\n", '"', "\\", "\u2028");
const NEAR_THE_CUT = fc
  .tuple(fc.integer({ min: 490, max: 503 }), fc.array(PIECES, { maxLength: 20 }))
  .map(([length, end]) => "x".repeat(length) + end.join(""));

describe("a reason", () => {
  test("is cut to 500 code points, never through a pair, with U+FFFD for lone surrogates", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(NEAR_THE_CUT, { minLength: 1, maxLength: 20 }), async (reasons) => {
        expect(await recorded(reasons)).toStrictEqual(reasons.map(expected));
      }),
      { numRuns: 30 },
    );
  });

  test("of any kind of text comes through as it is up to there", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: "binary", maxLength: 700 }), { minLength: 1, maxLength: 20 }),
        async (reasons) => {
          expect(await recorded(reasons)).toStrictEqual(reasons.map(expected));
        },
      ),
      { numRuns: 30 },
    );
  });

  test.each([
    ["a pair as the 500th character is kept", `${"x".repeat(499)}😀`, `${"x".repeat(499)}😀`],
    ["a pair as the 501st character is cut whole", `${"x".repeat(500)}😀`, "x".repeat(500)],
    ["500 pairs are kept", "😀".repeat(500), "😀".repeat(500)],
    ["501 pairs are cut to 500", "😀".repeat(501), "😀".repeat(500)],
    ["500 lone surrogates are 500 characters", "\uDE00".repeat(501), "\uFFFD".repeat(500)],
    ["a lone high surrogate at the cut is replaced", `${"x".repeat(499)}\uD83D`, `${"x".repeat(499)}\uFFFD`],
  ])("%s", async (_, reason, kept) => {
    expect(await recorded([reason])).toStrictEqual([kept]);
  });

  test("of ten million characters crosses as 501", async () => {
    const guest = await createGuest({ handOffCalls: 1 });
    guest.handOff({ conversation: { id: "c1" } }, "😀".repeat(5_000_000));
    const [message] = guest.crossed as HandOffCall[];
    expect(message?.reason.type === "string" && codePoints(message.reason.text)).toBe(501);
  });
});

describe("the host trusts nothing that crosses", () => {
  const good = {
    overflow: false,
    context: { type: "conversation", id: "c1" },
    reason: { type: "absent" },
    phoneDestination: { type: "absent" },
  };

  test("a well-formed call passes", () => {
    expect(handOffCallSchema.safeParse(good).success).toBe(true);
    expect(handOffCallSchema.safeParse({ overflow: true }).success).toBe(true);
  });

  test.each([
    ["no object", null],
    ["an array", [good]],
    ["no mark", { ...good, overflow: undefined }],
    ["an unknown key", { ...good, channel: "phone" }],
    ["an unknown key inside", { ...good, context: { type: "conversation", id: "c1", channel: "phone" } }],
    ["an id that is no string", { ...good, context: { type: "conversation", id: 1 } }],
    ["an id too long", { ...good, context: { type: "conversation", id: "x".repeat(1_025) } }],
    ["a reason of 502 characters", { ...good, reason: { type: "string", text: "x".repeat(502) } }],
    ["a reason of 502 pairs", { ...good, reason: { type: "string", text: "😀".repeat(502) } }],
    ["an empty reason", { ...good, reason: { type: "string", text: "" } }],
    ["a reason of no type", { ...good, reason: "why" }],
    ["a number of 65 characters", { ...good, phoneDestination: { type: "string", text: "1".repeat(65) } }],
    ["a type that typeof never gives", { ...good, phoneDestination: { type: "other", is: "array" } }],
    ["an overflow with arguments", { ...good, overflow: true }],
  ])("%s does not", (_, message) => {
    expect(handOffCallSchema.safeParse(message).success).toBe(false);
  });
});
