/**
 * Parts of the web platform are evaluated when they are first touched: after the action has had its way with every built-in. They hold the
 * bridge, which no action may have, and they are loaded by the worker process, whose files no action may see.
 */
import { expect } from "@jest/globals";
import { type Attack, describeAttacks } from "../harness.ts";

/** Every function of every built-in is replaced by one that looks through all that passes by, and then does as before. */
const LISTEN = `
  const { apply, construct, ownKeys, getOwnPropertyDescriptor, defineProperty, getPrototypeOf } = Reflect;
  const found = [], done = new WeakSet();
  const has = WeakSet.prototype.has, add = WeakSet.prototype.add;
  let listening = true;
  const secret = (value) => {
    if (value === null || (typeof value !== "object" && typeof value !== "function")) return;
    for (const key of ["callWorker", "loadPart", "callAsync", "print", "bridge"]) {
      const own = getOwnPropertyDescriptor(value, key);
      if (own && (typeof own.value === "function" || typeof own.value === "object")) found[found.length] = key;
    }
  };
  const look = (that, parts, made) => {
    if (!listening) return made;
    listening = false;
    secret(that); secret(made);
    for (let at = 0; at < parts.length; at++) secret(parts[at]);
    listening = true;
    return made;
  };
  const visit = (holder) => {
    if (holder === null || (typeof holder !== "object" && typeof holder !== "function") || apply(has, done, [holder])) return;
    apply(add, done, [holder]);
    const keys = ownKeys(holder);
    for (let at = 0; at < keys.length; at++) {
      const own = getOwnPropertyDescriptor(holder, keys[at]);
      if (!own || !own.configurable) continue;
      const wrap = (original) => {
        const wrapped = function (...parts) { return look(this, parts, new.target ? construct(original, parts, new.target === wrapped ? original : new.target) : apply(original, this, parts)); };
        defineProperty(wrapped, "prototype", { value: original.prototype });
        return wrapped;
      };
      if (typeof own.value === "function" && keys[at] !== "constructor") {
        visit(own.value.prototype);
        visit(own.value);
        if (holder !== globalThis) defineProperty(holder, keys[at], { ...own, value: wrap(own.value) });
      } else if (own.get && holder !== globalThis) defineProperty(holder, keys[at], { ...own, get: wrap(own.get) });
      else if (typeof own.value === "object" && own.value !== globalThis) visit(own.value);
    }
  };
  const NATIVE = ["Object", "Function", "Array", "Number", "Boolean", "String", "Symbol", "Promise", "RegExp", "Error", "TypeError", "JSON", "Math", "ArrayBuffer", "Uint8Array", "Float64Array", "DataView", "Map", "Set", "WeakMap", "WeakSet", "Proxy", "Reflect", "Iterator", "Date", "BigInt", "Intl"];
  visit(getPrototypeOf(Uint8Array)); visit(getPrototypeOf(Uint8Array.prototype));
  for (let at = 0; at < NATIVE.length; at++) { visit(globalThis[NATIVE[at]]); visit(globalThis[NATIVE[at]].prototype); }
  Object.defineProperty(Object.prototype, "bridge", { set(value) { secret(this); found[found.length] = "bridge"; }, get() { secret(this); }, configurable: true });
  Object.defineProperty(Object.prototype, "default", { set(value) { secret(value); }, get() { secret(this); }, configurable: true });
`;

const USES: Readonly<Record<string, readonly string[]>> = {
  timers: ["setTimeout(() => {}, 1)", "queueMicrotask(() => {})", "performance.now()"],
  events: [
    "new AbortController().abort()",
    "AbortSignal.timeout(5)",
    "new EventTarget().dispatchEvent(new Event('x'))",
    "new DOMException('x')",
  ],
  encoding: [
    "new TextEncoder().encode('\u00e4')",
    "new TextDecoder('latin1').decode(new Uint8Array([200]))",
    "btoa('a')",
    "atob('YQ==')",
  ],
  url: ["new URL('../x?a=1', 'http://a/b/').searchParams.append('b', '2')", "new URLSearchParams('a=1').toString()"],
  clone: ["structuredClone({ a: [new Map([[1, new Date()]])] })"],
  blob: ["new Blob(['x']).text()", "new FormData().append('a', new File(['x'], 'y'))", "new Blob(['x']).stream()"],
  crypto: [
    "crypto.randomUUID()",
    "crypto.subtle.digest('SHA-256', new Uint8Array(3))",
    "crypto.getRandomValues(new Uint8Array(2))",
  ],
  streams: [
    "new ReadableStream({ start(c) { c.enqueue('x'); c.close(); } }).pipeThrough(new TextEncoderStream()).getReader().read()",
  ],
  console: [
    "console.dir({ a: [1] })",
    "console.log('%o', new Map())",
    "console.table([{ a: 1 }])",
    "console.trace()",
    "console.group()",
  ],
  fetch: [
    "fetch('http://a/', { method: 'POST', body: new Blob(['x']) }).catch(() => {})",
    "new Request('http://a/')",
    "new Headers({ a: 'b' })",
    "new Response('x').text()",
  ],
};

const steals = Object.fromEntries(
  Object.entries(USES).map(([part, use]): [string, Attack] => [
    part,
    {
      source: `export async function execute_action(context) { ${LISTEN} let error = null; try { ${use.join("; ")}; } catch (thrown) { error = thrown; } for (let n = 0; n < 30; n++) await null; listening = false; return [found, error === null ? null : error.message, hand_off_conversation(context).success]; }`,
      ends: "returned",
      limits: { cpuMs: 1_000 },
      // The formatter comes with a copy of half of Node's own library, which does not bear with all of this.
      check: ({ returnValue }) =>
        expect(returnValue).toEqual([[], part === "console" ? expect.anything() : null, true]),
    },
  ]),
);

describeAttacks("nothing that listens in on every built-in sees the bridge", steals);

const throwing = Object.fromEntries(
  Object.entries(USES).map(([part, use]): [string, Attack] => [
    part,
    {
      source: `export async function execute_action() {
        const seen = [], note = (error) => { seen[seen.length] = String(error && error.stack); };
        const stolen = () => { throw new Error("mine"); };
        for (const holder of [Object, Reflect, Array, Array.prototype, String.prototype, Function.prototype, RegExp.prototype, Map.prototype, Symbol.prototype, JSON, Uint8Array.prototype, Promise.prototype])
          for (const key of Reflect.ownKeys(holder)) { const own = Reflect.getOwnPropertyDescriptor(holder, key); if (own.configurable && typeof own.value === "function" && key !== "constructor" && key !== "ownKeys" && key !== "getOwnPropertyDescriptor" && key !== Symbol.iterator) { try { holder[key] = stolen; } catch (error) { note(error); } } }
        ${use.map((each) => `try { ${each}; } catch (error) { note(error); }`).join(" ")}
        return seen; }`,
      ends: ["returned", "threw ACTION_THREW", "threw RESULT_NOT_JSON"],
      check: ({ returnValue, error }) =>
        expect(`${JSON.stringify(returnValue)}${error?.message}${error?.stack}`).not.toMatch(
          /worker\.cjs|assets|node:|isolated-vm boundary/,
        ),
    },
  ]),
);

describeAttacks("what fails in a part names no file of the worker process", throwing);

describeAttacks("a part that is touched while the module loads", {
  "gives no way to hand off": {
    source: `
      const define = Object.defineProperty, taken = [];
      Object.defineProperty = (target, key, own) => (key === "default" || key === "__esModule" ? define(target, "default", { get: () => (...given) => { taken.push(...given); return {}; }, configurable: true }) : define(target, key, own));
      try { URL; fetch; crypto; } catch {}
      Object.defineProperty = define;
      const bridge = taken.find((each) => each?.call);
      export const execute_action = () => bridge === undefined;
      bridge?.call("hand_off_conversation", '{"overflow":false,"context":{"type":"missing"},"reason":{"type":"absent"},"phoneDestination":{"type":"absent"}}');`,
    ends: "returned",
    check: ({ returnValue, intents }) => expect([returnValue, intents]).toEqual([true, []]),
  },
});
