// What an action finds and gives: its entry point, its context, its clock and zone, what becomes of its result, its log and its errors.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { InvocationInput, Outcome, Runtime } from "../../runtime/index.ts";
import { createRuntime } from "../../runtime/index.ts";
import { SILENT_LOGGER, contextOf, run } from "./executing.ts";

let runtime: Runtime;

beforeAll(async () => {
  runtime = await createRuntime({ logger: SILENT_LOGGER });
});
afterAll(() => runtime.close());

const value = async (body: string, over: Partial<InvocationInput> = {}): Promise<unknown> => {
  const outcome = await run(runtime, body, over);
  if (outcome.status !== "returned") throw new Error(JSON.stringify(outcome.error));
  return outcome.returnValue;
};
const source = (text: string, filename = "action.ts"): Promise<Outcome> =>
  runtime.execute({ action: { source: text, filename }, context: contextOf("chat") });

describe("the entry point", () => {
  const ONE = "export const execute_action = () => 1;";
  const TWO = "export const executeAction = () => 2;";
  const THREE = "export default () => 3;";
  test.each([
    [`${THREE} ${TWO} ${ONE}`, 1],
    [`${THREE} ${TWO}`, 2],
    [THREE, 3],
    ["export default async function () { return 3; }", 3],
    ["export async function execute_action() { return 1; }", 1],
    ["function execute_action() { return 1; }\nexport { execute_action };", 1],
  ])("of %s gives %s", async (text, expected) => {
    expect(await source(text)).toMatchObject({ status: "returned", returnValue: expected });
  });

  test.each([
    ["exports.execute_action = () => 1;"],
    ["module.exports = { execute_action: () => 1 };"],
    ["module.exports = () => 1;"],
  ])("of CommonJS: %s", async (text) => {
    expect(await source(text, "action.cjs")).toMatchObject({ status: "returned", returnValue: 1 });
  });

  test("an earlier name that is no function is not passed over", async () => {
    const outcome = await source(`export const execute_action = 1; ${THREE}`);
    expect(outcome).toMatchObject({ status: "invalid", error: { code: "ENTRY_NOT_A_FUNCTION" } });
  });
});

describe("the context", () => {
  test("is an ordinary unfrozen copy: changing it changes nothing outside, and prototypes are the action's own", async () => {
    const context = { ...contextOf("chat", { list: [1] }), extra: { kept: true } };
    const body = `const seen = JSON.stringify(context); context.args.list.push(2); context.conversation = null; delete context.extra;
      return [seen, Object.isFrozen(context), context.args.list instanceof Array, Object.getPrototypeOf(context) === Object.prototype];`;
    const [seen, frozen, array, plain] = (await value(body, { context })) as [string, boolean, boolean, boolean];
    expect(JSON.parse(seen)).toEqual(context);
    expect([frozen, array, plain]).toEqual([false, true, true]);
    expect(context).toMatchObject({ args: { list: [1] }, extra: { kept: true } });
  });

  test("changed by the action hands off the host's conversation, or is refused", async () => {
    const body = `context.conversation.id = "another"; return hand_off_conversation(context).success`;
    expect(await value(body)).toBe(false);
  });

  test("may hold a key named __proto__, which stays data", async () => {
    const context = JSON.parse(`{ "conversation": null, "args": { "__proto__": { "admin": true } } }`) as object;
    expect(await value("return [context.args.admin === undefined, Object.keys(context.args)]", { context })).toEqual([
      true,
      ["__proto__"],
    ]);
  });

  test.each([100, 1_000, 3_000, 20_000])("nested %i deep settles", async (depth) => {
    const context = JSON.parse(`{"args":{"deep":${"[".repeat(depth)}${"]".repeat(depth)}}}`) as object;
    const outcome = await run(runtime, "return 1", { context });
    expect(["returned", "invalid"]).toContain(outcome.status);
  });

  test("contextBytes counts UTF-8 and includes its last byte", async () => {
    const context = { args: { text: "é".repeat(100) } };
    const contextBytes = Buffer.byteLength(JSON.stringify(context));
    expect(await run(runtime, "return 1", { context, limits: { contextBytes } })).toMatchObject({ status: "returned" });
    const over = await run(runtime, "return 1", { context, limits: { contextBytes: contextBytes - 1 } });
    expect(over).toMatchObject({ status: "invalid", error: { code: "CONTEXT_TOO_LARGE" } });
  });
});

describe("the result", () => {
  test.each([
    ["undefined", null],
    ["null", null],
    ["() => 1", null],
    ["Symbol('s')", null],
    ["NaN", null],
    ["-0", 0],
    ["new Date(0)", "1970-01-01T00:00:00.000Z"],
    ["new Map([[1, 2]])", {}],
    ["new Set([1])", {}],
    ["{ a: undefined, b: () => 1, c: [undefined] }", { c: [null] }],
    ["new (class Point { x = 1; #y = 2; get z() { return 3; } })()", { x: 1 }],
    ["new (class { toJSON() { return 'text'; } })()", "text"],
    ["{ then: (resolve) => resolve('from a thenable') }", "from a thenable"],
    ["Promise.resolve(Promise.resolve(1))", 1],
    ["Object.create(null, { a: { value: 1, enumerable: true } })", { a: 1 }],
    ["'\\ud800'", "\ud800"],
    ["JSON.parse('{\"__proto__\": 1}')", JSON.parse('{"__proto__": 1}')],
  ])("%s comes out as JSON has it", async (expression, expected) => {
    expect(await source(`export const execute_action = (): any => (${expression});`)).toMatchObject({
      status: "returned",
    });
    expect(await value(`return (${expression}) as any`)).toEqual(expected);
  });

  test("returnBytes counts UTF-8 and includes its last byte", async () => {
    const limits = { returnBytes: 12 };
    for (const fits of [
      `"x".repeat(10)`,
      `"é".repeat(5)`,
      `[1,2,3,4567]`,
      `{ abcdef: 0, ${"u".repeat(99)}: undefined }`,
      `{ abcde: "" }`,
    ])
      expect((await run(runtime, `return ${fits}`, { limits })).status).toBe("returned");
    for (const over of [`"x".repeat(11)`, `"é".repeat(5) + "x"`, `[1,2,3,45678]`, `"\\u0000\\u0000"`])
      expect(await run(runtime, `return ${over}`, { limits })).toMatchObject({
        status: "threw",
        error: { code: "RESULT_TOO_LARGE" },
      });
  });

  test("a small graph that shares its parts, or a sparse array, is given up early", async () => {
    for (const body of [
      "let a: any = [1]; for (let i = 0; i < 60; i++) a = [a, a]; return a;",
      "const a: any[] = []; a.length = 4_000_000_000; return a;",
    ]) {
      expect(await run(runtime, body)).toMatchObject({
        status: "threw",
        // An array that no text could hold is refused by V8 before it is written.
        error: { code: expect.stringMatching(/^RESULT_(?:TOO_LARGE|NOT_JSON)$/) },
      });
    }
  });
});

describe("clock, zone and randomness", () => {
  const now = "2026-03-02T15:00:00.000Z";

  test("the zone is UTC and the locale en-US", async () => {
    const body = `const { timeZone, locale } = new Intl.DateTimeFormat().resolvedOptions();
      return [timeZone, locale, new Date(0).getHours(), (1234.5).toLocaleString(), Temporal.Now.timeZoneId()]`;
    expect(await value(body.replace("Temporal", "(globalThis as any).Temporal"))).toEqual([
      "UTC",
      "en-US",
      0,
      "1,234.5",
      "UTC",
    ]);
  });

  test("now sets every clock at the start, and it ticks from there", async () => {
    const body = `const T = (globalThis as any).Temporal;
      const clocks = [Date.now(), +new Date(), T.Now.instant().epochMilliseconds, +T.Now.zonedDateTimeISO().epochMilliseconds,
        new Intl.DateTimeFormat("en-US", { dateStyle: "short" }).format(),
        new Intl.DateTimeFormat("en-US", { dateStyle: "short" }).formatToParts()[4].value, String(T.Now.plainDateISO()), Date()];
      const before = Date.now(); while (Date.now() - before < 5); return [...clocks, Date.now() > before];`;
    const [date, made, instant, zoned, text, part, plain, called, ticks] = (await value(body, { now })) as unknown[];
    for (const ms of [date, made, instant, zoned]) {
      expect(ms).toBeGreaterThanOrEqual(Date.parse(now));
      expect(ms).toBeLessThan(Date.parse(now) + 5_000);
    }
    expect([text, part, plain]).toEqual(["3/2/26", "26", "2026-03-02"]);
    expect(called).toContain("Mar 02 2026 15:00:0");
    expect(ticks).toBe(true);
  });

  test("without now the clock is the real one", async () => {
    expect(Math.abs(((await value("return Date.now()")) as number) - Date.now())).toBeLessThan(10_000);
  });

  test("dates keep working as dates under a set clock", async () => {
    const body = `class Mine extends Date {} const d = new Date(2020, 1, 29);
      return [d instanceof Date, new Mine(0) instanceof Mine, new Mine(0).toISOString(), Date.UTC(2020, 0), Date.parse("2020-01-01"),
        d.getMonth(), new Date("nonsense").getTime() !== new Date("nonsense").getTime(), Date.length, Date.name, d.constructor === Date]`;
    expect(await value(body, { now })).toEqual([
      true,
      true,
      "1970-01-01T00:00:00.000Z",
      1577836800000,
      1577836800000,
      1,
      true,
      7,
      "Date",
      true,
    ]);
  });

  test("with a seed randomness repeats and time stands still", async () => {
    const body = `const draws = [Math.random(), Math.random()]; const before = Date.now();
      for (let i = 0; i < 1e6; i++); return [draws, Date.now() - before]`;
    const first = await value(body, { now, seed: "a" });
    expect(await value(body, { now, seed: "a" })).toEqual(first);
    expect(await value(body, { now, seed: "b" })).not.toEqual(first);
    expect((first as unknown[])[1]).toBe(0);
    for (const draw of (first as [number[]])[0]) expect(draw >= 0 && draw < 1).toBe(true);
  });

  test("with a seed time moves at host answers", async () => {
    const body = `const before = Date.now(); hand_off_conversation(context); return Date.now() > before`;
    expect(await value(body, { now, seed: "a" })).toBe(true);
  });

  test("logs carry the run's time", async () => {
    const { logs } = await run(runtime, "console.log(1)", { now, seed: "s" });
    expect(logs).toEqual([{ level: "info", message: "1", time: now }]);
  });
});

describe("the log", () => {
  test("has every level in order", async () => {
    const body = `console.debug("d"); console.log("l", 1, { a: [1] }, null, undefined); console.info("i"); console.warn("w"); console.error("e")`;
    const { logs } = await run(runtime, body);
    expect(logs.map(({ level }) => level)).toEqual(["debug", "info", "info", "warn", "error"]);
    expect(logs[1]?.message).toMatch(/^l 1 /);
  });

  test("logLines: what is over is counted, and warnings and errors are kept longest", async () => {
    const body = `for (let i = 0; i < 10; i++) console.log(i); console.error("kept"); console.log("late"); console.warn("kept too")`;
    const { logs, logsDropped } = await run(runtime, body, { limits: { logLines: 4 } });
    expect(logs).toHaveLength(4);
    expect(logs.map(({ message }) => message)).toEqual(expect.arrayContaining(["kept", "kept too"]));
    expect(logsDropped).toBe(13 - 4);
  });

  test("logBytes counts UTF-8", async () => {
    const body = `console.log("é".repeat(50)); console.log("x")`;
    expect(await run(runtime, body, { limits: { logBytes: 100 } })).toMatchObject({ logsDropped: 1, logs: [{}] });
    expect(await run(runtime, body, { limits: { logBytes: 101 } })).toMatchObject({ logsDropped: 0, logs: [{}, {}] });
  });

  test("nothing may be logged", async () => {
    expect(await run(runtime, "console.error(1)", { limits: { logLines: 0 } })).toMatchObject({
      logs: [],
      logsDropped: 1,
    });
  });

  test("a line that cannot be printed harms nobody", async () => {
    const body = `console.log({ toJSON() { throw new Error("no"); } }, new Proxy({}, { get() { throw 1; }, ownKeys() { throw 1; } }), Symbol("s"), 1n); return 1`;
    expect(await run(runtime, body)).toMatchObject({ status: "returned", returnValue: 1, logs: [{ level: "info" }] });
  });
});

describe("an error", () => {
  const THROWN: readonly [string, RegExp][] = [
    ["null", /null/],
    ["undefined", /undefined/],
    ['"a text"', /a text/],
    ["42", /42/],
    ["Symbol('s')", /symbol/i],
    ["10n", /BigInt/],
    ["{}", /./],
    ["{ message: 'only a message' }", /only a message/],
    ["{ get message() { throw 1; }, get stack() { throw 2; }, get name() { throw 3; } }", /./],
    ["() => 1", /function/],
    ["Object.freeze(new Error('frozen'))", /frozen/],
    ["new Proxy(new Error('in a proxy'), {})", /in a proxy/],
    ["new Proxy({}, { get() { throw new Error('trap'); } })", /./],
    ["Object.assign(new Error('x'), { message: 5 })", /^/],
    ["new AggregateError([new Error('inner')], 'outer')", /outer/],
  ];

  test.each(THROWN)("thrown as %s has a sensible text", async (expression, text) => {
    for (const body of [`throw ${expression};`, `return Promise.reject(${expression});`]) {
      const outcome = await run(runtime, body);
      expect(outcome).toMatchObject({ status: "threw", error: { code: "ACTION_THREW", retry: "safe" } });
      expect(outcome.error?.message).toMatch(text);
      expect(outcome.error?.name).toMatch(/./);
    }
  });

  test.each([
    ["thrown", `throw new TypeError("here")`],
    ["rejected", `await Promise.reject(new TypeError("here"))`],
    ["frozen", `throw Object.freeze(new TypeError("here"))`],
    ["thrown after a wait", `await null; throw new TypeError("here")`],
    ["of V8's own", `(null as any).here`],
  ])("%s shows the author's line", async (_, statement) => {
    const outcome = await run(runtime, `const one = 1;\nconst two = 2;\n${statement};`);
    expect(outcome.error?.name).toBe("TypeError");
    expect(outcome.error?.frame).toMatch(/^> 4 \|/m);
    expect(outcome.error?.stack).toMatch(/action\.ts:4:\d+/);
    expect(outcome.error?.stack).not.toMatch(/baton:|worker|isolate|node:|\/tmp|\/home|dist/);
  });

  test("carries its causes", async () => {
    const body = `try { JSON.parse("{"); } catch (cause) { throw new Error("outer", { cause }); }`;
    const { error } = await run(runtime, body);
    expect(error).toMatchObject({ name: "Error", message: "outer" });
    expect(error?.stack).toContain("Caused by: SyntaxError");
  });

  test("of a class of the author's keeps its name", async () => {
    const text = `class OrderError extends Error { name = "OrderError"; }\nexport function execute_action() { throw new OrderError("no order"); }`;
    expect((await source(text)).error).toMatchObject({ name: "OrderError", message: "no order" });
  });

  test("in the module's own code is told like any other", async () => {
    const outcome = await source(
      `const a = 1;\nthrow new Error("while loading");\nexport function execute_action() {}`,
    );
    expect(outcome).toMatchObject({ status: "threw", error: { message: "while loading", retry: "safe" } });
    expect(outcome.error?.frame).toMatch(/^> 2 \|/m);
  });

  test("of a loop shows the loop's line", async () => {
    const outcome = await run(runtime, `const one = 1;\nfor (;;);`, { limits: { wallMs: 200, cpuMs: 60_000 } });
    expect(outcome).toMatchObject({ status: "timed_out", error: { code: "WALL_LIMIT" } });
    expect(outcome.error?.frame).toMatch(/^> 3 \|/m);
  });

  test("that nobody catches after the result changes nothing", async () => {
    const body = `void Promise.reject(new Error("floating")); return "fine"`;
    expect(await run(runtime, body)).toMatchObject({ status: "returned", returnValue: "fine" });
  });

  test("huge in every part is cut", async () => {
    const body = `const e = new Error("m".repeat(1e6)); e.name = "n".repeat(1e6); e.stack = "s".repeat(1e6); throw e;`;
    expect(JSON.stringify((await run(runtime, body)).error).length).toBeLessThan(50_000);
  });
});

describe("an import by a name that only the run knows", () => {
  test("says what to write in its place, at the author's line", async () => {
    const { error } = await source(
      "export async function execute_action(context) {\n  return import(context.args.name);\n}",
    );
    expect(error).toMatchObject({ code: "ACTION_THREW", name: "Error" });
    expect(error!.message).toMatch(/^Not supported\. .*one import for each/);
    expect(error!.frame).toContain("> 2 |   return import(context.args.name);");
  });

  test("is not what an action's own error of these words is taken for", async () => {
    const { error } = await source('export function execute_action() {\n  throw new Error("Not supported");\n}');
    expect(error!.message).toBe("Not supported");
  });
});
