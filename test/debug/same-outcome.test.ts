// The debug engine plays the same guest as the sandbox: whatever an action does, both come to the same outcome.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Debugger, createDebugger } from "../../debug/index.ts";
import {
  type Environment,
  type InvocationInput,
  type Outcome,
  type Runtime,
  createRuntime,
} from "../../runtime/index.ts";
import { CALLS } from "../runtime/contract-calls.ts";
import { NUMBER, SILENT_LOGGER, contextOf } from "../runtime/executing.ts";
import { comparable } from "./debugging.ts";

let sandbox: Runtime;
let debug: Debugger;
let debugged: Runtime;

beforeAll(async () => {
  sandbox = await createRuntime({ logger: SILENT_LOGGER });
  debug = createDebugger({});
  debugged = await debug.createRuntime({ logger: SILENT_LOGGER });
});
afterAll(async () => {
  await debug.close();
  await Promise.all([sandbox.close(), debugged.close()]);
});

async function both(source: string, channel: string, over: Partial<InvocationInput> = {}): Promise<[Outcome, Outcome]> {
  const ask = { action: { source, filename: "action.ts" }, context: contextOf(channel, { n: 1 }), ...over };
  return Promise.all([sandbox.execute(ask), debugged.execute(ask)]);
}

const ENVIRONMENTS: readonly Environment[] = ["production", "test", "mock"];
const PLACES = ["chat", "phone"].flatMap((channel) => ENVIRONMENTS.map((environment) => ({ channel, environment })));

describe.each(PLACES)("on $channel in $environment", ({ channel, environment }) => {
  test.each(Object.entries(CALLS))("%s", async (_, [call]) => {
    const [expected, outcome] = await both(`export const execute_action = (context: any) => ${call};`, channel, {
      environment,
    });
    expect(expected.status).toBe("returned");
    expect(comparable(outcome)).toEqual(comparable(expected));
  });
});

/** Bodies of actions, each with the status that both have to come to. */
const BODIES: Readonly<Record<string, readonly [Outcome["status"], string]>> = {
  "what is returned": [
    "returned",
    `return { date: new Date(0), map: new Map([[1, 2]]), un: undefined, big: 2 ** 53, list: [,1] }`,
  ],
  "a transfer that discards": ["returned", `hand_off_conversation(context, null, "${NUMBER}"); return "secret"`],
  "a throw": ["threw", `const at = { x: 1 };\n  throw new TypeError("bad " + at.x)`],
  "a throw after a wait": ["threw", `await new Promise((r) => setTimeout(r, 2));\n  null!.x`],
  "a throw with causes": [
    "threw",
    `throw new AggregateError([new Error("a"), new RangeError("b")], "both", { cause: new Error("c") })`,
  ],
  "a throw of text": ["threw", `throw "text"`],
  "a throw of nothing": ["threw", `throw undefined`],
  "a getter that throws": ["threw", `throw Object.defineProperty(new Error("x"), "message", { get() { throw 1 } })`],
  "a rejection that nothing handles": [
    "threw",
    `Promise.reject(new RangeError("alone")); await new Promise((r) => setTimeout(r, 50))`,
  ],
  "a rejection of text that nothing handles": [
    "threw",
    `Promise.reject("alone"); await new Promise((r) => setTimeout(r, 50))`,
  ],
  "a rejection of an object that nothing handles": [
    "threw",
    `Promise.reject({ a: 1 }); await new Promise((r) => setTimeout(r, 50))`,
  ],
  "a rejection of nothing that nothing handles": [
    "threw",
    `Promise.reject(); await new Promise((r) => setTimeout(r, 50))`,
  ],
  "a rejection that cannot be read": [
    "threw",
    `Promise.reject(new Proxy({}, { get() { throw 1; } })); await new Promise((r) => setTimeout(r, 50))`,
  ],
  "a rejection that is handled later in its turn": [
    "returned",
    `const p = Promise.reject(new Error("x")); await null; return p.catch((e) => e.message)`,
  ],
  "what JSON cannot carry": ["threw", `return { big: 1n }`],
  "a circle": ["threw", `const a: any = {}; a.a = a; return a`],
  "too much": ["threw", `return "x".repeat(1e6)`],
  "work left open": ["returned", `setTimeout(() => {}, 1e5); return 1`],
  "calls after the end": [
    "returned",
    `Promise.resolve().then(() => Promise.resolve()).then(() => { hand_off_conversation(context) }); return 1`,
  ],
  "its own stack": [
    "returned",
    `const f = () => new Error("x").stack; return [f(), (function g() { return eval("new Error('y').stack") })()]`,
  ],
  "a stack of its own making": [
    "returned",
    `Error.prepareStackTrace = (_, sites) => sites.map((s: any) => s.getFunctionName()).slice(0, 1); return new Error("x").stack`,
  ],
  "the console": [
    "returned",
    `console.log("%s is %d", "a", 1, { b: [1, { c: new Set([1]) }] }); console.error(new Error("shown")); console.table([{ a: 1 }]); console.count(); return null`,
  ],
  "numbers and texts of places": [
    "returned",
    `return [(1234.5).toLocaleString("de-DE"), new Date(0).toLocaleString("en-US", { timeZone: "America/New_York" }), Intl.DateTimeFormat().resolvedOptions().timeZone, "ä".localeCompare("z")]`,
  ],
  "what there is": ["returned", `return Object.getOwnPropertyNames(globalThis).sort()`],
  "what there is not": [
    "returned",
    `return [typeof process, typeof require, typeof WebAssembly, typeof SharedArrayBuffer, typeof Atomics, typeof global]`,
  ],
  encodings: [
    "returned",
    `return [btoa("abc"), [...new TextEncoder().encode("é")], new TextDecoder().decode(new Uint8Array([226, 130, 172])), structuredClone({ d: new Date(1) })]`,
  ],
  addresses: [
    "returned",
    `const u = new URL("/a?b=1#c", "https://x.example"); u.searchParams.append("d", "é"); return [u.href, URL.canParse("no")]`,
  ],
  digests: [
    "returned",
    `const d = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("x")); return [...new Uint8Array(d)].slice(0, 4)`,
  ],
  streams: [
    "returned",
    `const s = new Blob(["ab"]).stream().pipeThrough(new CompressionStream("gzip")).pipeThrough(new DecompressionStream("gzip")); return new Response(s).text()`,
  ],
  "bytes of its own realm": [
    "returned",
    `const b = crypto.getRandomValues(new Uint8Array(4)); return [b instanceof Uint8Array, b.length, Object.getPrototypeOf(b) === Uint8Array.prototype]`,
  ],
  "an abort": [
    "threw",
    `const c = new AbortController(); setTimeout(() => c.abort(new Error("enough")), 1); await new Promise((_, no) => c.signal.addEventListener("abort", () => no(c.signal.reason)))`,
  ],
  "fetch that is not allowed": ["threw", `await fetch("https://example.com")`],
  "too many calls": ["returned", `return Array.from({ length: 25 }, () => hand_off_conversation(context).success)`],
  "a recursion without an end": ["threw", `const f = (n: number): number => f(n + 1) + 1; return f(0)`],
  "an order of turns": [
    "returned",
    `const o: number[] = []; setTimeout(() => o.push(3), 1); setTimeout(() => o.push(4), 8); queueMicrotask(() => o.push(2)); o.push(1); await new Promise((r) => setTimeout(r, 20)); return o`,
  ],
  "a repeatable run": [
    "returned",
    `return [Date.now(), Math.random(), crypto.randomUUID(), performance.now(), new Date().getHours()]`,
  ],
};

describe("what an action does comes to the same:", () => {
  test.each(Object.entries(BODIES))("%s", async (_, [status, body]) => {
    const source = `export async function execute_action(context: any) {\n  ${body};\n}\n`;
    const [expected, outcome] = await both(source, "phone", { now: "2026-03-02T15:00:00Z", seed: "s" });
    expect(expected.status).toBe(status);
    expect(comparable(outcome)).toEqual(comparable(expected));
  });

  test.each([
    ["no entry point", `export const x = 1;`],
    ["an entry point that is no function", `export const execute_action = 1;`],
    ["a throw while it loads", `throw new Error("early");\nexport function execute_action() {}`],
    ["a hand-off while it loads", `hand_off_conversation({});\nexport function execute_action() {}`],
    ["a syntax error", `export function execute_action( {`],
  ])("%s", async (_, source) => {
    const [expected, outcome] = await both(source, "chat");
    expect(["threw", "invalid"]).toContain(expected.status);
    expect(comparable(outcome)).toEqual(comparable(expected));
  });

  test.each([
    ["an endless loop", `for (;;);`, { cpuMs: 300 }],
    ["an endless loop after a wait", `await null; for (;;);`, { cpuMs: 300 }],
    ["an endless loop in finally", `try { for (;;); } finally { for (;;); }`, { cpuMs: 300 }],
    ["a promise that never settles", `await new Promise(() => {})`, { wallMs: 300 }],
    [
      "memory without an end",
      `const a = []; for (;;) a.push(new Array(1e5).fill(a.length))`,
      { cpuMs: 20_000, wallMs: 60_000 },
    ],
  ] as const)("%s ends by the same limit", async (_, body, limits) => {
    const source = `export async function execute_action() {\n  ${body};\n}\n`;
    const [expected, outcome] = await both(source, "chat", { limits });
    expect({ status: outcome.status, code: outcome.error?.code }).toEqual({
      status: expected.status,
      code: expected.error?.code,
    });
  });
});
