// Globals that are made at first use behave as the finished property would; bodies that were touched and cloned behave as Node's do.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startBoth } from "./both.ts";
import type { Both } from "./both.ts";

let both: Both;

beforeAll(() => {
  both = startBoth();
});
afterAll(async () => both[Symbol.asyncDispose]());

const NAMES = [
  "fetch",
  "Headers",
  "Response",
  "URL",
  "Blob",
  "structuredClone",
  "setTimeout",
  "AbortSignal",
  "ReadableStream",
  "TextDecoder",
];

/** Each on names that nothing has touched: what it gives is what it gives for a property that is there. */
const WAYS: readonly string[] = [
  "const o = Object.create(globalThis); o[name] = 1; return [o[name], Object.keys(o), typeof globalThis[name]];",
  "const o = Object.create(globalThis); return [typeof o[name], Object.hasOwn(o, name)];",
  "const o = Object.freeze(Object.create(globalThis)); try { (() => { 'use strict'; o[name] = 1; })(); return 'passed'; } catch (e) { return [e.name, typeof globalThis[name]]; }",
  "const o = { __proto__: globalThis, get x() { return 1; } }; return [Reflect.set(o, name, 5), Reflect.set(globalThis, name, 6, o), o[name], typeof globalThis[name]];",
  "const o = {}; Reflect.set(globalThis, name, 5, o); return [o, typeof globalThis[name], typeof Reflect.get(globalThis, name, o)];",
  "const p = new Proxy(globalThis, {}); p[name] = 7; return globalThis[name];",
  "const { value, ...d } = Object.getOwnPropertyDescriptor(globalThis, name); return [typeof value, d];",
  "const { value, ...d } = Reflect.getOwnPropertyDescriptor(globalThis, name); return [typeof value, d];",
  "const { value, ...d } = Object.getOwnPropertyDescriptors(globalThis)[name]; return [typeof value, d];",
  "Object.defineProperty(globalThis, name, { value: 1 }); return Object.getOwnPropertyDescriptor(globalThis, name);",
  "Object.defineProperties(globalThis, { [name]: { enumerable: true } }); const { value, ...d } = Object.getOwnPropertyDescriptor(globalThis, name); return [typeof value, d];",
  "Reflect.defineProperty(globalThis, name, { writable: false }); try { (() => { 'use strict'; globalThis[name] = 1; })(); return 'passed'; } catch (e) { return e.name; }",
  "globalThis[name] = 1; return [globalThis[name], Object.getOwnPropertyDescriptor(globalThis, name)];",
  "delete globalThis[name]; return [name in globalThis, typeof globalThis[name]];",
  "return [Object.hasOwn(globalThis, name), Object.keys(globalThis).includes(name), Object.getOwnPropertyNames(globalThis).includes(name)];",
  "delete globalThis[name]; globalThis[name] = 8; Object.getOwnPropertyDescriptors(globalThis); return [globalThis[name], Object.getOwnPropertyDescriptor(globalThis, name)];",
  "delete globalThis[name]; Object.defineProperty(globalThis, name, { get: () => 4, configurable: true }); const { get, ...d } = Object.getOwnPropertyDescriptor(globalThis, name); return [globalThis[name], typeof get, d];",
  "delete globalThis[name]; const d = Object.getOwnPropertyDescriptor(globalThis, name); return [d === undefined, name in globalThis];",
  "return [typeof globalThis.__lookupGetter__(name), typeof globalThis.__lookupSetter__(name)];",
  "globalThis.__defineGetter__(name, () => 3); const { get, set, ...d } = Object.getOwnPropertyDescriptor(globalThis, name); return [globalThis[name], typeof get, typeof set, d];",
  "const before = globalThis[name]; globalThis[name] = 1; globalThis[name] = before; return globalThis[name] === before;",
];

describe("a global that is made at first use", () => {
  test.each(WAYS)("%s", async (way) => {
    const lines = (touch: boolean) =>
      `const ask = (name) => { ${way} }; return ${JSON.stringify(NAMES)}.map((name) => { ${touch ? "globalThis[name];" : ""} return ask(name); });`;
    const untouched = await both.inGuest(lines(false));
    expect(untouched).toEqual(await both.inGuest(lines(true)));
    expect(untouched).toHaveLength(NAMES.length);
  });

  test("is as in plain JavaScript, where a property of the same kind stands", async () => {
    for (const way of WAYS) {
      const plain = `const name = "made"; Object.defineProperty(globalThis, name, { value: function made() {}, writable: true, enumerable: false, configurable: true }); try { ${way} } finally { delete globalThis.made; }`;
      const guest = (await both.inGuest(`const ask = (name) => { ${way} }; return ask("URL");`)) as unknown;
      const text = (value: unknown): string => JSON.stringify(value).replaceAll("made", "URL");
      expect(text(guest)).toBe(text(await both.inNode(plain)));
    }
  });

  test("has the name that the standard gives it, and so has everything it is made of", async () => {
    const lines = `const bad = []; for (const name of Object.getOwnPropertyNames(globalThis)) {
      const value = globalThis[name];
      if (typeof value !== "function") continue;
      if (value.name !== name) bad.push([name, value.name]);
      if (/^[A-Z]/.test(name) && name !== "Proxy" && value.prototype?.constructor?.name !== name) bad.push([name, "constructor", value.prototype?.constructor?.name]);
      for (const key of Object.getOwnPropertyNames(value.prototype ?? {})) {
        const method = Object.getOwnPropertyDescriptor(value.prototype, key).value;
        if (typeof method === "function" && key !== "constructor" && !(name === "Set" && key === "keys") && !["trimLeft", "trimRight", "toGMTString"].includes(key) && method.name !== key) bad.push([name, key, method.name]);
      }
    } return bad;`;
    expect(await both.inGuest(lines)).toEqual([]);
  });

  test.each([
    "const tagOf = (name) => Object.getOwnPropertyDescriptor(globalThis[name].prototype, Symbol.toStringTag); return ['Headers', 'Request', 'Response', 'FormData', 'Blob', 'File', 'URL', 'URLSearchParams', 'AbortSignal', 'Event', 'EventTarget', 'TextDecoder', 'CryptoKey', 'SubtleCrypto', 'DOMException', 'URLPattern'].map(tagOf);",
    "return [Headers, FormData, URLSearchParams].map(({ prototype }) => [prototype[Symbol.iterator] === prototype.entries, prototype[Symbol.iterator].name]);",
    "Headers.prototype.entries = () => [['a', 'b']][Symbol.iterator](); return [...new Headers({ x: 'y' })];",
    "return [Request, Response].map((one) => [Object.getPrototypeOf(one).name, Object.getPrototypeOf(one.prototype) === Object.prototype, Object.hasOwn(one.prototype, 'json')]);",
    "return [String(console), Object.getOwnPropertyDescriptor(console, Symbol.toStringTag)];",
    "const at = performance; return [at.constructor.name, String(at), Object.keys(at), Object.hasOwn(at, 'now')];",
    "return [Response.json, Response.prototype.json, URL.parse, URL.canParse].map((one) => one.length);",
  ])("has the shape that it has in Node: %s", async (lines) => both.same(lines));
});

describe("a body", () => {
  const MAKERS = {
    text: "new Response('abc')",
    bytes: "new Response(new Uint8Array([97, 98, 99]))",
    blob: "new Response(new Blob(['abc']))",
    params: "new Response(new URLSearchParams('abc'))",
    stream: "new Response(new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode('abc')); c.close(); } }))",
    request: "new Request('http://a.example/', { method: 'POST', body: 'abc' })",
    passedOn: "new Request(new Request('http://a.example/', { method: 'POST', body: 'abc' }))",
    none: "new Response()",
  };
  const STEPS = {
    touch: "first.body",
    clone: "others.push(first.clone())",
    text: "seen.push(await first.text())",
    bytes: "seen.push([...(await first.bytes())])",
    read: "if (first.body) { const reader = first.body.getReader(); seen.push(new TextDecoder().decode((await reader.read()).value)); reader.releaseLock(); }",
    lock: "first.body?.getReader()",
    cancel: "first.body?.cancel().catch(() => {})",
    tee: "if (first.body) { const [a, b] = first.body.tee(); seen.push(await new Response(a).text(), await new Response(b).text()); }",
  };
  const ORDERS = [
    ["text"], ["touch", "text"], ["clone", "text"], ["touch", "clone", "text"], ["clone", "touch", "text"], ["touch", "clone", "read"],
    ["clone", "clone", "bytes"], ["touch", "clone", "clone", "text"], ["touch", "clone", "cancel"], ["cancel", "clone"], ["text", "clone"],
    ["lock", "clone"], ["lock", "text"], ["read", "clone"], ["read", "text"], ["tee", "text"], ["tee", "clone"], ["touch", "tee"], ["clone", "tee"],
    ["touch", "clone", "tee"], ["bytes", "touch"], ["clone", "lock"],
  ] as const; // prettier-ignore

  test.each(Object.entries(MAKERS))(
    "made of %s, touched, cloned and read in every order, is as in Node",
    async (_kind, make) => {
      for (const order of ORDERS) {
        const steps = order.map(
          (name) =>
            `try { ${STEPS[name]}; } catch (e) { seen.push(e.name); }\nseen.push([first.bodyUsed, first.body === null ? null : first.body.locked]);`,
        );
        const lines = `const first = ${make}; const others = [], seen = []; ${steps.join("\n")}
        for (const other of others) { seen.push(other.bodyUsed); if (first.body === other.body && first.body !== null) seen.push("shared"); seen.push(await other.text()); }
        return seen;`;
        const [guest, node] = [await both.inGuest(lines), await both.inNode(lines)];
        expect({ order, seen: guest }).toEqual({ order, seen: node });
      }
    },
  );
});
