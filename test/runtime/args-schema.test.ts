/** Schemas of arguments are a customer's text: whatever they and the arguments are made to cost, the host and other tenants go on. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Outcome, type Runtime, createRuntime } from "../../runtime/index.ts";
import { isPlain } from "../../runtime/args/plain.ts";
import { leastOf } from "../escape/host/meter.ts";

const SOURCE = { source: "export const execute_action = (c) => c.args.n ?? 0", filename: "a.js" };
const silent = { error() {}, warn() {}, info() {}, debug() {} };
let runtime: Runtime;

beforeAll(async () => {
  runtime = await createRuntime({ logger: silent });
});
afterAll(() => runtime.close());

const run = (argsSchema: Record<string, unknown>, args: object, tenant = "one"): Promise<Outcome> =>
  runtime.execute({ action: SOURCE, context: { args }, argsSchema, tenant });

const text = (pattern: string) => ({ type: "object", properties: { x: { type: "string", pattern } } });
const twice = { anyOf: [{ properties: { x: { $ref: "#/$defs/a" } }, required: ["x"] }, { properties: { x: { $ref: "#/$defs/a" } }, required: ["y"] }] }; // prettier-ignore
const props = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`r${at}`, { type: "string" }]));
const deep = (levels: number): object => (levels === 0 ? {} : { x: deep(levels - 1) });

describe("a schema of arguments", () => {
  test.each([
    ["a pattern that goes back", text("^(a+)+$"), { x: `${"a".repeat(40)}!` }],
    ["a name's pattern that goes back", { type: "object", patternProperties: { "^(a+)+$": {} } }, { [`${"a".repeat(40)}!`]: 1 }],
    ["many names for each of many items", { type: "object", properties: { a: { type: "array", items: { type: "object", properties: props, required: Object.keys(props) } } } }, { a: Array.from({ length: 5_000 }, () => ({})) }],
    ["choices for each of many items", { type: "object", properties: { a: { type: "array", items: { anyOf: Array.from({ length: 190 }, () => ({ type: "string" })) } } } }, { a: Array(5_000).fill(1) }],
    ["one rule for very many members", { type: "object", additionalProperties: { type: "string" } }, Object.fromEntries(Array.from({ length: 9_000 }, (_, at) => [`k${at}`, "v"]))],
    ["choices in choices", { $defs: { a: twice }, ...twice }, deep(60)],
  ])("with %s keeps neither the host nor another tenant waiting", async (_name, schema, args) => {
    const { result, longestMs, mostMs } = await leastOf(8, async () => {
      const slow = run(schema, args, "two");
      const other = await run(text("^a+$"), { x: "aaa", n: 1 });
      return { slow: await slow, other };
    });
    expect(result.other).toMatchObject({ status: "returned", returnValue: 1 });
    expect(result.slow.status).toMatch(/^(?:invalid|returned)$/);
    expect({ longestMs, isShort: longestMs <= mostMs }).toMatchObject({ isShort: true });
  }); // prettier-ignore

  test("says what is wrong in a sentence, however long the names are", async () => {
    const long = "n".repeat(100_000);
    for (const schema of [{ additionalProperties: false }, { additionalProperties: { type: "string" } }]) {
      const { error } = await run({ type: "object", properties: {}, ...schema }, { [long]: 1 });
      expect(error).toMatchObject({ code: "ARGS_INVALID" });
      expect(error!.message.length).toBeLessThan(1_000);
    }
  });

  test("whose check takes too long is refused with a sentence", async () => {
    const outcome = await run(text("^(a+)+$"), { x: `${"a".repeat(50)}!` });
    expect(outcome).toMatchObject({
      status: "invalid",
      error: { code: "INVOCATION_INVALID", message: expect.stringContaining("take longer than") },
    });
  });

  test.each([
    ["is too large", { type: "object", title: "x".repeat(300_000), not: {} }],
    ["has a pattern that is none", text("(")],
    ["refers to itself", { $ref: "#" }],
  ])("that %s is an answer, never a fault", async (_name, schema) => {
    const outcome = await run(schema as Record<string, unknown>, { x: "a" });
    expect(outcome).toMatchObject({ status: "invalid", error: { code: "INVOCATION_INVALID" } });
  });

  test("says the same of arguments on a thread and where it is read", async () => {
    const plain = { type: "object", properties: { n: { type: "integer", minimum: 1 } }, required: ["n"] };
    const other = { ...plain, not: { required: ["zzz"] } };
    expect([isPlain(plain), isPlain({ ...plain, allOf: [plain] })]).toEqual([true, false]);
    for (const args of [{ n: 0 }, { n: "x" }, {}]) {
      const [one, two] = [await run(plain, args), await run({ ...plain, properties: { ...plain.properties, x: { type: "string", pattern: "a" } } }, args)];
      expect(one.error).toMatchObject({ code: "ARGS_INVALID" });
      expect(two.error?.message).toBe(one.error?.message);
    }
    expect(isPlain(other)).toBe(false);
  }); // prettier-ignore
});
