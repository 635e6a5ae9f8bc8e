import { afterAll, describe, test } from "@jest/globals";
import * as fc from "fast-check";
import { startBoth } from "./both.ts";

const both = startBoth();
afterAll(async () => both[Symbol.asyncDispose]());

const text = fc.string({ unit: "binary", maxLength: 10 });
const name = fc.oneof(
  fc.constantFrom("a", "B", "set-cookie", "Content-Type", "x-y", "cookie", "bad name", "é", ""),
  text,
);
const value = fc.oneof(fc.constantFrom("1", " two ", "a,b", "\t", "x\r\ny", "\u0000", "é", "日本"), text);

describe("Headers", () => {
  test("are Node's, whatever is done to them", () =>
    both.sameForAll(fc.array(fc.tuple(fc.constantFrom("append", "set", "delete", "get", "has"), name, value), { maxLength: 10 }), `
      const h = new Headers(); const out = [];
      for (const [op, n, v] of input) { try { out.push(op === "append" || op === "set" ? h[op](n, v) ?? null : h[op](n) ?? null); } catch (e) { out.push(e.name); } }
      h.forEach((v, n) => out.push(n + v));
      return [out, [...h], [...h.keys()], [...h.values()], h.getSetCookie(), String(h), [...new Headers(h)]];`)); // prettier-ignore

  test("are made of pairs and records as Node's are", () =>
    both.sameForAll(fc.oneof(fc.array(fc.tuple(name, value), { maxLength: 4 }), fc.dictionary(name, value), fc.array(fc.array(value)), fc.constant(null), fc.constant(5)), `
      return [...new Headers(input)];`)); // prettier-ignore
});

const bodySource = `const bodyOf = ([kind, a, b]) => kind === "text" ? a : kind === "bytes" ? new TextEncoder().encode(a) : kind === "buffer" ? new TextEncoder().encode(a).buffer
  : kind === "blob" ? new Blob([a], { type: b }) : kind === "params" ? new URLSearchParams([[a, b]]) : kind === "form" ? (() => { const f = new FormData(); f.append(a, b); f.append("file", new Blob([b], { type: "x/y" }), "n\\"é.txt"); return f; })()
  : kind === "stream" ? new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode(a)); c.enqueue(new TextEncoder().encode(b)); c.close(); } }) : kind === "none" ? null : undefined;
  const hide = (s) => String(s).replace(/----formdata-[\\w-]+/g, "BOUNDARY");
  const attempt = async (f) => { try { return await f(); } catch (e) { return [e.name]; } };`; // prettier-ignore
const body = fc.tuple(
  fc.constantFrom("text", "bytes", "buffer", "blob", "params", "form", "stream", "none", "missing"),
  text,
  text,
);

describe("Response", () => {
  test("is Node's for every kind of body and way to read it", () =>
    both.sameForAll(fc.tuple(body, fc.constantFrom(200, 201, 204, 299, 404, 599, 600, 100), fc.constantFrom("text", "json", "arrayBuffer", "bytes", "blob", "formData", "body"), fc.option(fc.constantFrom("text/html", "application/json", "multipart/form-data"))), `${bodySource}
      const [b, status, how, type] = input; const body = bodyOf(b);
      const r = new Response(body, { status, statusText: "fine", ...(type ? { headers: { "content-type": type } } : {}) });
      const read = async (x) => {
        if (how === "body") { const out = []; if (x.body) for await (const c of x.body) out.push(...c); return hide(new TextDecoder().decode(new Uint8Array(out))); }
        const v = await x[how]();
        if (v instanceof Blob) return [v.size > 0, hide(v.type).toLowerCase(), hide(await v.text())];
        if (v instanceof FormData) return Promise.all([...v].map(async ([n, f]) => [n, typeof f === "string" ? f : [f.name, f.type, await f.text()]]));
        return v instanceof ArrayBuffer || ArrayBuffer.isView(v) ? hide(new TextDecoder().decode(v)) : hide(JSON.stringify(v) ?? v);
      };
      const head = [r.status, r.ok, r.statusText, r.type, r.url, r.redirected, [...r.headers].map(hide), r.bodyUsed, r.body === null, String(r)];
      const c = await attempt(() => r.clone()); const first = await attempt(() => read(r)); const second = await attempt(() => read(r));
      return [head, first, r.bodyUsed, second, await attempt(() => read(c)), await attempt(() => r.clone().status)];`, 400)); // prettier-ignore

  test("reads multipart forms that it wrote", () =>
    both.sameForAll(fc.array(fc.tuple(fc.oneof(text, fc.constantFrom('a"b', "a\r\nb", "é")), text, fc.boolean()), { maxLength: 4 }), `
      const f = new FormData(); for (const [n, v, file] of input) file ? f.append(n, new Blob([v], { type: "a/b" }), n + ".txt") : f.append(n, v);
      const back = await new Response(f).formData();
      return Promise.all([...back].map(async ([n, v]) => [n, typeof v === "string" ? v : [v.name, v.type, await v.text()]]));`)); // prettier-ignore

  test("has Node's static makers", () =>
    both.same(`
      const r = Response.json({ a: 1 }, { status: 201, headers: { x: "y" } }); const d = Response.redirect("https://a.example/é", 307); const e = Response.error();
      const bad = [() => Response.json(undefined), () => Response.redirect("x"), () => Response.redirect("https://a.example", 200), () => new Response("x", { status: 204 }), () => new Response("", { statusText: "\\n" }), () => d.headers.set("a", "b")].map((f) => { try { f(); return "no"; } catch (x) { return x.name; } });
      return [await r.json(), r.status, [...r.headers], [...d.headers], d.status, e.type, e.status, bad];`)); // prettier-ignore
});

describe("Request", () => {
  test("is Node's for every option", () =>
    both.sameForAll(fc.tuple(fc.constantFrom("https://a.example/x?y#z", "http://é.example", "nonsense", "https://u:p@a.example"), fc.option(fc.constantFrom("get", "POST", "patch", "Delete", "TRACE", "b@d", "custom")), body, fc.option(fc.constantFrom("follow", "error", "manual", "other")), fc.boolean()), `${bodySource}
      const [url, method, b, redirect, half] = input; const body = bodyOf(b);
      const r = new Request(url, { ...(method ? { method } : {}), ...(body === undefined ? {} : { body }), ...(redirect ? { redirect } : {}), ...(half ? { duplex: "half" } : {}), headers: { a: "b" } });
      const copy = r.clone(); const next = new Request(r, { headers: { c: "d" } });
      return [r.url, r.method, r.redirect, [...r.headers].map(hide), r.signal.aborted, r.bodyUsed, r.body === null, [...next.headers].length, next.method, hide(await copy.text()), hide(await next.text()), String(r), r.duplex, r.mode];`, 400)); // prettier-ignore
});
