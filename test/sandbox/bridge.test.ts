// The bridge is neutral: test functions of both kinds, JSON text and byte arrays both ways, and the limits on it, without a hand-off anywhere.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Completion, HostFunctions, Sandbox, SandboxLimits } from "../../sandbox/index.ts";
import { DEFAULT_SANDBOX_LIMITS, HostCallError, createSandbox, scriptImage } from "../../sandbox/index.ts";

const MIB = 1024 * 1024;

/** Gives the script the bare bridge, as no prelude of ours would. */
const PRELUDE = `((bridge) => {
  globalThis.call = (name, args = null) => bridge.call(name, JSON.stringify(args));
  globalThis.callAsync = (name, args = null, bytes) => bridge.callAsync(name, JSON.stringify(args), bytes);
  globalThis.later = (ms) => new Promise((resolve) => bridge.schedule(resolve, ms));
  globalThis.now = () => bridge.now();
  let given;
  bridge.onStart((data) => { given = data; });
  globalThis.given = () => given;
})`;

let sandbox: Sandbox;
let scripts = 0;

beforeAll(() => {
  sandbox = createSandbox({ image: scriptImage({ preludes: [{ name: "test", code: PRELUDE }] }) });
});
afterAll(() => sandbox.close());

function run(
  body: string,
  hostFunctions: HostFunctions = {},
  limits: Partial<SandboxLimits> = {},
  preludeData = {},
): Promise<Completion> {
  scripts += 1;
  return sandbox.run({
    tenant: "t",
    cordon: "c",
    script: { code: `((exports) => { exports.main = async (input) => { ${body} } })`, hash: `bridge ${scripts}` },
    entryPoints: ["main"],
    input: "{}",
    preludeData: { test: preludeData },
    hostFunctions,
    limits: { ...DEFAULT_SANDBOX_LIMITS, ...limits },
  });
}

async function valueOf(completion: Promise<Completion>): Promise<unknown> {
  const { end } = await completion;
  if (end.type !== "returned") throw new Error(JSON.stringify(end));
  return end.value;
}

/** What a call that throws shows the script. */
const CAUGHT = "(error) => [error.name, error.code, error.message, error instanceof globalThis[error.name]]";
const trySync = (call: string) => `try { return ${call}; } catch (error) { return (${CAUGHT})(error); }`;
const tryAsync = (call: string) => `return ${call}.catch(${CAUGHT});`;

const echo: HostFunctions = {
  sync: { mode: "sync", handle: ({ args }) => ({ value: args as never }) },
  async: {
    mode: "async",
    async handle({ args, bytes }) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return bytes ? { value: args as never, bytes: bytes.toReversed() } : { value: args as never };
    },
  },
};

const VALUES = [null, 0, "text 😀", [1, [2]], { a: { b: "\ud800".toWellFormed() } }, "x".repeat(30_000)];

test.each(["sync", "async"])("a %s function gets JSON and answers with JSON", async (mode) => {
  for (const value of VALUES) {
    const json = JSON.stringify(value);
    const call = mode === "sync" ? `call("sync", ${json})` : `(await callAsync("async", ${json})).value`;
    expect(await valueOf(run(`return ${call}`, echo))).toEqual(value);
  }
});

test("byte arrays go both ways, and arrive as what they were sent", async () => {
  const body = `const { bytes } = await callAsync("async", 1, new Uint8Array([1, 2, 3]));
    return [Object.prototype.toString.call(bytes), ...bytes];`;
  expect(await valueOf(run(body, echo))).toEqual(["[object Uint8Array]", 3, 2, 1]);
});

test("a megabyte of bytes goes both ways", async () => {
  const body = `const sent = new Uint8Array(${MIB}); sent[0] = 7;
    const { bytes } = await callAsync("async", null, sent); return [bytes.length, bytes[${MIB} - 1]];`;
  expect(await valueOf(run(body, echo))).toEqual([MIB, 7]);
});

test("async calls run at the same time and are answered each its own", async () => {
  const body = `return Promise.all([1, 2, 3].map(async (n) => (await callAsync("async", n)).value));`;
  expect(await valueOf(run(body, echo))).toEqual([1, 2, 3]);
});

test.each(["sync", "async"] as const)(
  "a HostCallError of a %s function throws with its name, code and message",
  async (mode) => {
    const table: HostFunctions = {
      refuse: {
        mode,
        handle() {
          throw new HostCallError("NOT_TODAY", "Come back tomorrow.", "RangeError");
        },
      },
      odd: {
        mode,
        handle() {
          throw new HostCallError("ODD", "No such class.", "process");
        },
      },
      leak: {
        mode,
        handle() {
          throw new Error("the password is 1234");
        },
      },
    };
    const go = (name: string) =>
      valueOf(run(mode === "sync" ? trySync(`call("${name}")`) : tryAsync(`callAsync("${name}")`), table));
    expect(await go("refuse")).toEqual(["RangeError", "NOT_TODAY", "Come back tomorrow.", true]);
    expect(await go("odd")).toEqual(["Error", "ODD", "No such class.", true]);
    expect(await go("leak")).toEqual(["Error", "HOST_FUNCTION_FAILED", "the host function failed", true]);
  },
);

test.each([
  ["an unknown function", trySync('call("nothing", 1)')],
  ["an inherited name", trySync('call("constructor", 1)')],
  ["an async function called sync", trySync('call("async", 1)')],
  ["a sync function called async", tryAsync('callAsync("sync", 1)')],
])("%s is CALL_UNKNOWN", async (_, body) => {
  expect(await valueOf(run(body, echo))).toEqual(["TypeError", "CALL_UNKNOWN", expect.any(String), true]);
});

test("argumentBytes counts UTF-8 and includes its last byte", async () => {
  const limits = { argumentBytes: 100 };
  const fits = JSON.stringify("é".repeat(49));
  const over = JSON.stringify("é".repeat(49) + "x");
  for (const mode of ["sync", "async"]) {
    const go = (json: string) =>
      valueOf(
        run(mode === "sync" ? trySync(`call("sync", ${json})`) : tryAsync(`callAsync("async", ${json})`), echo, limits),
      );
    expect(JSON.stringify(await go(fits))).not.toContain("ARGUMENTS_TOO_LARGE");
    expect(await go(over)).toEqual(["RangeError", "ARGUMENTS_TOO_LARGE", expect.any(String), true]);
  }
});

test("hostCalls: calls within it are answered, the next is refused; a function with a budget of its own is not counted", async () => {
  const table: HostFunctions = { ...echo, own: { mode: "sync", budget: 2, handle: () => ({ value: "own" }) } };
  const body = `const told = []; const ask = (name) => { try { call(name, 1); told.push("ok"); } catch (error) { told.push(error.code); } };
    ask("sync"); ask("sync"); ask("sync"); ask("own"); ask("own"); ask("own"); return told;`;
  const completion = await run(body, table, { hostCalls: 2 });
  expect(completion.end).toEqual({
    type: "returned",
    value: ["ok", "ok", "CALL_BUDGET_SPENT", "ok", "ok", "CALL_BUDGET_SPENT"],
  });
  expect(completion.usage.hostCalls).toBe(4);
});

test.each<[string, unknown]>([
  ["cannot be JSON", 1n],
  ["is undefined", undefined],
])("an answer that %s fails the call and harms nobody else", async (_, value) => {
  const table: HostFunctions = {
    ...echo,
    badSync: { mode: "sync", handle: () => ({ value: value as never }) },
    badAsync: { mode: "async", handle: () => ({ value: value as never }) },
  };
  expect(await valueOf(run(trySync('call("badSync")'), table))).toEqual([
    "Error",
    "HOST_FUNCTION_FAILED",
    expect.any(String),
    true,
  ]);
  expect(await valueOf(run(tryAsync('callAsync("badAsync")'), table))).toEqual([
    "Error",
    "HOST_FUNCTION_FAILED",
    expect.any(String),
    true,
  ]);
  expect(await valueOf(run(`return call("sync", 1)`, table))).toBe(1);
});

test("bytes over the frame's cap are refused on both sides", async () => {
  const table: HostFunctions = {
    ...echo,
    flood: { mode: "async", handle: () => ({ value: null, bytes: new Uint8Array(16 * MIB + 1) }) },
  };
  expect(await valueOf(run(tryAsync('callAsync("flood")'), table))).toEqual([
    "Error",
    "HOST_FUNCTION_FAILED",
    expect.any(String),
    true,
  ]);
  const body = tryAsync(`callAsync("async", 1, new Uint8Array(${16 * MIB + 1}))`);
  expect(await valueOf(run(body, echo, { memoryMiB: 256 }))).toEqual([
    "RangeError",
    "ARGUMENTS_TOO_LARGE",
    expect.any(String),
    true,
  ]);
});

test("the signal of a call that nobody hears any more is aborted", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const table: HostFunctions = {
    hang: {
      mode: "async",
      handle: ({ signal }) =>
        new Promise(() => {
          signal.addEventListener("abort", () => resolve("aborted"));
        }),
    },
  };
  const { end } = await run(`await callAsync("hang");`, table, { wallMs: 100 });
  expect(end).toMatchObject({ type: "timed_out", limit: "wall", waiting: true });
  expect(await promise).toBe("aborted");
});

test("waiting for an async function counts against wallMs, for a sync one it does not", async () => {
  const slow = (mode: "sync" | "async"): HostFunctions => ({
    slow: { mode, handle: () => new Promise((resolve) => setTimeout(() => resolve({ value: 1 }), 400)) },
  });
  expect((await run(`return call("slow")`, slow("sync"), { wallMs: 250 })).end.type).toBe("returned");
  expect((await run(`return callAsync("slow")`, slow("async"), { wallMs: 250 })).end.type).toBe("timed_out");
});

test("timers run in order, and those left when the run ends are dropped", async () => {
  const body = `const order = []; later(5_000).then(() => order.push("never"));
    await Promise.all([later(30).then(() => order.push("late")), later(1).then(() => order.push("early"))]); return order;`;
  expect(await valueOf(run(body))).toEqual(["early", "late"]);
});

test("a prelude gets its data for this run and no other", async () => {
  expect(await valueOf(run("return given()", {}, {}, { mine: 1 }))).toEqual({ mine: 1 });
  expect(await valueOf(run("return given()", {}, {}, { other: 2 }))).toEqual({ other: 2 });
});

test("a closed sandbox rejects", async () => {
  const other = createSandbox();
  await other.close();
  const request = { tenant: "t", cordon: "c", script: { code: "", hash: "" }, entryPoints: [], input: "{}" };
  await expect(other.run({ ...request, hostFunctions: {}, limits: DEFAULT_SANDBOX_LIMITS })).rejects.toMatchObject({
    code: "SANDBOX_CLOSED",
  });
});
