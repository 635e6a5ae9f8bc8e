// Simulated conversations: every way a transfer can go, who may speak afterwards, and histories that `baton test` passes.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ScenarioRunner } from "../../author/scenarios/runner.ts";
import type { Conversation } from "../../author/simulator/conversation.ts";
import type { ConversationView, Entry } from "../../author/simulator/history.ts";
import { Simulator } from "../../author/simulator/simulator.ts";
import type { Json } from "../../runtime/index.ts";

const NUMBER = "+15551234567";
const SECRET = "a value that nobody may see";
const ACTIONS = {
  "transfer.ts": `export function execute_action(context) {
    const answer = hand_off_conversation(context, "wants a person", "${NUMBER}");
    return { message: "${SECRET}", answer: answer.success };
  }`,
  "handoff.ts": `export function execute_action(context) {
    hand_off_conversation(context, "is angry");
    return { message: "A colleague will write to you.", said: context.conversation.messages.length };
  }`,
  "ask.ts": `export async function execute_action() {
    const response = await fetch("https://shop.example/orders/7");
    return { message: "It is " + (await response.json()).status, at: new Date().toISOString() };
  }`,
};
const CONTEXT: Json = {
  conversation: { id: "c1", latestChannel: "chat", call: { id: "k", from: "+15550100123", to: "+15550100200" } },
  args: {},
};

let folder: string;
let runner: ScenarioRunner;
let simulator: Simulator;
let changed = () => {};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "baton-simulator-"));
  for (const [name, source] of Object.entries(ACTIONS)) writeFileSync(join(folder, name), source);
  runner = new ScenarioRunner();
  simulator = new Simulator({ runner, live: false, onChange: () => changed() });
});

afterAll(async () => {
  await simulator.close();
  await runner.close();
  rmSync(folder, { recursive: true, force: true });
});

const action = (name: keyof typeof ACTIONS): string => join(folder, name);

/** The first view that fits. */
async function when(conversation: Conversation, fits: (view: ConversationView) => boolean): Promise<ConversationView> {
  for (;;) {
    const next = new Promise<void>((resolve) => (changed = resolve));
    const view = await conversation.view();
    if (fits(view)) return view;
    await next;
  }
}

const calls = (view: ConversationView): string[] =>
  view.history.flatMap((entry) => (entry.type === "call" ? [entry.what] : entry.type === "run" ? ["run"] : []));
const humans = (view: ConversationView): string[] =>
  view.history.flatMap((entry) => (entry.type === "human" ? [entry.what] : []));
const messages = (view: ConversationView) =>
  view.history.filter((entry): entry is Extract<Entry, { type: "message" }> => entry.type === "message");

async function onThePhone(): Promise<Conversation> {
  const conversation = await simulator.begin(CONTEXT, "phone");
  await conversation.ring();
  conversation.customerSays("A person, please.");
  return conversation;
}

describe("a transfer", () => {
  test("rings at the number once the run has ended, and its return value is nowhere", async () => {
    const conversation = await onThePhone();
    const turn = await conversation.run(action("transfer.ts"), {});
    const ringing = await conversation.view();
    expect(ringing).toMatchObject({ state: "transferred", caller: "ringing", ringing: { number: NUMBER } });
    expect(calls(ringing)).toEqual(["rang", "run", "dialling", "ringing"]);
    expect(ringing.botMay.speak).toBe(false);
    expect(turn.outcome).toMatchObject({
      returnValueDiscarded: true,
      bot: { mayReplyNow: false, mayReplyLater: false },
    });
    expect(JSON.stringify(ringing)).not.toContain(SECRET);
    await conversation.answer("answers");
    expect(await conversation.view()).toMatchObject({ state: "transferred", caller: "with_human", ringing: null });
  });

  test.each([
    ["declines", "declined", "dial_busy"],
    ["busy", "busy", "dial_busy"],
    ["no_answer", "no_answer", "dial_no-answer"],
  ] as const)("that the human side %s becomes a hand-off that the desk is told of", async (how, what, code) => {
    const conversation = await onThePhone();
    await conversation.run(action("transfer.ts"), {});
    await conversation.answer(how);
    const view = await when(conversation, (each) => humans(each).includes("told"));
    expect(view).toMatchObject({ state: "transfer_failed", code, caller: "waiting", botMay: { speak: false } });
    expect(calls(view).at(-1)).toBe(what);
  });

  test("that nobody answers within its seconds is no answer, without anybody's doing", async () => {
    const conversation = await onThePhone();
    conversation.set({ ringSeconds: 1 });
    await conversation.run(action("transfer.ts"), {});
    const view = await when(conversation, (each) => humans(each).includes("told"));
    expect(calls(view).at(-1)).toBe("no_answer");
    expect(view.state).toBe("transfer_failed");
  });

  test("that a voicemail box takes counts as answered: the provider tells no difference", async () => {
    const conversation = await onThePhone();
    await conversation.run(action("transfer.ts"), {});
    await conversation.answer("voicemail");
    expect(await conversation.view()).toMatchObject({ state: "transferred", caller: "with_voicemail" });
  });

  test("from which the caller hangs up is owed a human all the same", async () => {
    const conversation = await onThePhone();
    await conversation.run(action("transfer.ts"), {});
    await conversation.hangUp();
    const view = await when(conversation, (each) => humans(each).includes("told"));
    expect(view).toMatchObject({ state: "transfer_failed", code: "dial_canceled", caller: "over" });
    expect(calls(view).at(-1)).toBe("caller_hung_up");
  });

  test("that the company refuses becomes a standard hand-off, whose value the bot keeps for one answer", async () => {
    const conversation = await onThePhone();
    conversation.set({ carrier: "refuses" });
    const { outcome, transfer } = await conversation.run(action("transfer.ts"), {});
    expect(transfer).toBe("refused");
    expect(outcome).toMatchObject({
      handoff: { kind: "handoff", phoneDestination: null },
      returnValueDiscarded: false,
    });
    expect((await conversation.view()).botMay.speak).toBe(true);
    await conversation.botSays("A colleague will call you.");
    await conversation.botSays("Are you there?");
    const [allowed, caught] = messages(await conversation.view()).filter(({ sender }) => sender === "bot");
    expect(allowed?.caught).toBeNull();
    expect(caught?.caught).toMatch(/a human has it/);
  });

  test("whose answer never comes is unknown, and is not dialled again", async () => {
    const conversation = await onThePhone();
    conversation.set({ carrier: "never_answers" });
    const { outcome, transfer } = await conversation.run(action("transfer.ts"), {});
    expect(transfer).toBe("unknown");
    expect(outcome).toMatchObject({ handoff: { state: "unknown" }, bot: { mayReplyNow: false, mayReplyLater: false } });
    const view = await conversation.view();
    expect(view).toMatchObject({ state: "transfer_unknown", caller: "transferring", botMay: { speak: false } });
    expect(calls(view).filter((what) => what === "dialling")).toHaveLength(1);
  });

  test("of a call that is over when it is dialled is refused by the company", async () => {
    const conversation = await simulator.begin(CONTEXT, "phone");
    await conversation.ring();
    await conversation.hangUp();
    const { outcome } = await conversation.run(action("transfer.ts"), {});
    expect(outcome.warnings.map(({ code }) => code)).toContain("TRANSFER_REFUSED");
  });
});

describe("a hand-off", () => {
  test("lets the bot answer once, then silences it until it is handed back, in the next epoch", async () => {
    const conversation = await simulator.begin(CONTEXT, "chat");
    conversation.customerSays("This is the third time!");
    await conversation.run(action("handoff.ts"), {});
    await conversation.botSays("A colleague will write to you.");
    conversation.customerSays("When?");
    await conversation.botSays("Soon.");
    await conversation.takeOver();
    conversation.agentSays("Hello, Kim here.");
    const before = await conversation.view();
    expect(messages(before).map(({ sender, caught }) => [sender, caught !== null])).toEqual([
      ["customer", false], ["bot", false], ["customer", false], ["bot", true], ["agent", false],
    ]); // prettier-ignore
    expect(before).toMatchObject({ state: "handed_off", epoch: 0 });
    await conversation.handBack();
    expect(await conversation.view()).toMatchObject({ state: "bot", epoch: 1, botMay: { speak: true } });
    const again = await conversation.run(action("handoff.ts"), {});
    expect(again.outcome.handoff).toMatchObject({ kind: "handoff", state: "recorded" });
    expect(again.epoch).toBe(1);
  });

  test("that a human takes of their own accord is one that the ledger keeps", async () => {
    const conversation = await simulator.begin(CONTEXT, "chat");
    await conversation.takeOver();
    expect(await conversation.view()).toMatchObject({ state: "handed_off", botMay: { speak: false } });
    const { outcome } = await conversation.run(action("handoff.ts"), {});
    expect(outcome).toMatchObject({ handoff: null, bot: { mayReplyNow: false, mayReplyLater: false } });
  });

  test("leaves the bot silent when the customer rings again, and not after it was handed back", async () => {
    const conversation = await onThePhone();
    await conversation.run(action("transfer.ts"), {});
    await conversation.hangUp();
    await conversation.ring();
    expect(await conversation.view()).toMatchObject({ caller: "waiting", botMay: { speak: false } });
    await conversation.hangUp();
    await conversation.handBack();
    await conversation.ring();
    expect(await conversation.view()).toMatchObject({ caller: "with_bot", epoch: 1, botMay: { speak: true } });
  });
});

describe("a history", () => {
  test("of several turns, actions, refusals and epochs is saved as scenarios that pass", async () => {
    const conversation = await onThePhone();
    conversation.set({
      now: "2026-03-02T10:00:00-05:00",
      http: [{ url: "https://shop.example/*", json: { status: "sent" } }],
    });
    await conversation.run(action("ask.ts"), {});
    conversation.set({ carrier: "refuses" });
    await conversation.run(action("transfer.ts"), {});
    await conversation.run(action("handoff.ts"), {});
    await conversation.handBack();
    conversation.set({ carrier: "accepts" });
    conversation.press("1");
    await conversation.run(action("transfer.ts"), {});
    const file = join(folder, "ask.whole.scenario.yaml");
    const { result } = await simulator.save(conversation.id, file, false);
    expect(result).toMatchObject({
      type: "ran",
      verdicts: Array.from({ length: 4 }, () => ({ ok: true, failures: [] })),
    });
    const text = readFileSync(file, "utf8");
    expect(text).toMatch(/transfer: refused/);
    expect(text).toMatch(/handedBack: true/);
    // Of the transfer that fired nothing is kept; the one that was refused kept its value.
    expect(text.split(SECRET)).toHaveLength(2);
    await expect(simulator.save(conversation.id, file, false)).rejects.toMatchObject({ code: "FILE_UNWRITABLE" });
  });

  test("fails once the action does something else", async () => {
    const conversation = await simulator.begin(CONTEXT, "chat");
    const changing = join(folder, "changing.ts");
    writeFileSync(changing, ACTIONS["handoff.ts"]);
    await conversation.run(changing, {});
    writeFileSync(changing, `export const execute_action = () => ({ message: "no" });`);
    const { result } = await simulator.save(conversation.id, join(folder, "changing.scenario.yaml"), false);
    expect(result).toMatchObject({ type: "ran", verdicts: [{ ok: false }] });
  });

  test("says which requests had no answer, and when each thing happened", async () => {
    const conversation = await simulator.begin(CONTEXT, "chat");
    const { unanswered, steps } = await conversation.run(action("ask.ts"), {});
    expect(unanswered).toEqual(["GET https://shop.example/orders/7"]);
    const kinds = steps.map(({ kind }) => kind);
    expect(kinds).toEqual(["compile", "queue", "run", "request", "settle"]);
    for (const [index, step] of steps.entries()) expect(step.at).toBeGreaterThanOrEqual(steps[index - 1]?.at ?? 0);
  });

  test("in a test environment skips hand-offs, and the bot goes on", async () => {
    const conversation = await simulator.begin(CONTEXT, "chat");
    conversation.set({ environment: "test" });
    await conversation.run(action("handoff.ts"), {});
    expect(await conversation.view()).toMatchObject({ state: "bot", botMay: { speak: true } });
  });
});

test("what does not fit where a conversation stands is refused in a sentence", async () => {
  const conversation = await simulator.begin(CONTEXT, "phone");
  expect(() => conversation.customerSays("hello")).toThrow(/ring first/);
  await expect(conversation.hangUp()).rejects.toThrow(/Nobody is on the line/);
  await expect(conversation.answer("answers")).rejects.toThrow(/No number is ringing/);
  await expect(conversation.handBack()).rejects.toThrow(/already/);
  await expect(simulator.save(conversation.id, join(folder, "x.scenario.yaml"), false)).rejects.toThrow(
    /Nothing to save/,
  );
});
