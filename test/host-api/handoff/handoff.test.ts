import { describe, expect, test } from "@jest/globals";
import type { HandOffCall } from "../../../host-api/handoff/call.ts";
import { answerOf, answerPastLimit, conclude, decide } from "../../../host-api/handoff/handoff.ts";
import type { Decision, Facts, RecordDecision } from "../../../host-api/handoff/handoff.ts";
import type { Environment, Intent } from "../../../host-api/handoff/intent.ts";

const CHANNELS = ["chat", "email", "phone", null, "Phone", "phone ", ""] as const;
const ENVIRONMENTS: readonly Environment[] = ["production", "test", "mock"];
const EVERY = CHANNELS.flatMap((channel) => ENVIRONMENTS.map((environment) => ({ channel, environment })));
const NUMBER = "+15551234567";

const facts = (over: Partial<Facts> = {}): Facts => ({
  conversationId: "c1",
  channel: "chat",
  environment: "production",
  handedOff: false,
  ...over,
});

const call = (over: Partial<HandOffCall> = {}): HandOffCall => ({
  overflow: false,
  context: { type: "conversation", id: "c1" },
  reason: { type: "absent" },
  phoneDestination: { type: "absent" },
  ...over,
});

const text = (value: string) => ({ type: "string", text: value }) as const;
const other = (is: "number" | "object" | "boolean" | "function" | "symbol" | "bigint") =>
  ({ type: "other", is }) as const;

function record(decision: Decision): RecordDecision {
  if (decision.type !== "record") throw new Error(`expected a record, got ${JSON.stringify(decision)}`);
  return decision;
}

/** What the action would be answered if the store said yes. */
function outcome(decision: Decision): Intent {
  return decision.type === "record" ? conclude(decision, { verdict: "recorded", intentId: "i1" }) : decision.intent;
}

describe.each(EVERY)("on channel $channel in environment $environment", ({ channel, environment }) => {
  const here = facts({ channel, environment });
  const live = environment === "production";
  const onPhone = channel === "phone";

  test("row 1: without a number one handoff is asked for", () => {
    const decision = decide(call({ reason: text("why") }), here);
    expect(outcome(decision)).toMatchObject({ kind: "handoff", reason: "why", phoneDestination: null });
    expect(decision.type).toBe(live ? "record" : "skip");
  });

  test("rows 2 and 3: a valid number is a transfer on the phone channel and ignored elsewhere", () => {
    const decision = decide(call({ phoneDestination: text(NUMBER) }), here);
    expect(decision.type).toBe(live ? "record" : "skip");
    expect(outcome(decision)).toMatchObject(
      onPhone ? { kind: "phone_transfer", phoneDestination: NUMBER } : { kind: "handoff", phoneDestination: null },
    );
  });

  test.each([text("12"), text("+1 555 123 4567"), text("x".repeat(64)), other("object"), other("number")])(
    "rows 3 and 4: the bad number %j is rejected on the phone channel and not mentioned elsewhere",
    (phoneDestination) => {
      const decision = decide(call({ phoneDestination, reason: text("why") }), here);
      if (onPhone) {
        expect(decision).toMatchObject({
          type: "answer",
          intent: { kind: "phone_transfer", phoneDestination: null, verdict: "rejected", reason: "why" },
        });
        expect(outcome(decision).message).toMatch(/E\.164.*\+15551234567/);
      } else {
        expect(decision).toStrictEqual(decide(call({ reason: text("why") }), here));
        expect(outcome(decision).message).not.toMatch(/phone|number|E\.164/i);
      }
    },
  );

  test.each([call(), call({ phoneDestination: text(NUMBER) }), call({ phoneDestination: text("bad") })])(
    "row 5: an earlier hand-off comes before rows 3, 4 and 6 (%j)",
    (asked) => {
      const decision = decide(asked, { ...here, handedOff: true });
      expect(decision).toMatchObject({ type: "answer", intent: { verdict: "already_handed_off" } });
      expect(answerOf(outcome(decision))).toStrictEqual({ success: true, message: outcome(decision).message });
      expect(outcome(decision).message).toMatch(/nothing changed/);
    },
  );

  test("row 6: only production records; test and mock say that they skipped", () => {
    const decision = decide(call(), here);
    if (live) {
      expect(decision.type).toBe("record");
    } else {
      expect(decision).toMatchObject({ type: "skip", intent: { verdict: "skipped" } });
      expect(answerOf(outcome(decision)).success).toBe(true);
      expect(outcome(decision).message).toMatch(new RegExp(`Skipped.*${environment}`));
    }
  });

  test("row 7: 500 characters are kept whole and the message says nothing of the reason", () => {
    const decision = decide(call({ reason: text("r".repeat(500)) }), here);
    expect(outcome(decision).reason).toBe("r".repeat(500));
    expect(outcome(decision).message).not.toMatch(/reason/);
  });

  test("row 7: a longer reason is cut, and the message says so", () => {
    const decision = decide(call({ reason: text("r".repeat(501)) }), here);
    expect(outcome(decision).reason).toBe("r".repeat(500));
    expect(outcome(decision).message).toMatch(/reason.*cut/);
    expect(answerOf(outcome(decision)).success).toBe(true);
  });

  test.each(["number", "object", "boolean", "function", "symbol", "bigint"] as const)(
    "row 7: a reason that is a %s is left out, and the message says so",
    (is) => {
      const decision = decide(call({ reason: other(is) }), here);
      expect(outcome(decision).reason).toBeNull();
      expect(outcome(decision).message).toMatch(/reason.*left out/);
      expect(answerOf(outcome(decision)).success).toBe(true);
    },
  );

  test("a misspelt option is named in the answer, in every place", () => {
    const asked = call({ reason: other("object"), oddKeys: ["phoneDestination"] });
    expect(outcome(decide(asked, here)).message).toMatch(/left out.*called phone_destination, not phoneDestination\.$/);
    expect(answerOf(outcome(decide(asked, here))).success).toBe(true);
    const third = outcome(decide(call({ phoneDestination: other("object"), oddKeys: ["Reason"] }), here));
    expect(third.message).toMatch(/called reason, not Reason\.$/);
    expect(answerOf(third).success).toBe(!onPhone);
  });

  test.each(["missing", "not_an_object", "no_conversation", "unreadable"] as const)(
    "row 8: a context that is %s is rejected before anything else",
    (type) => {
      for (const handedOff of [false, true]) {
        const decision = decide(call({ context: { type }, phoneDestination: text("bad") }), { ...here, handedOff });
        expect(decision).toMatchObject({ type: "answer", intent: { verdict: "rejected" } });
        expect(outcome(decision).message).toMatch(/context/);
        expect(answerOf(outcome(decision)).success).toBe(false);
      }
    },
  );

  test.each(["c2", "", "C1", "c1 "])("row 8: a context of conversation %j is another's", (id) => {
    const decision = decide(call({ context: { type: "conversation", id } }), { ...here, handedOff: true });
    expect(decision).toMatchObject({ type: "answer", intent: { verdict: "rejected" } });
    expect(outcome(decision).message).toMatch(/another conversation/);
  });

  test("row 8: a run without a conversation has nothing to hand off", () => {
    const decision = decide(call(), { ...here, conversationId: null });
    expect(decision).toMatchObject({ type: "answer", intent: { verdict: "rejected" } });
    expect(outcome(decision).message).toMatch(/no conversation/);
  });
});

describe("an intent", () => {
  test("keeps a valid number on the phone channel even if the call is rejected or changes nothing", () => {
    const asked = call({ phoneDestination: text(NUMBER), context: { type: "missing" } });
    expect(outcome(decide(asked, facts({ channel: "phone" })))).toMatchObject({
      kind: "phone_transfer",
      phoneDestination: NUMBER,
    });
    expect(outcome(decide(asked, facts()))).toMatchObject({ kind: "handoff", phoneDestination: null });
  });

  test("with an id longer than what crosses is compared by its beginning", () => {
    const conversationId = "x".repeat(3_000);
    const crossed = call({ context: { type: "conversation", id: "x".repeat(1_024) } });
    expect(decide(crossed, facts({ conversationId })).type).toBe("record");
    expect(decide(crossed, facts({ conversationId: "x".repeat(1_023) })).type).toBe("answer");
  });

  test("has U+FFFD for a lone surrogate in its reason, whatever crossed", () => {
    expect(outcome(decide(call({ reason: text("a\uD83Db\uDE00") }), facts())).reason).toBe("a\uFFFDb\uFFFD");
  });
});

describe("once the store has answered", () => {
  const handoff = record(decide(call({ reason: text("r".repeat(501)) }), facts()));
  const transfer = record(decide(call({ phoneDestination: text(NUMBER) }), facts({ channel: "phone" })));

  test.each([
    ["handoff", handoff],
    ["phone_transfer", transfer],
  ])("a recorded %s is a success", (_, decision) => {
    const intent = conclude(decision, { verdict: "recorded", intentId: "i1" });
    expect(intent).toMatchObject({
      kind: decision.kind,
      reason: decision.reason,
      phoneDestination: decision.phoneDestination,
      verdict: "recorded",
    });
    expect(answerOf(intent)).toStrictEqual({ success: true, message: intent.message });
  });

  test("the messages of a handoff and of a transfer differ, and neither repeats the number", () => {
    const said = conclude(transfer, { verdict: "recorded", intentId: "i1" }).message;
    expect(said).toMatch(/call/);
    expect(said).not.toContain(NUMBER);
    expect(conclude(handoff, { verdict: "recorded", intentId: "i1" }).message).not.toMatch(/call|number/);
  });

  test("row 5: a concurrent run that came first is a success that changed nothing", () => {
    const intent = conclude(handoff, { verdict: "already_handed_off", kind: "handoff" });
    expect(intent.verdict).toBe("already_handed_off");
    expect(answerOf(intent).success).toBe(true);
    expect(intent.message).toMatch(/nothing changed/);
  });

  test("a refusal carries the store's own words, or ours", () => {
    expect(conclude(transfer, { verdict: "rejected", message: "No transfers abroad." })).toMatchObject({
      verdict: "rejected",
      message: "No transfers abroad.",
    });
    expect(conclude(transfer, { verdict: "rejected" }).message).toMatch(/refused/);
    expect(answerOf(conclude(transfer, { verdict: "rejected" })).success).toBe(false);
  });

  test("row 10: a failure says that recording failed", () => {
    const intent = conclude(handoff, { verdict: "failed" });
    expect(intent.verdict).toBe("rejected");
    expect(intent.message).toMatch(/recording.*failed/);
    expect(answerOf(intent).success).toBe(false);
  });

  test("row 10: no answer is unknown, no success, and says so", () => {
    const intent = conclude(handoff, { verdict: "unknown", intentId: "i1" });
    expect(intent.verdict).toBe("unknown");
    expect(intent.message).toMatch(/may or may not/);
    expect(answerOf(intent).success).toBe(false);
  });

  test("past the number of calls it is row 5 or no success", () => {
    expect(answerPastLimit(true)).toMatchObject({ success: true, message: expect.stringMatching(/nothing changed/) });
    expect(answerPastLimit(false).success).toBe(false);
  });
});
