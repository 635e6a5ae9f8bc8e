// The rows of the contract for `hand_off_conversation`, from the action's text to the settled Outcome, on every channel and in every environment.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Environment, Outcome, Runtime } from "../../runtime/index.ts";
import { createRuntime } from "../../runtime/index.ts";
import { NUMBER, SILENT_LOGGER, contextOf, handoffsWith, run } from "./executing.ts";

let runtime: Runtime;
let broken: Runtime;

beforeAll(async () => {
  runtime = await createRuntime({ logger: SILENT_LOGGER });
  broken = await createRuntime({
    logger: SILENT_LOGGER,
    workers: 1,
    handoffs: handoffsWith(() => ({ record: () => Promise.reject(new Error("the disk is full")) })),
  });
});
afterAll(() => Promise.all([runtime.close(), broken.close()]));

const CHANNELS = ["chat", "email", "phone", "Phone", null] as const;
const ENVIRONMENTS: readonly Environment[] = ["production", "test", "mock"];
const CASES = CHANNELS.flatMap((channel) => ENVIRONMENTS.map((environment) => ({ channel, environment })));

const FREE = { mayReplyNow: true, mayReplyLater: true };
const LAST_TURN = { mayReplyNow: true, mayReplyLater: false };
const SILENT = { mayReplyNow: false, mayReplyLater: false };

const answersOf = (outcome: Outcome): unknown => outcome.returnValue;

describe.each(CASES)("on channel $channel in environment $environment", ({ channel, environment }) => {
  const live = environment === "production";
  const onPhone = channel === "phone";
  const here = { channel, environment } as const;
  const succeeds = { success: true, message: expect.any(String) };
  const fails = { success: false, message: expect.any(String) };

  /** What one standard hand-off comes to. */
  const handedOff = (reason: string | null = null) => ({
    status: "returned",
    handoff: live ? { kind: "handoff", reason, phoneDestination: null, state: "recorded" } : null,
    intents: [{ kind: "handoff", reason, phoneDestination: null, verdict: live ? "recorded" : "skipped" }],
    bot: live ? LAST_TURN : FREE,
    returnValueDiscarded: false,
    warnings: [],
  });

  test("row 1 and 6: without a number, one standard hand-off, skipped in test and mock", async () => {
    const outcome = await run(runtime, `return hand_off_conversation(context, "why")`, here);
    expect(outcome).toMatchObject(handedOff("why"));
    expect(answersOf(outcome)).toEqual(succeeds);
  });

  test("row 2 and 3: a valid number transfers the call on the phone channel and is ignored elsewhere", async () => {
    const outcome = await run(runtime, `return hand_off_conversation(context, "why", "${NUMBER}")`, here);
    if (!onPhone) return expect(outcome).toMatchObject({ ...handedOff("why"), returnValue: succeeds });
    const asked = { kind: "phone_transfer", reason: "why", phoneDestination: NUMBER };
    expect(outcome.intents).toMatchObject([{ ...asked, verdict: live ? "recorded" : "skipped" }]);
    expect(outcome.bot).toEqual(live ? SILENT : FREE);
    expect(outcome.handoff).toEqual(live ? { ...asked, state: "fired", intentId: expect.any(String) } : null);
    expect(outcome.returnValueDiscarded).toBe(live);
    return live
      ? expect(outcome).not.toHaveProperty("returnValue")
      : expect(outcome).toMatchObject({ returnValue: succeeds });
  });

  test.each([
    ['"12345"', "malformed"],
    ["15551234567", "a number"],
    ['"+1".repeat(1e6)', "huge"],
    ["{}", "an object"],
  ])(
    "row 3 and 4: the phone_destination %s (%s) is refused on the phone channel and ignored elsewhere",
    async (value) => {
      const outcome = await run(runtime, `return hand_off_conversation(context, "why", ${value})`, here);
      if (!onPhone) return expect(outcome).toMatchObject({ ...handedOff("why"), returnValue: succeeds });
      expect(outcome.returnValue).toEqual({ success: false, message: expect.stringContaining("+15551234567") });
      return expect(outcome).toMatchObject({
        handoff: null,
        intents: [{ kind: "phone_transfer", phoneDestination: null, verdict: "rejected" }],
        bot: FREE,
        warnings: [{ code: "HANDOFF_REJECTED" }],
      });
    },
  );

  test("row 4: after a refused number the action can call again without one", async () => {
    const outcome = await run(
      runtime,
      `return [hand_off_conversation(context, "a", "nonsense").success, hand_off_conversation(context, "b").success]`,
      here,
    );
    expect(outcome.returnValue).toEqual([!onPhone, true]);
    expect(outcome.bot).toEqual(live ? LAST_TURN : FREE);
    expect(outcome.warnings).toEqual([]);
  });

  test("row 5: a second call changes nothing and succeeds", async () => {
    const outcome = await run(
      runtime,
      `hand_off_conversation(context, "first"); return hand_off_conversation(context, "second", "${NUMBER}")`,
      here,
    );
    expect(outcome.returnValue).toEqual({ success: true, message: expect.stringContaining("nothing changed") });
    expect(outcome.intents.map(({ verdict }) => verdict)).toEqual([
      live ? "recorded" : "skipped",
      "already_handed_off",
    ]);
    expect(outcome.handoff?.reason).toBe(live ? "first" : undefined);
  });

  test("row 7: a reason over 500 code points is cut, one that is no string left out, and the hand-off stands", async () => {
    const long = await run(runtime, `return hand_off_conversation(context, "😀".repeat(501))`, here);
    expect(long).toMatchObject(handedOff("😀".repeat(500)));
    expect(answersOf(long)).toEqual({ success: true, message: expect.stringContaining("cut") });
    const exact = await run(runtime, `return hand_off_conversation(context, "😀".repeat(500))`, here);
    expect(exact).toMatchObject(handedOff("😀".repeat(500)));
    expect(answersOf(exact)).toEqual({ success: true, message: expect.not.stringContaining("cut") });
    const odd = await run(runtime, `return hand_off_conversation(context, 42)`, here);
    expect(odd).toMatchObject(handedOff());
    expect(answersOf(odd)).toEqual({ success: true, message: expect.stringContaining("left out") });
  });

  test.each([["undefined"], ["null"], ['"context"'], ["{}"], ['{ conversation: { id: "of somebody else" } }']])(
    "row 8: the context %s is refused",
    async (given) => {
      const outcome = await run(runtime, `return hand_off_conversation(${given})`, here);
      expect(answersOf(outcome)).toEqual(fails);
      expect(outcome).toMatchObject({ handoff: null, intents: [{ verdict: "rejected" }], bot: FREE });
      expect(outcome.warnings).toMatchObject([{ code: "HANDOFF_REJECTED" }]);
    },
  );

  test("row 8: a copy of the context serves, whatever channel the action writes into it", async () => {
    const copy = `{ conversation: { id: context.conversation.id, latestChannel: "phone" } }`;
    const outcome = await run(runtime, `return hand_off_conversation(${copy}, null, "${NUMBER}")`, here);
    expect(outcome.intents[0]?.kind).toBe(onPhone ? "phone_transfer" : "handoff");
  });

  test("row 8: a run without a conversation hands nothing off", async () => {
    const context = { conversation: null, args: {} };
    const outcome = await run(runtime, `return hand_off_conversation(context)`, { environment, context });
    expect(answersOf(outcome)).toEqual(fails);
    expect(outcome).toMatchObject({ handoff: null, bot: FREE, warnings: [{ code: "HANDOFF_REJECTED" }] });
  });

  test("row 9: a call while the module loads throws and leaves no intent", async () => {
    const source = `hand_off_conversation({ conversation: { id: "any" } });\nexport function execute_action() {}`;
    const outcome = await runtime.execute({ action: { source }, context: contextOf(channel), environment });
    expect(outcome).toMatchObject({ status: "threw", handoff: null, intents: [], bot: FREE, warnings: [] });
    expect(outcome.error?.frame).toContain("> 1 | hand_off_conversation(");
  });

  test("row 9: a call from a microtask after the result is not heard", async () => {
    const source = `export function execute_action(context: any) {
      void Promise.resolve().then(() => hand_off_conversation(context)); return "early"; }`;
    const outcome = await runtime.execute({ action: { source }, context: contextOf(channel), environment });
    expect(outcome).toMatchObject({ status: "returned", returnValue: "early", handoff: null, intents: [], bot: FREE });
  });

  test("row 10: a store that is down is told to the action, and nothing counts as recorded", async () => {
    const outcome = await run(broken, `return hand_off_conversation(context, "why")`, here);
    if (!live) return expect(outcome).toMatchObject({ ...handedOff("why"), returnValue: succeeds });
    expect(answersOf(outcome)).toEqual({ success: false, message: expect.stringContaining("failed") });
    return expect(outcome).toMatchObject({
      handoff: null,
      intents: [{ verdict: "rejected" }],
      bot: FREE,
      warnings: [{ code: "HANDOFF_REJECTED" }],
    });
  });
});

test.each([
  ["an options object second", `hand_off_conversation(context, { reason: "why", phone_destination: "${NUMBER}" })`],
  ["an options object third", `hand_off_conversation(context, "why", { phone_destination: "${NUMBER}" })`],
  ["both as options", `hand_off_conversation(context, null, { reason: "why", phone_destination: "${NUMBER}" })`],
  [
    "a positional value over an option",
    `hand_off_conversation(context, { reason: "why", phone_destination: "+442079460000" }, "${NUMBER}")`,
  ],
  ["awaited", `await hand_off_conversation(context, "why", "${NUMBER}")`],
])("arguments: %s asks for the same transfer", async (_, call) => {
  const outcome = await run(runtime, `${call}; return 1`, { channel: "phone" });
  expect(outcome.handoff).toMatchObject({ kind: "phone_transfer", reason: "why", phoneDestination: NUMBER });
});

test.each([
  ["{}", "rejected"],
  ["{ phone_destination: 1, other: 2 }", "rejected"],
  ["null", "recorded"],
  ["undefined", "recorded"],
  ['""', "recorded"],
])("arguments: the third argument %s comes to %s on the phone channel", async (third, verdict) => {
  const outcome = await run(runtime, `hand_off_conversation(context, null, ${third})`, { channel: "phone" });
  expect(outcome.intents).toMatchObject([{ verdict }]);
});

test("handOffCalls: later calls are answered without an intent, and one warning sums them up", async () => {
  const body = `const answers = []; for (let i = 0; i < 5; i++) answers.push(hand_off_conversation(null).success);
    answers.push(hand_off_conversation(context).success); return answers;`;
  const outcome = await run(runtime, body, { limits: { handOffCalls: 2 } });
  expect(outcome.returnValue).toEqual([false, false, false, false, false, false]);
  expect(outcome.intents).toHaveLength(2);
  expect(outcome.warnings.map(({ code }) => code)).toEqual(["HANDOFF_REJECTED", "HANDOFF_CALLS_EXCEEDED"]);
  const after = await run(runtime, `return [1, 2, 3].map(() => hand_off_conversation(context).success)`, {
    limits: { handOffCalls: 1 },
  });
  expect(after.returnValue).toEqual([true, true, true]);
  expect(after.warnings.map(({ code }) => code)).toEqual(["HANDOFF_CALLS_EXCEEDED"]);
});

test("handOffCalls 0: every call is rejected without an intent, and somebody else is told", async () => {
  const context = contextOf("chat");
  const call = "return hand_off_conversation(context).success";
  const limits = { handOffCalls: 0 };
  const outcome = await run(runtime, call, { limits, context });
  expect(outcome).toMatchObject({ returnValue: false, intents: [], handoff: null });
  expect(outcome.warnings.map(({ code }) => code)).toEqual(["HANDOFF_REJECTED", "HANDOFF_CALLS_EXCEEDED"]);
  expect((await run(runtime, "return 1", { limits, context })).warnings).toEqual([]);
  await run(runtime, call, { context });
  // Row 5: nothing was rejected, since the conversation has its human.
  const after = await run(runtime, call, { limits, context });
  expect(after).toMatchObject({ returnValue: true, warnings: [{ code: "HANDOFF_CALLS_EXCEEDED" }] });
  expect(after.warnings).toHaveLength(1);
});

test("a call that toJSON or a getter of the result makes still counts", async () => {
  const body = `return { toJSON() { hand_off_conversation(context, "late"); return "text"; } }`;
  const outcome = await run(runtime, body);
  expect(outcome).toMatchObject({ returnValue: "text", handoff: { reason: "late" }, bot: LAST_TURN });
});
