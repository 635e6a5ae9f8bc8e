// What a result held and JSON does not keep is named in a warning, and what JSON carries is not.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createRuntime } from "../../runtime/index.ts";
import type { Outcome, Runtime } from "../../runtime/index.ts";
import { SILENT_LOGGER, contextOf } from "./executing.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ logger: SILENT_LOGGER });
});
afterAll(() => runtime.close());

const run = (returned: string, channel: "chat" | "phone" = "chat", before = ""): Promise<Outcome> =>
  runtime.execute({
    action: { source: `export function execute_action(context) { ${before} return ${returned}; }` },
    context: contextOf(channel),
  });

describe("a result of which JSON keeps nothing", () => {
  test.each([
    ["(function* () { yield 1; })()", "Generator", {}],
    ["(async function* () { yield 1; })()", "AsyncGenerator", {}],
    ['new Response("x")', "Response", {}],
    ["new Map([[1, 2]])", "Map", {}],
    ["({ a: [new Set([1])] })", "Set", { a: [{}] }],
    ["({ later: Promise.resolve(1) })", "Promise", { later: {} }],
    ["({ error: new TypeError('m') })", "Error", { error: {} }],
    ["[new Headers({ a: '1' })]", "Headers", [{}]],
    ["({ list: [1, 2].values() })", "Array Iterator", { list: {} }],
    ["() => 1", "function", null],
  ])("is named: %s", async (returned, kind, value) => {
    const outcome = await run(returned);
    expect(outcome).toMatchObject({ status: "returned", returnValue: value, warnings: [{ code: "RESULT_EMPTIED" }] });
    expect(outcome.warnings[0]!.message).toContain(`of the kind ${kind}, of which JSON keeps nothing`);
  });

  test.each([
    "({})", "[]", "null", "'text'", "undefined", "new (class Empty {})()", "new (class Full { a = 1; })()", "Object.create(null)", "new Date(0)", "Object('boxed')", "Object(1)",
    "new URL('https://a.test')", "new Uint8Array(3)", "new Uint8Array(0)", "({ toJSON() { return 1; } })", "Object.assign(new Error('m'), { code: 'E' })",
    "Object.assign(new Map(), { toJSON: () => [1] })",
  ])("is not said of %s", async (returned) => {
    expect(await run(returned)).toMatchObject({ status: "returned", warnings: [] });
  }); // prettier-ignore

  test("is not said of a value that a phone transfer discards", async () => {
    const outcome = await run("new Map([[1, 2]])", "phone", 'hand_off_conversation(context, "r", "+15551234567");');
    expect(JSON.stringify(outcome)).not.toContain("RESULT_EMPTIED");
  });
});
