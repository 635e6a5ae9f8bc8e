// One table of calls, in both languages: whatever a row comes to on a channel and in an environment, it comes to in TypeScript and in Python.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Environment, Outcome, Runtime } from "../../runtime/index.ts";
import { createRuntime } from "../../runtime/index.ts";
import { CALLS, H } from "./contract-calls.ts";
import { SILENT_LOGGER, contextOf } from "./executing.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ logger: SILENT_LOGGER });
});
afterAll(() => runtime.close());

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
