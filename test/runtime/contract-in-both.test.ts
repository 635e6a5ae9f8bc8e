// One table of calls, in both languages: whatever a row comes to on a channel and in an environment, it comes to in TypeScript and in Python.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Environment, Outcome, Runtime } from "../../runtime/index.ts";
import { createRuntime } from "../../runtime/index.ts";
import { NUMBER, SILENT_LOGGER, contextOf } from "./executing.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ logger: SILENT_LOGGER });
}, 60_000);
afterAll(() => runtime.close());

const H = "hand_off_conversation";

/** What is returned, in each language. */
const CALLS: Readonly<Record<string, readonly [typescript: string, python: string]>> = {
  "row 1: with a reason": [`${H}(context, "why")`, `${H}(context, "why")`],
  "row 1: with nothing else": [`${H}(context)`, `${H}(context)`],
  "row 1: null and the empty text are not given": [`${H}(context, null, "")`, `${H}(context, None, "")`],
  "row 2 and 3: a valid number": [`${H}(context, "why", "${NUMBER}")`, `${H}(context, "why", "${NUMBER}")`],
  "row 2 and 3: a number alone": [
    `${H}(context, { phone_destination: "${NUMBER}" })`,
    `${H}(context, phone_destination="${NUMBER}")`,
  ],
  "row 2 and 3: both by name": [
    `${H}(context, { reason: "why", phone_destination: "${NUMBER}" })`,
    `${H}(context=context, phone_destination="${NUMBER}", reason="why")`,
  ],
  "row 3 and 4: a malformed number": [`${H}(context, "why", "12345")`, `${H}(context, "why", "12345")`],
  "row 3 and 4: no text": [`${H}(context, "why", 15551234567)`, `${H}(context, "why", 15551234567)`],
  "row 3 and 4: a huge text": [`${H}(context, null, "+1".repeat(1e5))`, `${H}(context, None, "+1" * 10 ** 5)`],
  "row 3 and 4: an object": [`${H}(context, null, {})`, `${H}(context, None, {})`],
  "row 4: again without the number": [
    `[${H}(context, "a", "no").success, ${H}(context, "b").success]`,
    `[${H}(context, "a", "no")["success"], ${H}(context, "b")["success"]]`,
  ],
  "row 5: a second call": [
    `[${H}(context, "1").success, ${H}(context, "2", "${NUMBER}")]`,
    `[${H}(context, "1")["success"], ${H}(context, "2", "${NUMBER}")]`,
  ],
  "row 7: a long reason": [`${H}(context, "😀".repeat(501))`, `${H}(context, "😀" * 501)`],
  "row 7: an exact reason": [`${H}(context, "😀".repeat(500))`, `${H}(context, "😀" * 500)`],
  "row 7: a reason that is no text": [`${H}(context, 42)`, `${H}(context, 42)`],
  "row 7: a lone surrogate": [`${H}(context, "\\ud800x")`, `${H}(context, "\\ud800x")`],
  "row 8: no context": [`${H}()`, `${H}()`],
  "row 8: nothing as the context": [`${H}(null)`, `${H}(None)`],
  "row 8: text as the context": [`${H}("context")`, `${H}("context")`],
  "row 8: an empty object": [`${H}({})`, `${H}({})`],
  "row 8: of another conversation": [
    `${H}({ conversation: { id: "other" } })`,
    `${H}({"conversation": {"id": "other"}})`,
  ],
  "row 8: a copy": [`${H}({ ...context })`, `${H}({**context})`],
};

const ACTIONS = {
  TypeScript: (call: readonly [string, string]) => ({
    source: `export function execute_action(context: any) {\n  return ${call[0]};\n}\n`,
    filename: "x.ts",
  }),
  Python: (call: readonly [string, string]) => ({
    source: `def execute_action(context):\n    return ${call[1]}\n`,
    filename: "x.py",
  }),
};

/** All that a platform acts on; ids and times are each run's own. */
function told({ status, returnValue, returnValueDiscarded, handoff, intents, bot, warnings }: Outcome): unknown {
  const { intentId: _, ...kept } = handoff ?? { intentId: "" };
  return { status, returnValue, returnValueDiscarded, handoff: handoff && kept, intents, bot, warnings };
}

const ENVIRONMENTS: readonly Environment[] = ["production", "test", "mock"];
const PLACES = ["chat", "email", "phone", "Phone", null].flatMap((channel) =>
  ENVIRONMENTS.map((environment) => ({ channel, environment })),
);

describe.each(PLACES)("on channel $channel in environment $environment", ({ channel, environment }) => {
  test.each(Object.entries(CALLS))("%s", async (_, call) => {
    const [first, second] = await Promise.all(
      Object.values(ACTIONS).map((action) =>
        runtime.execute({ action: action(call), context: contextOf(channel), environment }),
      ),
    );
    expect(first!.status).toBe("returned");
    expect(told(second!)).toEqual(told(first!));
  });
});

test("row 9: called while the module loads, both throw and record nothing", async () => {
  const python = {
    source: `${H}({"conversation": {"id": "any"}})\ndef execute_action(context): pass\n`,
    filename: "x.py",
  };
  const outcome = await runtime.execute({ action: python, context: contextOf("chat") });
  expect(outcome).toMatchObject({
    status: "threw",
    handoff: null,
    intents: [],
    warnings: [],
    error: { name: "RuntimeError" },
  });
  expect(outcome.error?.frame).toContain("> 1 | hand_off_conversation(");
});

test("calls past handOffCalls are answered alike", async () => {
  const call = [
    `Array.from({ length: 5 }, () => ${H}(null).success).concat(${H}(context).success)`,
    `[${H}(None)["success"] for _ in range(5)] + [${H}(context)["success"]]`,
  ] as const;
  const [first, second] = await Promise.all(
    Object.values(ACTIONS).map((action) =>
      runtime.execute({ action: action(call), context: contextOf("chat"), limits: { handOffCalls: 2 } }),
    ),
  );
  expect(told(second!)).toEqual(told(first!));
});
