import { describe, expect, test } from "@jest/globals";
import { actionFunctions, handOffPreludeData, Recorder } from "../../../host-api/index.ts";
import type { RecordReceipt, HandoffKeeper, RecordRequest, RecorderRun } from "../../../host-api/index.ts";
import type { HandOffMessage } from "../../../host-api/handoff/call.ts";
import type { Handoffs } from "../../../runtime/handoffs/handoffs.ts";
import type { HostFunctions } from "../../../sandbox/index.ts";

// The joints are structural: what the other rooms declare fits, and neither imports the other.
export const storeFits = (handoffs: Handoffs): HandoffKeeper => handoffs;
export const tableFits = (recorder: Recorder): HostFunctions => actionFunctions({ recorder });

const run = (over: Partial<RecorderRun> = {}): RecorderRun => ({
  tenant: "t1",
  executionId: "e1",
  conversationId: "c1",
  channel: "chat",
  environment: "production",
  epoch: 3,
  handedOff: false,
  call: null,
  ...over,
});

const asks = (reason?: string, number?: string, id = "c1"): HandOffMessage => ({
  overflow: false,
  context: { type: "conversation", id },
  reason: reason === undefined ? { type: "absent" } : { type: "string", text: reason },
  phoneDestination: number === undefined ? { type: "absent" } : { type: "string", text: number },
});

/** A store that answers when the test says so. */
function store(...answers: (RecordReceipt | Error | Promise<RecordReceipt>)[]) {
  const requests: RecordRequest[] = [];
  const record = async (request: RecordRequest): Promise<RecordReceipt> => {
    requests.push(request);
    const answer = answers[requests.length - 1];
    if (answer === undefined) throw new Error("asked too often");
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { requests, record };
}

const recorded: RecordReceipt = { intentId: "i1", verdict: "recorded" };
const recorder = (handoffs: HandoffKeeper, over: Partial<RecorderRun> = {}, recordMs = 10_000) =>
  new Recorder({ run: run(over), handoffs, handOffCalls: 3, recordMs });

describe("the recorder of one run", () => {
  test("asks the store for one hand-off and answers later calls itself", async () => {
    const handoffs = store(recorded);
    const one = recorder(handoffs);
    expect(await one.handOff(asks("why"))).toMatchObject({ success: true });
    expect(await one.handOff(asks())).toMatchObject({
      success: true,
      message: expect.stringMatching(/nothing changed/),
    });
    expect(handoffs.requests).toStrictEqual([
      {
        intentId: expect.any(String),
        tenant: "t1",
        executionId: "e1",
        conversationId: "c1",
        epoch: 3,
        kind: "handoff",
        reason: "why",
        phoneDestination: null,
        call: null,
      },
    ]);
    expect(await one.settle()).toMatchObject({
      intents: [{ verdict: "recorded" }, { verdict: "already_handed_off" }],
      effective: { kind: "handoff", intentId: "i1", reason: "why", phoneDestination: null, state: "recorded" },
      overflowed: false,
      skipped: false,
    });
  });

  test("gives the live call to the store with a transfer", async () => {
    const handoffs = store(recorded);
    const one = recorder(handoffs, { channel: "phone", call: { id: "call1" } });
    await one.handOff(asks(undefined, "+15551234567"));
    expect(handoffs.requests).toMatchObject([
      { kind: "phone_transfer", phoneDestination: "+15551234567", call: { id: "call1" } },
    ]);
  });

  test("leaves the run free to call again after a rejection of any kind", async () => {
    const handoffs = store(new Error("down"), { intentId: "", verdict: "rejected", message: "Not abroad." }, recorded);
    const one = recorder(handoffs);
    expect(await one.handOff(asks())).toMatchObject({ success: false, message: expect.stringMatching(/failed/) });
    expect(await one.handOff(asks())).toStrictEqual({ success: false, message: "Not abroad." });
    expect(await one.handOff(asks())).toMatchObject({ success: true });
    expect((await one.settle()).intents.map((intent) => intent.verdict)).toStrictEqual([
      "rejected",
      "rejected",
      "recorded",
    ]);
  });

  test("says how a concurrent run came first, and has no hand-off of its own", async () => {
    const one = recorder(store({ intentId: "x", verdict: "already_handed_off", kind: "phone_transfer" }));
    expect(await one.handOff(asks())).toMatchObject({ success: true });
    expect(await one.handOff(asks())).toMatchObject({ success: true });
    expect(await one.settle()).toMatchObject({ effective: null, alreadyHandedOffBy: "phone_transfer" });
  });

  test.each(["test", "mock"] as const)(
    "never asks the store in %s, and counts as handed off from then on",
    async (environment) => {
      const handoffs = store();
      const one = recorder(handoffs, { environment });
      await one.handOff(asks());
      await one.handOff(asks());
      expect(await one.settle()).toMatchObject({
        intents: [{ verdict: "skipped" }, { verdict: "already_handed_off" }],
        effective: null,
        skipped: true,
      });
      expect(handoffs.requests).toStrictEqual([]);
    },
  );

  test("answers calls that come at once one after another", async () => {
    const handoffs = store(recorded);
    const one = recorder(handoffs);
    const answers = await Promise.all([one.handOff(asks("a")), one.handOff(asks("b"))]);
    expect(answers.map(({ success }) => success)).toStrictEqual([true, true]);
    expect((await one.settle()).intents).toMatchObject([{ reason: "a" }, { reason: "b" }]);
    expect(handoffs.requests).toHaveLength(1);
  });

  test.each([
    [true, 1],
    [false, 4],
  ])("past its calls answers row 5 or no success, without an intent (handed off: %p)", async (handedOff) => {
    const one = recorder(store(), { handedOff });
    for (let call = 0; call < 3; call += 1) await one.handOff(asks(undefined, undefined, "other"));
    expect(await one.handOff({ overflow: true })).toMatchObject({ success: handedOff });
    expect(await one.handOff(asks())).toMatchObject({ success: handedOff });
    const facts = await one.settle();
    expect(facts.overflowed).toBe(true);
    expect(facts.intents).toHaveLength(3);
  });

  test("hears nothing after it settled", async () => {
    const handoffs = store(recorded);
    const one = recorder(handoffs);
    await one.settle();
    expect(await one.handOff(asks())).toMatchObject({ success: false });
    expect(await one.settle()).toMatchObject({ intents: [], effective: null });
    expect(handoffs.requests).toStrictEqual([]);
  });

  test("settles only once a record under way is answered, though nobody waits for it any more", async () => {
    const answer = Promise.withResolvers<RecordReceipt>();
    const one = recorder(store(answer.promise));
    void one.handOff(asks());
    const settled = one.settle();
    answer.resolve(recorded);
    expect(await settled).toMatchObject({ effective: { state: "recorded" }, intents: [{ verdict: "recorded" }] });
  });
});

describe("a record that is not answered in time", () => {
  const late = () => {
    const answer = Promise.withResolvers<RecordReceipt>();
    answer.promise.catch(() => {});
    return answer;
  };

  test("is unknown, no success, and counts as handed off", async () => {
    const one = recorder(store(late().promise), {}, 5);
    expect(await one.handOff(asks("why"))).toMatchObject({
      success: false,
      message: expect.stringMatching(/may or may not/),
    });
    expect(await one.handOff(asks())).toMatchObject({ success: true });
    expect(await one.settle()).toMatchObject({
      intents: [{ verdict: "unknown" }, { verdict: "already_handed_off" }],
      effective: { state: "unknown", intentId: expect.stringMatching(/./), reason: "why" },
    });
  });

  test("keeps its message and gets the true verdict if the answer comes before the run is settled", async () => {
    const answer = late();
    const one = recorder(store(answer.promise), {}, 5);
    const told = await one.handOff(asks());
    answer.resolve(recorded);
    expect(await one.settle()).toMatchObject({
      intents: [{ verdict: "recorded", message: told.message }],
      effective: { intentId: "i1", state: "recorded" },
    });
  });

  test("leaves nothing behind if it turns out to have failed", async () => {
    const answer = late();
    const one = recorder(store(answer.promise), {}, 5);
    await one.handOff(asks());
    answer.reject(new Error("down"));
    expect(await one.settle()).toMatchObject({ intents: [{ verdict: "rejected" }], effective: null });
  });

  test("if it turns out to have failed, a later call that was promised success is recorded in its place", async () => {
    const answer = late();
    const handoffs = store(answer.promise, { intentId: "i2", verdict: "recorded" });
    const one = recorder(handoffs, {}, 5);
    await one.handOff(asks("first"));
    expect(await one.handOff(asks("second"))).toMatchObject({ success: true });
    answer.reject(new Error("down"));
    expect(await one.settle()).toMatchObject({
      intents: [{ verdict: "rejected" }, { verdict: "recorded" }],
      effective: { intentId: "i2", reason: "second", state: "recorded" },
    });
  });

  test("if it turns out to have failed, a call past the limit that was promised success has it recorded again", async () => {
    const answer = late();
    const handoffs = store(answer.promise, { intentId: "i2", verdict: "recorded" });
    const one = recorder(handoffs, {}, 5);
    await one.handOff(asks("first"));
    expect(await one.handOff({ overflow: true })).toMatchObject({ success: true });
    answer.reject(new Error("down"));
    expect(await one.settle()).toMatchObject({
      intents: [{ verdict: "recorded", reason: "first" }],
      effective: { intentId: "i2", reason: "first", state: "recorded" },
    });
  });

  test("is taken in as another run's hand-off if the store says so late", async () => {
    const answer = late();
    const one = recorder(store(answer.promise), {}, 5);
    await one.handOff(asks());
    answer.resolve({ intentId: "x", verdict: "already_handed_off", kind: "handoff" });
    expect(await one.settle()).toMatchObject({ effective: null, alreadyHandedOffBy: "handoff" });
  });

  test("stays unknown where the store itself says so", async () => {
    const one = recorder(store({ intentId: "i9", verdict: "unknown" }));
    expect(await one.handOff(asks())).toMatchObject({ success: false });
    expect(await one.settle()).toMatchObject({ effective: { intentId: "i9", state: "unknown" } });
  });
});

describe("the table of functions", () => {
  const signal = new AbortController().signal;

  test("has the hand-off: synchronous, with one call more than the action has", () => {
    const one = recorder(store());
    expect(actionFunctions({ recorder: one }).hand_off_conversation).toMatchObject({ mode: "sync", budget: 4 });
    expect(handOffPreludeData(one)).toStrictEqual({ handOffCalls: 3 });
  });

  test("answers with success and message", async () => {
    const { hand_off_conversation } = actionFunctions({ recorder: recorder(store(recorded)) });
    expect(await hand_off_conversation.handle({ args: asks(), signal })).toStrictEqual({
      value: { success: true, message: expect.any(String) },
    });
  });

  test("answers no success to what does not fit the schema, and to a run that is over", async () => {
    const handoffs = store();
    const one = recorder(handoffs);
    const { hand_off_conversation } = actionFunctions({ recorder: one });
    for (const args of [null, "x", { ...asks(), channel: "phone" }]) {
      expect((await hand_off_conversation.handle({ args, signal })).value.success).toBe(false);
    }
    expect((await one.settle()).intents).toStrictEqual([]);
    const over = await hand_off_conversation.handle({ args: asks(), signal: AbortSignal.abort() });
    expect(over.value.success).toBe(false);
    expect((await one.settle()).intents).toStrictEqual([]);
    expect(handoffs.requests).toStrictEqual([]);
  });
});
