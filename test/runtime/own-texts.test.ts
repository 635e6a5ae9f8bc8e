// Stacks lead to the author's lines wherever an action puts them, and errors inside errors come along, each with its line.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ownTexts } from "../../languages/javascript/errors/texts.ts";
import { createRuntime } from "../../runtime/index.ts";
import type { Outcome, Runtime } from "../../runtime/index.ts";
import { bundleOf, compiler, LIMITS } from "../languages/compiling.ts";
import { SILENT_LOGGER, contextOf } from "./executing.ts";

let runtime: Runtime;

beforeAll(async () => {
  runtime = await createRuntime({ logger: SILENT_LOGGER });
});
afterAll(() => runtime.close());

const run = (body: string): Promise<Outcome> => {
  const source = `type Unused = 1;\nexport async function execute_action(context: any) {\n${body}\n}`;
  return runtime.execute({ action: { source }, context: contextOf("chat") });
};

describe("a stack as text", () => {
  const STACK = "Error: here\n    at execute_action (action.ts:3:15)";

  test("leads to the author's lines in the log, the result and the reason", async () => {
    const outcome = await run(
      `const error = new Error("here"); console.log(error); console.warn("saw", error.stack); console.error({ error });
       hand_off_conversation(context, error.stack); return { stack: error.stack, list: [{ [1]: error.stack }], plain: "at baton:action" };`,
    );
    expect(outcome.logs.map(({ message }) => message)).toEqual([
      STACK,
      `saw ${STACK}`,
      expect.stringContaining("(action.ts:3:15)"),
    ]);
    expect(outcome.returnValue).toEqual({ stack: STACK, list: [{ 1: STACK }], plain: "at baton:action" });
    expect(outcome.intents).toMatchObject([{ verdict: "recorded", reason: STACK }]);
    expect(outcome.handoff).toMatchObject({ reason: STACK });
    expect(JSON.stringify({ ...outcome, returnValue: null })).not.toContain("baton:");
  });

  test("in a reason is cut to 500 after that, and never in the middle of a position of V8's", async () => {
    for (let pad = 440; pad < 500; pad += 7) {
      const outcome = await run(
        `hand_off_conversation(context, "x".repeat(${pad}) + new Error("e").stack + "y".repeat(600));`,
      );
      const { reason, message } = outcome.intents[0]!;
      expect(Array.from(reason!).length).toBeLessThanOrEqual(500);
      expect(reason).not.toContain("baton:");
      expect(message).toContain("cut");
    }
  });

  test("in a thrown error's message is mapped too", async () => {
    const outcome = await run(`throw new Error("wrapped: " + new Error("here").stack);`);
    expect(outcome.error!.message).toContain("(action.ts:3:31)");
  });

  test("costs the host little, however many there are", async () => {
    const lines = Array.from({ length: 30_000 }, (_, at) => `  v${at}(${at});`).join("\n");
    const source = `${Array.from({ length: 30_000 }, (_, at) => `const v${at} = (x) => x;`).join("\n")}\nexport const execute_action = () => {\n${lines}\n};`;
    const bundle = bundleOf(await compiler().compile({ source }, { ...LIMITS, sourceBytes: 8 * 1024 * 1024 }));
    const time = (count: number): number => {
      const text = Array.from({ length: count }, (_, at) => `at f (baton:action:${(at * 37) % 60_000}:9)`).join("\n");
      const begun = performance.now();
      ownTexts(bundle).map(text);
      return performance.now() - begun;
    };
    time(300);
    const few = Math.min(...Array.from({ length: 5 }, () => time(300)));
    const many = Math.min(...Array.from({ length: 5 }, () => time(6_000)));
    // Twenty times the text, and no more places looked up.
    expect(many / few).toBeLessThan(15);
  });
});

describe("errors inside an error", () => {
  test("of an AggregateError are there, each with its line", async () => {
    const outcome = await run(
      `const fail = () => { throw new TypeError("one"); };\nawait Promise.any([Promise.resolve().then(fail),\n Promise.reject(new RangeError("two", {\n cause: new Error("deep") }))]);`,
    );
    expect(outcome.error).toMatchObject({
      name: "AggregateError",
      inner: [
        { label: "Error 1 of 2", title: "TypeError: one", frame: expect.stringContaining("> 3 | const fail") },
        { label: "Error 2 of 2", title: "RangeError: two", frame: expect.stringContaining("> 5 |  Promise.reject") },
        { label: "Caused by", title: "Error: deep", frame: expect.stringContaining("> 6 |  cause") },
      ],
    });
    expect(outcome.error!.stack).toContain("Error 1 of 2: TypeError: one\n    at fail (action.ts:3:28)");
  });

  test.each([
    [`throw new Error("top", { cause: "a string\\nof two lines" })`, [["Caused by", 'the string "a string']]],
    [`throw new Error("top", { cause: { code: "E_BUSY", detail: 1 } })`, [["Caused by", "an object with the code E_BUSY"]]],
    [`throw new Error("top", { cause: { message: "busy", code: "E" } })`, [["Caused by", "busy (E)"]]],
    [`throw new Error("top", { cause: 0 })`, [["Caused by", "0"]]],
    [`throw new Error("top", { cause: undefined })`, undefined],
    [`const e = new Error("loop"); e.cause = e; throw e`, undefined],
    [`const e = new Error("a"); e.cause = new Error("b", { cause: e }); throw e`, [["Caused by", "Error: b"]]],
    [
      `await Promise.any([Promise.reject("str"), Promise.reject({}), Promise.reject(new Error("x"))])`,
      [["Error 1 of 3", 'the string "str"'], ["Error 2 of 3", "an object"], ["Error 3 of 3", "Error: x"]],
    ],
    [`await fetch("https://shop.example/")`, undefined],
  ])("of %s are there as far as they say something, once", async (body, inner) => {
    const { error } = await run(body);
    expect(error!.inner?.map(({ label, title }) => [label, title])).toEqual(inner);
  }); // prettier-ignore

  test("of a SuppressedError are there", async () => {
    const outcome = await run(
      `using broken = { [Symbol.dispose]() { throw new Error("while closing"); } };\nthrow new TypeError("first");`,
    );
    expect(outcome.error).toMatchObject({
      name: "SuppressedError",
      inner: [
        { label: "Error", title: "Error: while closing" },
        { label: "Suppressed", title: "TypeError: first", frame: expect.stringContaining("> 4 |") },
      ],
    });
  });

  test.each([
    "const e = new Error('a'); e.cause = e; throw e;",
    "throw new AggregateError(Array.from({ length: 1e5 }, () => new Error('x')));",
    "throw Object.assign(new Error('a'), { name: 'AggregateError', errors: new Proxy([], { get() { throw 1; } }) });",
    "const { proxy, revoke } = Proxy.revocable([], {}); revoke(); throw Object.assign(new Error('a'), { name: 'AggregateError', errors: proxy });",
    "throw Object.assign(new Error('a'), { name: 'AggregateError', errors: { length: 1e9 } });",
  ])("hold nothing up: %s", async (body) => {
    const outcome = await run(body);
    expect(outcome).toMatchObject({ status: "threw", error: { code: "ACTION_THREW" } });
    expect(outcome.error!.inner?.length ?? 0).toBeLessThanOrEqual(10);
  });

  test("a rejection that nothing had handled yet is said to be one, with what to do", async () => {
    const outcome = await run(
      `const slow = new Promise((go) => setTimeout(go, 20));\nconst failing = Promise.reject(new Error("early"));\nawait slow;\ntry { await failing; } catch { return "caught"; }`,
    );
    expect(outcome).toMatchObject({
      status: "threw",
      error: { code: "ACTION_THREW", frame: expect.stringContaining("> 4 |") },
    });
    expect(outcome.error!.message).toMatch(
      /^early \(A promise was rejected and nothing handled that yet: .*Promise\.all/,
    );
  });
});
