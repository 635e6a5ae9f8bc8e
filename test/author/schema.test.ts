/** The schema of an action's arguments, from its type and from zod, and a runtime that holds arguments to it. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { join } from "node:path";
import { argsSchema } from "../../author/schema/args-schema.ts";
import { ScenarioRunner } from "../../author/scenarios/runner.ts";
import { createRuntime } from "../../runtime/index.ts";
import { baton, tempFolder } from "../cli/baton.ts";

let runner: ScenarioRunner;
beforeAll(() => {
  runner = new ScenarioRunner();
});
afterAll(() => runner.close());

async function schemaOf(source: string, others: Readonly<Record<string, string>> = {}) {
  using folder = tempFolder({ "a.ts": source, ...others });
  return await argsSchema(join(folder.path, "a.ts"), runner);
}

const of = (type: string, more = ""): string =>
  `${more}\nexport function execute_action(context: ActionContext<${type}>) { return context.args; }`;
const object = (properties: object, required: readonly string[] = Object.keys(properties)) => ({
  type: "object",
  properties,
  ...(required.length > 0 && { required }),
  additionalProperties: false,
});

/** A row that is too short would have the test wait for a callback. */
const rows = <T>(given: readonly (readonly [string, T, string?])[]): [string, T, string][] =>
  given.map(([type, expected, more = ""]) => [type, expected, more]);

describe("the schema of a type", () => {
  test.each<[string, object, string]>(
    rows<object>([
      [
        "{ id: string; n?: number; ok: boolean }",
        object({ id: { type: "string" }, n: { type: "number" }, ok: { type: "boolean" } }, ["id", "ok"]),
      ],
      [
        `{ a: "x" | "y"; b: 1 | null; c: string | null; d: true; e: -1 }`,
        object({
          a: { enum: ["x", "y"] },
          b: { enum: [1, null] },
          c: { type: ["string", "null"] },
          d: { const: true },
          e: { const: -1 },
        }),
      ],
      [
        "{ a: string[]; b: ReadonlyArray<{ c: number }>; d: [string, number] }",
        object({
          a: { type: "array", items: { type: "string" } },
          b: { type: "array", items: object({ c: { type: "number" } }) },
          d: { type: "array", prefixItems: [{ type: "string" }, { type: "number" }], minItems: 2, maxItems: 2 },
        }),
      ],
      [
        "{ a: Record<string, number>; b: Record<'x' | 'y', boolean>; c?: unknown }",
        object(
          {
            a: { type: "object", additionalProperties: { type: "number" } },
            b: object({ x: { type: "boolean" }, y: { type: "boolean" } }),
            c: {},
          },
          ["a", "b"],
        ),
      ],
      [
        "Args",
        object({ id: { type: "string", description: "The order's number." }, kind: { enum: ["a", "b"] } }),
        "enum Kind { A = 'a', B = 'b' }\ninterface Base { /** The order's number. */ id: string }\ninterface Args extends Base { kind: Kind }",
      ],
      [
        "Partial<Pick<Base, 'a' | 'b'>> & Omit<Base, 'a' | 'b'>",
        object({ a: { type: "string" }, b: { type: "string" }, c: { type: "string" } }, ["c"]),
        "type Base = { a: string; b: string; c: string };",
      ],
      [
        "{ a: Kind; b: Level; c: Sign }",
        object({ a: { enum: [0, 1] }, b: { enum: [5, 6, 20, 21] }, c: { enum: [-1, 0, "x"] } }),
        "enum Kind { A, B }\nenum Level { Low = 5, Mid, High = 20, Top }\nconst enum Sign { Minus = -1, None, X = 'x' }",
      ],
      [
        "{ a: [string, number?]; b: [string, ...number[]]; c: [first: string, second?: boolean]; d: [...string[]] }",
        object({
          a: { type: "array", prefixItems: [{ type: "string" }, { type: "number" }], minItems: 1, maxItems: 2 },
          b: { type: "array", prefixItems: [{ type: "string" }], items: { type: "number" }, minItems: 1 },
          c: { type: "array", prefixItems: [{ type: "string" }, { type: "boolean" }], minItems: 1, maxItems: 2 },
          d: { type: "array", items: { type: "string" }, minItems: 0 },
        }),
      ],
      [
        "Args",
        object({ a: { type: "string" }, d: { type: "number" }, c: { enum: ["x", "z"] } }),
        "interface Base { a: string; b: string }\ninterface More { d: number }\ninterface Args extends Omit<Base, 'b'>, Readonly<More> { c: Exclude<'x' | 'y' | 'z', 'y'> }",
      ],
      [
        "{ a: Record<number, string>; 1: string }",
        object({ 1: { type: "string" }, a: { type: "object", additionalProperties: { type: "string" } } }, ["a", "1"]),
      ],
      [
        "{ a: string | undefined; b: string | number }",
        object({ a: { type: "string" }, b: { type: ["string", "number"] } }, ["b"]),
      ],
    ]),
  )("%s", async (type, schema, more) => {
    expect(await schemaOf(of(type, more))).toMatchObject({ schema: expect.objectContaining(schema), diagnostics: [] });
  });

  test("follows the author's own modules, names of the context, and descriptions", async () => {
    const source = `import type { Args as Given } from "./types.ts";
type Context = ActionContext<Given>;
/**
 * Refunds an order,
 * if it may.
 * @example nothing of this
 */
export const execute_action = async ({ args }: Context) => args;`;
    const types = `/** What is given. */\nexport interface Args { /** Which one. */ id: string }`;
    expect(await schemaOf(source, { "types.ts": types })).toEqual({
      description: "Refunds an order, if it may.",
      schema: { ...object({ id: { type: "string", description: "Which one." } }), description: "What is given." },
      diagnostics: [],
    });
  });

  test.each<[string, string, string]>(
    rows<string>([
      ["{ f: () => void }", "a function"],
      ["{ m(): void }", "a method"],
      ["{ d: Date }", "Date"],
      ["Tree", "contains itself", "interface Tree { inner?: Tree }"],
      ["{ [K in 'a']: string }", "a mapped type"],
      ["{ n: bigint }", "bigint"],
      ["Box<string>", "Box with parameters", "interface Box<T> { value: T }"],
    ]),
  )("%s is outside, and said to be", async (type, words, more) => {
    const made = await schemaOf(of(type, more));
    expect(made).toMatchObject({
      schema: null,
      diagnostics: [{ message: expect.stringContaining(words), line: expect.any(Number) }],
    });
  });

  test("an action that names no type is told how", async () => {
    expect(await schemaOf("export function execute_action(context) {}")).toMatchObject({
      schema: null,
      diagnostics: [{ message: expect.stringContaining("ActionContext<{ … }>"), line: 1 }],
    });
  });
});

test("a zod schema is run in the sandbox; what cannot be run is a diagnostic", async () => {
  const source = `import { z } from "zod";\nexport const args = z.object({ id: z.string().min(1), n: z.number().optional() });\nexport const execute_action = (c: any) => c.args;`;
  const manifest = JSON.parse(
    await (
      await import("node:fs/promises")
    ).readFile(new URL("../../node_modules/zod/package.json", import.meta.url), "utf8"),
  ) as { version: string };
  const config = {
    packages: { folder: new URL("../../", import.meta.url).pathname, allow: { zod: manifest.version } },
  };
  const made = await schemaOf(source, { "baton.config.json": JSON.stringify(config) });
  expect(made.diagnostics).toEqual([]);
  expect(made.schema).toMatchObject({
    type: "object",
    properties: { id: { type: "string", minLength: 1 } },
    required: ["id"],
  });
  expect(await schemaOf(source)).toMatchObject({
    schema: null,
    diagnostics: [{ message: expect.stringContaining("zod") }],
  });
}, 240_000);

test("the command prints the schema, and tools for models", async () => {
  using folder = tempFolder({
    "refund.order.ts": `/** Refunds an order. */\n${of("{ /** Its number. */ id: string }").trim()}`,
    "none.js": "export function execute_action() {}",
  });
  const cwd = folder.path;
  const parameters = object({ id: { type: "string", description: "Its number." } });
  const printed = async (...args: string[]) =>
    JSON.parse((await baton({ args: ["schema", "refund.order.ts", ...args], cwd })).stdout) as unknown;
  expect(await printed()).toEqual(parameters);
  expect(await printed("--openai")).toEqual({
    type: "function",
    function: { name: "refund_order", description: "Refunds an order.", parameters },
  });
  expect(await printed("--anthropic")).toEqual({
    name: "refund_order",
    description: "Refunds an order.",
    input_schema: parameters,
  });
  const none = await baton({ args: ["schema", "none.js"], cwd });
  expect(none).toMatchObject({ status: 1, stdout: "" });
  expect(none.stderr).toContain("none.js");
}, 240_000);

test("the runtime holds arguments to a schema before anything runs", async () => {
  await using runtime = await createRuntime();
  const action = { source: "export const execute_action = (c) => c.args", filename: "a.js" };
  const schema = object({ id: { type: "string" }, n: { type: "integer", minimum: 1 } }, ["id"]);
  const run = (args: object, argsSchema: object = schema) =>
    runtime.execute({ action, context: { args }, argsSchema: argsSchema as Record<string, unknown> });
  expect(await run({ id: "x", n: 2 })).toMatchObject({ status: "returned" });
  for (const [args, place] of [
    [{}, "args.id"],
    [{ id: 1 }, "args.id"],
    [{ id: "x", n: 0 }, "args.n"],
    [{ id: "x", other: 1 }, "args"],
  ] as const) {
    expect(await run(args)).toMatchObject({
      status: "invalid",
      error: { code: "ARGS_INVALID", message: expect.stringContaining(place), retry: "never" },
    });
  }
}, 240_000);
