// Whose hand-off it is: execution ids that name one execution for good, concurrent runs of one conversation, epochs, tenants.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { MemoryHandoffs, Runtime } from "../../runtime/index.ts";
import { createMemoryHandoffs, createRuntime } from "../../runtime/index.ts";
import { NUMBER, SILENT_LOGGER, action, contextOf, faultOf, handoffsWith, run } from "./executing.ts";

let runtime: Runtime;
let handoffs: MemoryHandoffs;
let executionId: string;
let ids = 0;

beforeAll(async () => {
  handoffs = createMemoryHandoffs();
  runtime = await createRuntime({ logger: SILENT_LOGGER, handoffs });
});
beforeEach(() => {
  ids += 1;
  executionId = `execution ${ids}`;
});
afterAll(() => runtime.close());

const SILENT = { mayReplyNow: false, mayReplyLater: false };
const RANDOM = "return Math.random();";

describe("an execution id", () => {
  test("gives the stored outcome back, and does not run again", async () => {
    const context = contextOf("chat");
    const first = await run(runtime, RANDOM, { context, executionId });
    expect(await run(runtime, RANDOM, { context, executionId })).toEqual(first);
    expect(first.executionId).toBe(executionId);
  });

  test("used twice at once runs once: the second call waits for the first", async () => {
    const context = contextOf("chat");
    const body = `const end = Date.now() + 100; while (Date.now() < end); ${RANDOM}`;
    const outcomes = await Promise.all([1, 2, 3].map(() => run(runtime, body, { context, executionId })));
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[2]).toEqual(outcomes[0]);
  });

  test.each<[string, object]>([
    ["another action", { action: action("return 2") }],
    ["another context", { context: { conversation: null, args: { other: 1 } } }],
    ["another environment", { environment: "test" }],
  ])("used for %s rejects", async (_, over) => {
    const first = { action: action("return 1"), context: { conversation: null, args: {} }, executionId };
    await runtime.execute(first);
    const fault = await faultOf(runtime.execute({ ...first, ...over }));
    expect(fault).toMatchObject({ name: "HostFault", code: "EXECUTION_MISMATCH", retry: "never" });
  });

  test("is the same for the same context with its keys in another order", async () => {
    const first = await run(runtime, RANDOM, { executionId, context: { args: { a: 1, b: 2 }, conversation: null } });
    const again = await run(runtime, RANDOM, { executionId, context: { conversation: null, args: { b: 2, a: 1 } } });
    expect(again).toEqual(first);
  });

  test("belongs to its tenant", async () => {
    const outcomes = await Promise.all(
      ["one", "two"].map((tenant) => run(runtime, `return "${tenant}"`, { executionId, tenant })),
    );
    expect(outcomes.map(({ returnValue }) => returnValue)).toEqual(["one", "two"]);
  });

  test("of a transfer never gives the discarded value back", async () => {
    const context = contextOf("phone");
    const body = `hand_off_conversation(context, null, "${NUMBER}"); return "secret value";`;
    const first = await run(runtime, body, { context, executionId });
    const again = await run(runtime, body, { context, executionId });
    expect(again).toEqual(first);
    expect(again).toMatchObject({ returnValueDiscarded: true, bot: SILENT });
    expect(JSON.stringify(again)).not.toContain("secret value");
  });

  test("of an action that threw or never ran is kept as well", async () => {
    for (const body of ["throw new Error(String(Math.random()))", "syntax error"]) {
      executionId += "+";
      const context = contextOf("chat");
      const first = await run(runtime, body, { context, executionId });
      expect(first.status).not.toBe("returned");
      expect(await run(runtime, body, { context, executionId })).toEqual(first);
    }
  });

  test("of a run replays with where the conversation stands now", async () => {
    const context = contextOf("chat");
    const of = { tenant: "default", conversationId: context.conversation.id };
    const replay = () => run(runtime, "return 1", { context, executionId });
    const free = { mayReplyNow: true, mayReplyLater: true };
    expect(await replay()).toMatchObject({ returnValue: 1, bot: free });
    await run(runtime, "hand_off_conversation(context)", { context });
    expect(await replay()).toMatchObject({ returnValue: 1, handoff: null, bot: SILENT });
    await handoffs.handBack(of);
    expect(await replay()).toMatchObject({ returnValue: 1, bot: free });
  });

  test("of a run that handed off itself gives its value again for that one turn", async () => {
    const context = contextOf("chat");
    const replay = () => run(runtime, "hand_off_conversation(context); return 1", { context, executionId });
    const first = await replay();
    expect(first).toMatchObject({ returnValue: 1, bot: { mayReplyNow: true, mayReplyLater: false } });
    expect(await replay()).toEqual(first);
    await handoffs.handBack({ tenant: "default", conversationId: context.conversation.id });
    expect(await replay()).toMatchObject({ returnValue: 1, bot: { mayReplyLater: true } });
  });

  test("of an unknown hash is free again: the same id runs the source", async () => {
    const context = contextOf("chat");
    const unknown = { action: { hash: "0".repeat(64) }, context, executionId };
    for (const _ of ["once", "and again"])
      expect(await runtime.execute(unknown)).toMatchObject({
        status: "invalid",
        error: { code: "ACTION_UNKNOWN", retry: "safe" },
      });
    expect(await run(runtime, "return 1", { context, executionId })).toMatchObject({ returnValue: 1 });
    // What ran keeps its id.
    expect(await faultOf(runtime.execute(unknown))).toMatchObject({ code: "EXECUTION_MISMATCH" });
  });

  test("of a compile that took too long is free again: the same source runs once there is time", async () => {
    const context = contextOf("chat");
    const slow = { action: action(`return ${"(".repeat(20_000)}1${")".repeat(20_000)}`), context, executionId };
    expect(await runtime.execute({ ...slow, limits: { compileMs: 1 } })).toMatchObject({
      status: "invalid",
      error: { code: "COMPILE_TIMEOUT", retry: "safe" },
    });
    expect(await run(runtime, "return 1", { context, executionId })).toMatchObject({ returnValue: 1 });
  });

  test("is made up where none is given, and never the same twice", async () => {
    const [one, two] = [await run(runtime, "return 1"), await run(runtime, "return 1")];
    expect(one.executionId).not.toBe(two.executionId);
  });

  test("is free again if a bad invocation named it first", async () => {
    expect(await run(runtime, "return 1", { executionId, context: {} })).toMatchObject({
      status: "invalid",
      executionId,
    });
    expect(await run(runtime, "return 1", { executionId })).toMatchObject({ status: "returned" });
  });
});

describe("one conversation", () => {
  test("handed off before the run: the bot is silent, the value kept, and nothing is recorded", async () => {
    const context = contextOf("phone");
    await run(runtime, "hand_off_conversation(context)", { context });
    const body = `return hand_off_conversation(context, null, "${NUMBER}").success`;
    const outcome = await run(runtime, body, { context });
    expect(outcome).toMatchObject({ status: "returned", returnValue: true, handoff: null, bot: SILENT, warnings: [] });
    expect(outcome.intents).toMatchObject([{ verdict: "already_handed_off" }]);
    expect(await run(runtime, "return 1", { context })).toMatchObject({ returnValue: 1, handoff: null, bot: SILENT });
  });

  test("handed back: the next hand-off of the new epoch takes effect", async () => {
    const context = contextOf("chat");
    const key = { tenant: "default", conversationId: context.conversation.id };
    await run(runtime, "hand_off_conversation(context)", { context });
    expect(await handoffs.handBack(key)).toEqual({ epoch: 1 });
    expect(await handoffs.handBack(key)).toEqual({ epoch: 1 });
    expect((await run(runtime, "return 1", { context })).bot).toEqual({ mayReplyNow: true, mayReplyLater: true });
    const again = await run(runtime, `hand_off_conversation(context, "again")`, { context });
    expect(again).toMatchObject({ handoff: { reason: "again", state: "recorded" } });
  });

  test("of several runs at once has one winner, and all others are told so", async () => {
    const context = contextOf("chat");
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, n) => run(runtime, `return hand_off_conversation(context, "${n}")`, { context })),
    );
    expect(outcomes.filter(({ handoff }) => handoff !== null)).toHaveLength(1);
    for (const { returnValue, bot } of outcomes) {
      expect(returnValue).toMatchObject({ success: true });
      expect(bot.mayReplyLater).toBe(false);
    }
  });

  test.each([
    ["a standard hand-off", `hand_off_conversation(context)`, { mayReplyNow: true, mayReplyLater: false }],
    ["a transfer", `hand_off_conversation(context, null, "${NUMBER}")`, SILENT],
  ])(
    "gets %s from a concurrent run meanwhile: no hand-off of this run, the bot as that run left it",
    async (_, call, bot) => {
      const context = contextOf("phone");
      let other: Promise<unknown> | null = null;
      const memory = createMemoryHandoffs();
      const both = await createRuntime({
        logger: SILENT_LOGGER,
        handoffs: handoffsWith(() => ({
          begin: (request) => memory.begin(request),
          record: (request) => memory.record(request),
          end: (...parts) => memory.end(...parts),
          async standing(conversation) {
            // The other run comes in after this one's action has ended, and before it is settled.
            await (other ??= run(both, call, { context }));
            return memory.standing(conversation);
          },
        })),
      });
      try {
        const outcome = await run(both, "return 1", { context });
        expect(outcome).toMatchObject({ status: "returned", handoff: null, returnValue: 1, intents: [], bot });
      } finally {
        await both.close();
      }
    },
  );

  test("of another tenant with the same id is another conversation", async () => {
    const context = contextOf("chat");
    await run(runtime, "hand_off_conversation(context)", { context, tenant: "one" });
    const outcome = await run(runtime, "return hand_off_conversation(context).success", { context, tenant: "two" });
    expect(outcome).toMatchObject({ returnValue: true, handoff: { kind: "handoff" } });
  });

  test("skipped in a test environment stays with the bot", async () => {
    const context = contextOf("chat");
    await run(runtime, "hand_off_conversation(context)", { context, environment: "test" });
    expect((await run(runtime, "return 1", { context })).bot).toEqual({ mayReplyNow: true, mayReplyLater: true });
  });
});

test("a store that cannot begin rejects; one that cannot look again or end costs no outcome", async () => {
  const down = (): Promise<never> => Promise.reject(new Error("down"));
  const fail = async (over: object) => {
    const other = await createRuntime({ logger: SILENT_LOGGER, handoffs: handoffsWith(() => over) });
    try {
      return await run(other, "return 1").catch((error: unknown) => error);
    } finally {
      await other.close();
    }
  };
  expect(await fail({ begin: down })).toMatchObject({ code: "HANDOFFS_UNAVAILABLE", retry: "safe" });
  expect(await fail({ standing: down })).toMatchObject({ status: "returned", returnValue: 1 });
  expect(await fail({ end: down })).toMatchObject({ status: "returned", returnValue: 1 });
});

test("a compiled action runs by its hash, under the same execution id as by its source", async () => {
  const source = action(RANDOM);
  const { hash, diagnostics } = await runtime.compile(source);
  expect(diagnostics).toEqual([]);
  const context = contextOf("chat");
  const first = await runtime.execute({ action: { hash }, context, executionId });
  expect(first.status).toBe("returned");
  expect(await runtime.execute({ action: source, context, executionId })).toEqual(first);
  const unknown = await runtime.execute({ action: { hash: "nothing" }, context });
  expect(unknown).toMatchObject({ status: "invalid", error: { code: "ACTION_UNKNOWN", retry: "safe" } });
});
