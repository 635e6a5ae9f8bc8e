// The corners of a hand-off call, word for word: what crosses, what is named, and answers that come late.
import { describe, expect, test } from "@jest/globals";
import { CROSSING_KEYS, CROSSING_KEY_LENGTH, handOffCallSchema } from "../../../host-api/handoff/call.ts";
import type { HandOffCall } from "../../../host-api/handoff/call.ts";
import { answerPastLimit, conclude, decide } from "../../../host-api/handoff/handoff.ts";
import { actionFunctions } from "../../../host-api/index.ts";
import { optionNote } from "../../../host-api/handoff/option-names.ts";
import type { RecordReceipt } from "../../../host-api/handoff/keeper.ts";
import { Recorder } from "../../../host-api/handoff/recorder.ts";

const call = (over: object = {}) => ({
  overflow: false,
  context: { type: "conversation", id: "c1" },
  reason: { type: "absent" },
  phoneDestination: { type: "absent" },
  ...over,
});
const reads = (over: object): boolean => handOffCallSchema.safeParse(call(over)).success;

describe("what crosses from the guest", () => {
  test.each(["missing", "not_an_object", "no_conversation", "unreadable"])("a context may be %s", (type) => {
    expect(reads({ context: { type } })).toBe(true);
    expect(reads({ context: { type: `${type} ` } })).toBe(false);
  });

  test.each(["number", "boolean", "bigint", "symbol", "function", "object"])(
    "a reason and a number may be of the type %s, and of no other",
    (is) => {
      expect(reads({ reason: { type: "other", is }, phoneDestination: { type: "other", is } })).toBe(true);
      expect(reads({ reason: { type: "other", is: "" } })).toBe(false);
      expect(reads({ phoneDestination: { type: "", is } })).toBe(false);
    },
  );

  test("is no longer than was agreed", () => {
    const keys = (count: number, length: number) => ({
      oddKeys: Array.from({ length: count }, () => "k".repeat(length)),
    });
    expect([CROSSING_KEYS, CROSSING_KEY_LENGTH]).toEqual([8, 32]);
    expect(reads(keys(8, 32))).toBe(true);
    expect(reads(keys(9, 32))).toBe(false);
    expect(reads(keys(8, 33))).toBe(false);
    const reason = (text: string) => ({ reason: { type: "string", text } });
    expect(reads(reason("x".repeat(501)))).toBe(true);
    expect(reads(reason("x".repeat(502)))).toBe(false);
    expect(reads(reason("😀".repeat(501)))).toBe(true);
    expect(reads(reason(""))).toBe(false);
    const number = (text: string) => ({ phoneDestination: { type: "string", text } });
    expect(reads(number("1"))).toBe(true);
    expect(reads(number("1".repeat(64)))).toBe(true);
    expect(reads(number("1".repeat(65)))).toBe(false);
    expect(reads(number(""))).toBe(false);
  });
});

describe("a misspelt option", () => {
  test.each([
    [["phoneDestination"], " The option is called phone_destination, not phoneDestination."],
    [["phone"], " The option is called phone_destination, not phone."],
    [["destination"], " The option is called phone_destination, not destination."],
    [["Reason_Text"], " The option is called reason, not Reason_Text."],
    [["reasn"], " The option is called reason, not reasn."],
    [["pone_destinaton"], " The option is called phone_destination, not pone_destinaton."],
    [["phone number 555"], " The option is called phone_destination."],
    [
      ["PHONE", "why_reason"],
      " The option is called phone_destination, not PHONE. The option is called reason, not why_reason.",
    ],
    [["phone", "phone"], " The option is called phone_destination, not phone."],
    [["reason", "colour"], " An options object has the keys reason and phone_destination and no other."],
    [["phone_destination"], " An options object has the keys reason and phone_destination and no other."],
    [["colour"], ""],
    [[], ""],
  ])("%j is told %j", (keys, note) => {
    expect(optionNote(keys)).toBe(note);
  });
});

describe("the note about a reason", () => {
  const facts = { conversationId: "c1", channel: "chat", environment: "production", handedOff: false } as const;
  const told = (reason: object): string => {
    const decision = decide(call({ reason }) as HandOffCall, facts);
    if (decision.type !== "record") throw new Error("it is recorded");
    return conclude(decision, { verdict: "recorded", intentId: "i" }).message;
  };
  const PLAIN = "The conversation is handed off to a human; the bot answers no further messages in it.";
  const CUT = `${PLAIN} The reason was over 500 characters long and was cut to 500.`;
  test.each([
    [{ type: "absent" }, PLAIN],
    [{ type: "string", text: "why" }, PLAIN],
    [{ type: "string", text: "x".repeat(500) }, PLAIN],
    [{ type: "string", text: "x".repeat(501) }, CUT],
    [{ type: "string", text: "short by now", wasCut: true }, CUT],
    [{ type: "string", text: "short", wasCut: false }, PLAIN],
    [{ type: "other", is: "number" }, `${PLAIN} The reason was left out because it is not a string.`],
  ])("case %#", (reason, message) => {
    expect(told(reason)).toBe(message);
  });
});

const RUN = {
  tenant: "t",
  executionId: "e",
  conversationId: "c1",
  channel: "chat",
  environment: "production",
  epoch: 0,
  handedOff: false,
  call: null,
} as const;
const asks = (text?: string) =>
  call(text === undefined ? {} : { reason: { type: "string", text } }) as unknown as HandOffCall;
const recorded: RecordReceipt = { intentId: "i", verdict: "recorded" };

/** A store that answers when the test says so. */
function slow() {
  const answers: PromiseWithResolvers<RecordReceipt>[] = [];
  const reasons: (string | null)[] = [];
  return {
    answers,
    reasons,
    record({ reason }: { readonly reason: string | null }) {
      reasons.push(reason);
      const answer = Promise.withResolvers<RecordReceipt>();
      answers.push(answer);
      return answer.promise;
    },
  };
}

describe("a recorder", () => {
  test("gives its author's words, and notes what crossed longer than it may be", async () => {
    const cuts: boolean[] = [];
    const handoffs = { record: async () => recorded };
    const read = async (text: string): Promise<{ message: string; reason: string | null | undefined }> => {
      const readReason = (reason: string, wasCut: boolean): string => {
        cuts.push(wasCut);
        return reason.replace("MARK", "author.ts:1").slice(0, 400);
      };
      const one = new Recorder({ run: RUN, handoffs, handOffCalls: 3, readReason });
      const { message } = await one.handOff(asks(text));
      return { message, reason: (await one.settle()).intents[0]?.reason };
    };
    expect(await read("at MARK")).toMatchObject({
      reason: "at author.ts:1",
      message: expect.not.stringContaining("cut"),
    });
    expect(await read("x".repeat(500))).toMatchObject({ message: expect.not.stringContaining("cut") });
    expect(await read("x".repeat(501))).toMatchObject({ message: expect.stringContaining("cut to 500") });
    expect(cuts).toEqual([false, false, true]);
  });

  test("reads no reason where there is none", async () => {
    const readReason = (): string => {
      throw new Error("there is none");
    };
    const one = new Recorder({ run: RUN, handoffs: { record: async () => recorded }, handOffCalls: 1, readReason });
    expect(await one.handOff(asks())).toMatchObject({ success: true });
  });

  test("takes no call once it settles, also while an answer is out", async () => {
    const store = slow();
    const one = new Recorder({ run: RUN, handoffs: store, handOffCalls: 3, recordMs: 60_000 });
    const first = one.handOff(asks("first"));
    const settling = one.settle();
    expect(await one.handOff(asks("second"))).toEqual({ success: false, message: "Not handed off: the run is over." });
    store.answers[0]?.resolve(recorded);
    expect(await first).toMatchObject({ success: true });
    expect((await settling).intents).toHaveLength(1);
    expect(await one.settle()).toMatchObject({ intents: [{ verdict: "recorded" }] });
    expect(store.reasons).toEqual(["first"]);
  });

  test("changes nothing any more by an answer that comes after it settled", async () => {
    const store = slow();
    const one = new Recorder({ run: RUN, handoffs: store, handOffCalls: 3, recordMs: 20 });
    expect(await one.handOff(asks())).toMatchObject({ success: false });
    const facts = await one.settle();
    expect(facts).toMatchObject({ intents: [{ verdict: "unknown" }], effective: { state: "unknown" } });
    store.answers[0]?.resolve({ intentId: "x", verdict: "already_handed_off", kind: "handoff" });
    await new Promise((resolve) => setTimeout(resolve, 10));
    const after = await one.settle();
    expect(after).toEqual(facts);
    expect(after).not.toHaveProperty("alreadyHandedOffBy");
  });

  test("takes in an answer that comes late, once, and keeps what a later call was promised", async () => {
    const store = slow();
    const one = new Recorder({ run: RUN, handoffs: store, handOffCalls: 5, recordMs: 20 });
    expect(await one.handOff(asks("first"))).toMatchObject({ success: false });
    expect(await one.handOff(asks("second"))).toMatchObject({ success: true });
    expect(await one.handOff(asks("third"))).toMatchObject({ success: true });
    store.answers[0]?.reject(new Error("nothing was recorded"));
    await new Promise((resolve) => setTimeout(resolve, 5));
    // The promise to the second call is kept by a record of its own; the third was promised that one.
    store.answers[1]?.resolve({ intentId: "i2", verdict: "recorded" });
    const { intents, effective } = await one.settle();
    expect(store.reasons).toEqual(["first", "second"]);
    expect(intents.map(({ verdict }) => verdict)).toEqual(["rejected", "recorded", "already_handed_off"]);
    expect(effective).toMatchObject({ intentId: "i2", reason: "second", state: "recorded" });
  });

  test("counts a concurrent hand-off whose kind is not said as a standard one", async () => {
    const handoffs = {
      record: async (): Promise<RecordReceipt> => ({ intentId: "x", verdict: "already_handed_off" }),
    };
    const one = new Recorder({ run: RUN, handoffs, handOffCalls: 1 });
    await one.handOff(asks());
    expect(await one.settle()).toMatchObject({ alreadyHandedOffBy: "handoff" });
  });

  test("waits two seconds for a store unless it is given another time", async () => {
    const one = new Recorder({ run: RUN, handoffs: slow(), handOffCalls: 1 });
    const started = performance.now();
    expect(await one.handOff(asks())).toMatchObject({ success: false });
    expect(performance.now() - started).toBeGreaterThanOrEqual(1_990);
  });
});

test("a keeper that answers at once is waited for by nothing: neither the call nor the end of the run", () => {
  const keeper = { record: ({ intentId }: { intentId: string }) => ({ intentId, verdict: "recorded" as const }) };
  const one = new Recorder({ run: RUN, handoffs: keeper, handOffCalls: 3 });
  expect(one.handOff(call() as HandOffCall)).toMatchObject({ success: true });
  expect(one.settle()).toMatchObject({ effective: { kind: "handoff", state: "recorded" }, overflowed: false });
});

test("what a call past the limit is answered, before a hand-off and after it", () => {
  expect(answerPastLimit(false)).toEqual({
    success: false,
    message: "Not handed off: this run has used up its calls of hand_off_conversation.",
  });
  expect(answerPastLimit(true)).toEqual({
    success: true,
    message: "The conversation is already handed off; nothing changed.",
  });
});

test("a call that no guest of ours sends is answered, and asks for nobody", async () => {
  const record = (): never => {
    throw new Error("nothing is recorded");
  };
  const recorder = new Recorder({ run: RUN, handoffs: { record }, handOffCalls: 3 });
  const answer = await actionFunctions({ recorder }).hand_off_conversation.handle({
    args: { overflow: "yes" },
  } as never);
  expect(answer).toEqual({ value: { success: false, message: "Not handed off: the call could not be read." } });
});
