/** The platform's objects where they leave an author's hands: in `console`, in `structuredClone`. Node's are what they are held to. */
import { afterAll, describe, expect, test } from "@jest/globals";
import { startBoth } from "./both.ts";

const both = startBoth();
afterAll(async () => both[Symbol.asyncDispose]());

async function inNode(lines: string): Promise<string> {
  return (await both.inNode(`
    const { Console } = process.getBuiltinModule("node:console"); const { Writable } = process.getBuiltinModule("node:stream"); let text = "";
    const stream = new Writable({ write(chunk, _e, done) { text += chunk; done(); } });
    const console = new Console({ stdout: stream, stderr: stream }); ${lines}; return text;`)) as string; // prettier-ignore
}
async function inGuest(lines: string): Promise<string> {
  const { logs, end } = await both.complete(lines);
  expect(end).toMatchObject({ type: "returned" });
  return logs.map(({ message }) => `${message}\n`).join("");
}

/** Below the depth that is shown Node prints `undefined` for its streams, and for some others more or less than it does of any class. */
const DIFFERS_DEEP = /Stream|QueuingStrategy|TextEncoder|signal|AbortSignal|crypto|My extends URL /;
const FORM = `(() => { const f = new FormData(); f.append("a", "1"); f.append("b", "x"); f.append("a", "2"); return f; })()`;
const FILE = `new File(["abc"], "n.txt", { type: "text/plain", lastModified: 5 })`;

describe("console shows", () => {
  test.each([
    `new Headers({ b: "2", a: "1" })`, `new Headers()`, `new Headers([["set-cookie", "a=1"], ["Set-Cookie", "b=2"]])`, `new Headers({ "X-Mixed": "1" })`,
    `(() => { const h = new Headers({ "Ab": "1" }); h.set("aB", "2"); h.append("AB", "3"); return h; })()`, `new Headers({ a: "x".repeat(100), b: "y".repeat(30) })`,
    `new URLSearchParams("a=1&b=2&a=3")`, `new URLSearchParams()`, `new URLSearchParams({ a: "x".repeat(60), b: "y".repeat(60) })`, `{ p: new URLSearchParams("a='") }`,
    FORM, `new FormData()`, `(() => { const f = new FormData(); f.append("file", ${FILE}); return f; })()`,
    `new Response("x")`, `new Response(null, { status: 404, statusText: "Not Found", headers: { a: "1" } })`, `Response.json({ a: 1 })`, `Response.error()`,
    `await (async () => { const r = new Response("x"); await r.text(); return r; })()`,
    `new Request("https://a.test/x?y=1")`, `new Request("https://a.test/", { method: "POST", body: "x", headers: { a: "1" } })`,
    `new Blob(["abc"], { type: "text/plain" })`, FILE, `new URL("https://u:p@a.test:8080/p?q=1#h")`,
    `new ReadableStream()`, `new ReadableStream({ type: "bytes" })`, `new WritableStream()`, `new TransformStream()`, `new ReadableStream().tee()[0]`,
    `(() => { const s = new ReadableStream(); s.getReader(); return s; })()`, `new ReadableStream({ start(c) { c.close(); } })`,
    `new CountQueuingStrategy({ highWaterMark: 1 })`, `new ByteLengthQueuingStrategy({ highWaterMark: 1 })`,
    `new TextEncoderStream()`, `new TextDecoderStream()`, `new CompressionStream("gzip")`, `new DecompressionStream("gzip")`,
    `new TextEncoder()`, `new TextDecoder()`, `new TextDecoder("latin1", { fatal: true })`,
    `new AbortController()`, `new AbortController().signal`, `AbortSignal.abort("why")`, `new EventTarget()`,
    `await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, ["encrypt"])`,
    `new (class My extends Headers {})({ a: "1" })`, `new (class My extends Response {})()`, `new (class My extends URLSearchParams {})("a=1")`,
    `new (class My extends URL {})("https://a.test")`, `new (class extends URL {})("https://a.test")`,
    `new Headers({ a: "1" }).keys()`, `new Headers({ a: "1" }).entries()`, `${FORM}.values()`,
    `new URLSearchParams("a=1&b=2").entries()`, `new URLSearchParams("a=1").keys()`, `new URLSearchParams().values()`,
    `(() => { const i = new URLSearchParams("a=1&b=2&c=3")[Symbol.iterator](); i.next(); return i; })()`,
  ])("%s as Node does", async (made) => {
    for (const shown of [made, `{ a: ${made} }`, `[[${made}]]`, ...(DIFFERS_DEEP.test(made) ? [] : [`[[[${made}]]]`]), `"%o"`, `"at", ${made}`, `new Map([[1, ${made}]])`]) {
      const lines = `console.log(${shown})`;
      expect([shown, await inGuest(lines)]).toEqual([shown, await inNode(lines)]);
    }
  }); // prettier-ignore

  test.each([
    `new URL("https://u:p@a.test:8080/p?q=1#h")`, `new URLSearchParams("a=1&b=2")`, `new URLSearchParams()`, `new (class My extends URL {})("https://a.test")`,
    `new Headers({ a: "1" })`, `new Blob(["a"])`, `new Date(0)`, `[new URL("https://a.test")]`, `new (class Own { toString() { return "own"; } })()`, `fetch.name`,
  ])("%s by %%s as Node does", async (made) => {
    const lines = `console.log("at %s.", ${made})`;
    expect(await inGuest(lines)).toBe(await inNode(lines));
  }); // prettier-ignore

  test("iterators of the platform see what changes, and go through a long list in one pass", async () => {
    await both.same(`const p = new URLSearchParams("a=1&b=2"), seen = []; for (const [k] of p) { seen.push(k); if (seen.length < 4) p.append("x" + seen.length, "1"); } return seen;`);
    await both.same(`const i = new Headers({ b: "2", a: "1" }).entries(); return [[...i], i.next(), i[Symbol.toStringTag], Object.prototype.toString.call(i), typeof i.map, i[Symbol.iterator]() === i, fetch.length];`);
    await both.same(`try { new URLSearchParams("a=1").keys().next.call({}); } catch (error) { return error.name; }`);
    await both.same(`let n = 0; for (const [k, v] of new URLSearchParams("a=1&".repeat(20_000))) n += v.length; return n;`);
  }); // prettier-ignore

  test("what only has a class's prototype, without an error", async () => {
    const { logs, end } = await both.complete(`console.log(Object.create(new Headers({ a: "1" })), Object.create(URL.prototype)); console.log(Response.prototype, ReadableStream)`); // prettier-ignore
    expect(end.type).toBe("returned");
    expect(logs.map(({ message }) => message).join()).not.toContain("not printable");
  });

  test("an event, whose time is its own", async () => {
    const { logs } = await both.complete(`console.log(new Event("x"))`);
    expect(logs[0]!.message).toMatch(/^Event \{\n {2}type: 'x',\n {2}defaultPrevented: false,\n {2}cancelable: false,\n {2}timeStamp: \d+\n\}$/); // prettier-ignore
  });

  test("the frames of console.trace, the author's own alone", async () => {
    const { logs } = await both.complete(`function inner() { console.trace("here %d", 1); } function outer() { inner(); } outer();`); // prettier-ignore
    const [head, ...frames] = logs[0]!.message.split("\n");
    expect(head).toBe("Trace: here 1");
    expect(frames[0]).toMatch(/^ {4}at inner \(baton:action:\d+:\d+\)$/);
    expect(frames[1]).toMatch(/^ {4}at outer \(baton:action:\d+:\d+\)$/);
    expect(frames.filter((frame) => frame.includes("baton:") && !frame.includes("baton:action"))).toEqual([]);
  });
});

describe("structuredClone", () => {
  const DESCRIBE = `const text = async (value) => value instanceof Blob ? [value.constructor.name, value.size, value.type, value.name ?? null, value.lastModified ?? null, Object.keys(value), await value.text()]
    : value instanceof CryptoKey ? ["key", value.type, value.extractable, value.algorithm.name, [...value.usages]]
    : value instanceof DOMException ? ["exception", value.name, value.code, value.message] : JSON.stringify(value);`; // prettier-ignore
  test.each([
    FILE,
    `new Blob(["abc"], { type: "a/b" })`,
    `new (class My extends File { z = 1 })(["x"], "n", { lastModified: 7 })`,
    `new (class My extends Blob {})(["x"])`,
    `Object.assign(new Blob(["x"]), { extra: 1 })`,
    `new DOMException("m", "AbortError")`,
    `new Blob(["ab"]).slice(1)`,
    `await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", false, ["encrypt"])`,
  ])("copies %s as Node does, at any depth and once", async (made) => {
    await both.same(`${DESCRIBE} const value = ${made}; const copy = structuredClone(value);
      const { a, b } = structuredClone({ a: value, b: [value] });
      return [await text(copy), copy === value, await text(a), a === b[0], structuredClone(new Map([[1, value]])).get(1) instanceof value.constructor];`); // prettier-ignore
  });

  test.each([
    `new Headers()`,
    `new URL("https://a.test")`,
    `new URLSearchParams()`,
    `new FormData()`,
    `new Response()`,
    `new Request("https://a.test")`,
    `new ReadableStream()`,
    `new WritableStream()`,
    `new TransformStream()`,
    `(function* () {})()`,
    `Promise.resolve()`,
    `new Map().entries()`,
    `new WeakRef({})`,
    `new Intl.NumberFormat()`,
  ])("refuses %s as Node does", async (made) => {
    await both.same(`try { structuredClone(${made}); return "copied"; } catch (error) { return [error.name, error instanceof DOMException, error.code]; }`); // prettier-ignore
  });
});
