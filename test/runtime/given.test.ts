// What is given to a runtime's functions and to the makers beside it: nonsense ends in one sentence that names what is wrong.
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { runScenario, scenariosOf, testScenarios } from "../../author/testing.ts";
import { businessHours } from "../../host-api/hours.ts";
import { createMemoryHandoffs, createRuntime, type Runtime } from "../../runtime/index.ts";
import { createClient } from "../../service/client/index.ts";
import { checkService, createService, readConfig } from "../../service/index.ts";

describe("a runtime", () => {
  let runtime: Runtime;
  beforeAll(async () => void (runtime = await createRuntime()));
  afterAll(() => runtime.close());

  test.each([
    ["nothing", undefined, /^compile: it should be an object|^compile: the options should be/],
    ["text", "export const x = 1", /^compile: /],
    ["an empty object", {}, /^compile: "source" is missing/],
    ["a misspelt key", { sorce: "x" }, /^compile: /],
    ["a source that is no text", { source: 5 }, /^compile: "source"/],
    ["two at once", { source: "x", file: "y" }, /^compile: there is no "source"/],
    ["an empty hash", { hash: "" }, /^compile: "hash"/],
  ])("compile of %s is refused", async (_, given, says) => {
    const error: unknown = await runtime.compile(given as never).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ code: "OPTIONS_INVALID", message: expect.stringMatching(says) });
  });

  test.each([undefined, null, "listener", {}])("subscribe of %p is refused", (listener) => {
    expect(() => runtime.subscribe(listener as never)).toThrow(/^subscribe: it should be a function/);
  });

  test.each([
    ["null", null],
    ["NaN", { drainMs: Number.NaN }],
    ["less than nothing", { drainMs: -1 }],
    ["a misspelt key", { drain: 5 }],
  ])("close with %s is refused, and closes nothing", async (_, options) => {
    await expect(runtime.close(options as never)).rejects.toThrow(/^close: /);
    const compiled = await runtime.compile({ source: "export const execute_action = () => 1" });
    expect(compiled.diagnostics).toEqual([]);
  });

  test.each([
    ["null", null, /^compile: the second argument: the options should be an object .*docs\/embed\.md/],
    ["a tenant of no letters", { tenant: "" }, /"tenant" should be the tenant's id/],
    ["a misspelt key", { tennant: "acme" }, /there is no "tennant"; did you mean "tenant"/],
  ])("compile with %s beside the action is refused", async (_, options, says) => {
    await expect(runtime.compile({ source: "x" }, options as never)).rejects.toThrow(says);
  });

  test.each([
    ["null", null, /^replay: the second argument: the options should be an object .*docs\/replay\.md/],
    ["a misspelt key", { actoin: { source: "x" } }, /there is no "actoin"; did you mean "action"/],
    ["an action of text", { action: "export const x = 1" }, /^replay: action: /],
    ["an action of null", { action: null }, /^replay: action: /],
  ])("replay with %s beside the recording is refused", async (_, options, says) => {
    await expect(runtime.replay({}, options as never)).rejects.toThrow(says);
  });

  test.each([
    ["null", null, "it should be an object with an action and a context"],
    ["no action", { action: undefined }, '"action" is missing; it should be an object with source, file or hash'],
    ["a misspelt key", { contxt: {} }, 'there is no "contxt"; did you mean "context"'],
    [
      "a misspelt key of the action",
      { action: { file: "x.ts", rot: "/" } },
      'there is no "rot" in "action"; did you mean "root"',
    ],
    ["a source that is none", { action: { source: 5 } }, '"action.source" should be the text of an action'],
    ["a tenant that is none", { tenant: 5 }, '"tenant" should be a text of 1 to 200 characters'],
    ["an empty id", { executionId: "" }, '"executionId" should be a text of 1 to 200 characters'],
    [
      "a secret's odd name",
      { secrets: { "a b": { value: "abcd", hosts: ["x.example"] } } },
      '"secrets.a b" should be a name like ORDERS_TOKEN',
    ],
    ["a time that is none", { now: "noon" }, '"now" should be an ISO 8601 time'],
    ["a seed that is none", { seed: {} }, '"seed" should be a text of at most 1000 characters'],
    ["a schema that is none", { argsSchema: 5 }, '"argsSchema" should be an object: a JSON Schema'],
    ["a schema that cannot be used", { argsSchema: { $ref: "#/nowhere" } }, '"argsSchema" cannot be used: '],
    ["an environment that is none", { environment: "prod" }, '"environment" should be "production", "test" or "mock"'],
    ["a signal that is none", { signal: 5 }, '"signal" should be an AbortSignal'],
    ["an impossible limit", { limits: { wallMs: 0 } }, '"limits.wallMs" should be at least 1'],
  ])("an invocation with %s names the key and the page", async (_, over, says) => {
    const valid = { action: { source: "export const execute_action = () => 1" }, context: { args: {} } };
    const { status, error } = await runtime.execute((over && { ...valid, ...over }) as never);
    const page = over !== null && "limits" in over ? "docs/contract.md" : "docs/embed.md";
    expect({ status, code: error?.code }).toEqual({ status: "invalid", code: "INVOCATION_INVALID" });
    expect(error?.message.startsWith(`The invocation is not valid: ${says}`)).toBe(true);
    expect(error?.message.endsWith(` (${page}).`)).toBe(true);
  });

  test("an invocation whose getter throws is invalid, and no fault", async () => {
    const invocation = {
      get action(): never {
        throw new Error("of the caller's");
      },
      context: { args: {} },
    };
    const outcome = await runtime.execute(invocation);
    expect(outcome).toMatchObject({ status: "invalid", error: { code: "INVOCATION_INVALID" } });
  });
});

test.each([null, 5, { outcomeBytes: Number.NaN }, { outcomeBytes: -1 }, { outcomesBytes: 5 }])(
  "createMemoryHandoffs(%p) is refused",
  (options) => {
    expect(() => createMemoryHandoffs(options as never)).toThrow(/^createMemoryHandoffs: /);
  },
);

test.each([
  ["nothing", undefined, /options should be an object/],
  ["no url", {}, /"url" should be/],
  ["a relative url", { url: "/v1" }, /"url" should be/],
  ["a url of another scheme", { url: "ftp://baton.example" }, /"url" should be/],
  ["a key with a line end", { url: "https://baton.example", key: "secret\n" }, /"key" should be/],
  ["a fetch that is none", { url: "https://baton.example", fetch: {} }, /"fetch" should be a function/],
  [
    "a misspelt option",
    { url: "https://baton.example", apiKey: "secret" },
    /there is no "apiKey"; there are url, key, fetch/,
  ],
])("createClient with %s is refused", (_, options, says) => {
  expect(() => createClient(options as never)).toThrow(says);
  expect(() => createClient(options as never)).not.toThrow(/secret/);
});

test.each([
  ["null", null, /options should be an object/],
  ["text", "settings", /options should be an object/],
  ["a place for its log that is none", { logTo: "stdout" }, /"logTo" should be an object with the function write/],
  ["a misspelt setting", { drainMS: 5 }, /drainMS/],
])("createService with %s is refused", async (_, options, says) => {
  await expect(createService(options as never)).rejects.toThrow(says);
});

describe("every function says which page has what it takes", () => {
  const client = createClient({ url: "https://baton.example" });
  test.each([
    ["createMemoryHandoffs", () => createMemoryHandoffs({ outcomeBytes: -1 })],
    ["createService", () => createService(null as never)],
    ["createService, with a misspelt setting", () => createService({ drainMS: 5 } as never)],
    ["createService, with a setting of another kind", () => createService({ port: "x" } as never)],
    ["readConfig", () => readConfig(undefined as never)],
    ["readConfig, with flags of another kind", () => readConfig({ flags: { port: 5 } as never })],
    ["readConfig, with a file that is not there", () => readConfig({ flags: { config: "nowhere.json" } })],
    ["checkService", () => checkService({} as never)],
    ["createClient", () => createClient({} as never)],
    ["a client's method", () => client.getTenant({} as never)],
    ["scenariosOf", () => scenariosOf(undefined as never)],
    ["scenariosOf, with an address", () => scenariosOf(new URL("https://baton.example"))],
    ["scenariosOf, with a folder that is not there", () => scenariosOf("nowhere")],
    ["runScenario", () => runScenario(undefined as never)],
    ["testScenarios", () => testScenarios(".", { tests: () => {} } as never)],
    ["businessHours", () => businessHours({ timeZone: "UTC", week: { monday: ["9:00", "17:00"] } })],
    ["a schedule", () => businessHours({ timeZone: "UTC", week: {} }).isOpen("tomorrow")],
  ])("%s", async (_, call) => {
    const error: unknown = await Promise.try(call as () => unknown).catch((thrown: unknown) => thrown);
    const { message } = error as Error;
    const [, page = "no page"] = /(docs\/[a-z-]+\.md)/.exec(message) ?? [];
    expect({ message, isThere: existsSync(new URL(`../../${page}`, import.meta.url)) }).toMatchObject({
      isThere: true,
    });
    expect(message).not.toMatch(/Cannot (?:read|destructure)|undefined \(|\n/);
  });
});
