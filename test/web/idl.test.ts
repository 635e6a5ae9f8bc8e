/** Options and arguments of the platform's classes, read as Web IDL reads them: what Node refuses is refused, and what it takes is taken as the same. */
import { afterAll, expect, test } from "@jest/globals";
import { startBoth } from "./both.ts";

const both = startBoth();
afterAll(async () => both[Symbol.asyncDispose]());

const VALUES = [
  `"x"`, `""`, "null", "undefined", "0", "1", "true", "false", "{}", "Symbol('s')", "NaN", "-1", "65736", "Infinity",
  "{ toString() { return 'cors' } }",
]; // prettier-ignore
const URL = `"https://a.test/x"`;
const SHOWN = `(r) => [r.mode, r.credentials, r.cache, r.redirect, r.referrer, r.referrerPolicy, r.integrity, r.keepalive, r.duplex, r.method]`;

/** Every line on both sides in one run each; what is thrown counts by its name. */
async function same(lines: readonly string[]): Promise<number> {
  const all = `const out = []; ${lines
    .map((line) => `try { out.push((await (async () => { ${line} })()) ?? null); } catch (error) { out.push("! " + error?.name); }`)
    .join("\n")} return out;`; // prettier-ignore
  const [guest, node] = [await both.inGuest(all), await both.inNode(all)] as [unknown[], unknown[]];
  const differing = lines.flatMap((line, at) =>
    JSON.stringify(guest[at]) === JSON.stringify(node[at]) ? [] : [{ line, guest: guest[at], node: node[at] }],
  );
  expect(differing).toEqual([]);
  return node.filter((one) => typeof one === "string" && one.startsWith("! ")).length;
}
const withEach = (...lines: ((value: string) => string)[]): string[] =>
  VALUES.flatMap((value) => lines.map((line) => line(value)));

test.each([
  "mode", "credentials", "cache", "redirect", "referrer", "referrerPolicy", "integrity", "keepalive", "priority", "duplex", "window",
  "signal", "method", "headers", "unknownThing",
])("%s of a request", async (key) => {
  const words = [
    "navigate", "same-origin", "no-cors", "cors", "CORS", "omit", "include", "no-store", "reload", "no-cache", "force-cache", "only-if-cached",
    "follow", "error", "manual", "MANUAL", "no-referrer", "origin", "unsafe-url", "never", "high", "low", "auto", "half", "full", "about:client",
    "https://b.test/p?q#h", "/rel", "sha256-abc",
  ]; // prettier-ignore
  const thrown = await same([
    ...withEach((value) => `return (${SHOWN})(new Request(${URL}, { ${key}: ${value} }))`),
    ...words.map(
      (word) =>
        `const r = new Request(${URL}, { ${key}: "${word}" }), show = ${SHOWN}; return [r, r.clone(), new Request(r), new Request(r, { ${key}: undefined }), new Request(r, { priority: "low" })].map(show)`,
    ),
  ]);
  if (key !== "keepalive" && key !== "unknownThing") expect(thrown).toBeGreaterThan(0);
}); // prettier-ignore

test("options of a request that do not go together", async () => {
  const thrown = await same([
    `return new Request(${URL}, { cache: "only-if-cached" }).cache`,
    `return new Request(${URL}, { mode: "same-origin", cache: "only-if-cached" }).cache`,
    `return new Request(${URL}, { mode: "no-cors", method: "DELETE" }).mode`,
    `return new Request(${URL}, { mode: "no-cors", method: "POST", body: "x" }).mode`,
    `return new Request(${URL}, { method: "POST", body: new ReadableStream() })`,
    ...withEach((value) => `return new Request(${URL}, ${value}).url`),
  ]);
  expect(thrown).toBeGreaterThan(3);
});

test.each<[string, ((value: string) => string)[]]>([
  ["a response", [
    (v) => `return new Response(null, ${v}).status`, (v) => `return new Response(null, { status: ${v} }).status`,
    (v) => `return new Response(null, { statusText: ${v} }).statusText`, (v) => `return [...new Response(null, { headers: ${v} }).headers]`,
    (v) => `return [...Response.json(1, ${v}).headers]`, (v) => `return Response.json(1, { status: ${v} }).status`, (v) => `return Response.redirect(${URL}, ${v}).status`,
  ]],
  ["a blob and a file", [
    (v) => `return new Blob(["a\\r\\nb"], ${v}).size`, (v) => `return new Blob(["a"], { endings: ${v} }).size`, (v) => `return new Blob(["a"], { type: ${v} }).type`,
    (v) => `return new Blob(["abcdef"]).slice(0, ${v}, ${v}).type`, (v) => `return new File(["a"], ${v}).name`, (v) => `return new File(["a"], "n", ${v}).name`,
    (v) => `const f = new FormData(); f.append("a", new Blob(["x"]), ${v}); return f.get("a").name`,
  ]],
  ["texts", [
    (v) => `return new TextDecoder(${v}).encoding`, (v) => `return new TextDecoder("utf-8", ${v}).fatal`, (v) => `return new TextDecoder("utf-8", { fatal: ${v}, ignoreBOM: ${v} }).fatal`,
    (v) => `return new TextDecoder().decode(new Uint8Array([65]), ${v})`, (v) => `return [...new TextEncoder().encode(${v})]`,
    (v) => `return new TextEncoder().encodeInto(${v}, new Uint8Array(9))`, (v) => `return new TextDecoderStream("utf-8", ${v}).encoding`, (v) => `return atob(${v})`, (v) => `return btoa(${v})`,
    (v) => `return [...new URLSearchParams(${v})]`, (v) => `const u = new URL(${URL}); u.search = ${v}; return u.href`,
  ]],
  ["streams of other formats", [(v) => `new CompressionStream(${v}); return 1`, (v) => `new DecompressionStream(${v}); return 1`]],
  ["events and signals", [
    (v) => `return AbortSignal.timeout(${v}).aborted`, (v) => `return AbortSignal.any(${v}).aborted`, (v) => `return AbortSignal.any([${v}]).aborted`,
    (v) => `return new Event("x", ${v}).bubbles`, (v) => `return new Event(${v}).type`, (v) => `return new CustomEvent("x", ${v}).detail`,
    (v) => `new EventTarget().addEventListener("x", ${v}); return 1`, (v) => `new EventTarget().removeEventListener("x", ${v}); return 1`,
    (v) => `let n = 0; const t = new EventTarget(); t.addEventListener("x", () => n++, ${v}); t.dispatchEvent(new Event("x")); return n`,
    (v) => `let n = 0; const t = new EventTarget(); t.addEventListener("x", () => n++, { signal: ${v} }); t.dispatchEvent(new Event("x")); return n`,
    (v) => `const e = new DOMException("m", ${v === "{}" || v.includes("toString") ? '"Error"' : v}); return [e.name, e.code]`,
  ]],
  ["structuredClone and keys", [
    (v) => `return structuredClone(1, ${v})`, (v) => `return structuredClone(1, { transfer: ${v} })`,
    (v) => `return (await crypto.subtle.generateKey({ name: "AES-GCM", length: ${v} }, true, ["encrypt"])).type`,
    (v) => `return (await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, [${v}])).type`, (v) => `return (await crypto.subtle.importKey(${v}, new Uint8Array(16), "AES-GCM", true, ["encrypt"])).type`,
  ]],
])("options of %s", async (_, lines) => expect(await same(withEach(...lines))).toBeGreaterThan(0)); // prettier-ignore

test("classes have the standard's members, shown by loops, and the standard's number of parameters", async () => {
  const names = [
    "Request", "Response", "Headers", "Blob", "FormData", "URLSearchParams", "CustomEvent", "EventTarget", "AbortController", "TextEncoder", "TextDecoder",
    "CompressionStream", "DecompressionStream", "TextDecoderStream", "TextEncoderStream", "Crypto", "CryptoKey",
  ]; // prettier-ignore
  // Node's Request has a stray constant.
  const members = (name: string): string =>
    `return Object.entries(Object.getOwnPropertyDescriptors(${name}.prototype)).filter(([n]) => n !== "attribute").map(([n, d]) => [n, d.enumerable, d.configurable, "value" in d ? [d.writable, d.value?.length] : typeof d.set]).sort()`;
  await same([
    ...names.flatMap((name) => [`return [${name}.name, ${name}.length]`, members(name), `return ${name}()`]),
    `const keys = []; for (const key in new Response("x")) keys.push(key); return keys.sort()`,
  ]);
});

test("bodies are streams of bytes that a reader's own buffer can be filled from, and of text", async () => {
  const reading = (made: string): string =>
    `const r = (${made}).body.getReader({ mode: "byob" }); let n = 0; for (let x = await r.read(new Uint8Array(2)); !x.done; x = await r.read(new Uint8Array(2))) n += x.value.length; return n`;
  const text = (made: string): string => `let s = ""; for await (const x of (${made}).textStream()) s += x; return s`;
  await same([
    ...[`new Response("")`, `new Response("abc")`, `new Response(new Blob([]))`, `new Response((async function* () { yield "a"; yield ""; yield new Uint8Array([66]); })())`].map(reading),
    ...[`new Response("aé")`, `new Response(null)`, `new Blob(["aé", "b"])`].map(text),
    `const r = new Response("x"); await r.text(); return r.textStream()`, `const r = new Response("x"); r.textStream(); return [r.bodyUsed, r.body.locked]`,
    `const c = structuredClone(new ArrayBuffer(4, { maxByteLength: 8 })); return [c.resizable, c.maxByteLength, c.byteLength]`,
  ]);
}); // prettier-ignore
