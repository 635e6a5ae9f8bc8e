import { afterAll, describe, test } from "@jest/globals";
import * as fc from "fast-check";
import { startBoth } from "./both.ts";

const both = startBoth();
afterAll(async () => both[Symbol.asyncDispose]());

const text = fc.string({ unit: "binary", maxLength: 12 });
const word = fc.oneof(
  fc.constantFrom(
    "a",
    "b",
    "é",
    "%41",
    "%zz",
    "..",
    ".",
    " ",
    "ß",

    "0x7f.1",
    "[::1]",
    ":",
    "//",
    "?",
    "#",
    "@",
    "+",
    "&",
    "=",
  ),
  text,
);
const url = fc
  .tuple(
    fc.constantFrom("https://", "http://", "ftp:", "data:", "file:///", "mailto:", "//", "", "custom://"),
    fc.array(word, { maxLength: 6 }),
  )
  .map(([scheme, words]) => scheme + words.join(""));
const SHOW = `const show = (u) => [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash, [...u.searchParams]];`;

describe("URL", () => {
  test("parses as Node does", () =>
    both.sameForAll(fc.tuple(url, fc.option(url)), `${SHOW}
      const [href, base] = input;
      return [URL.canParse(href, base ?? undefined), URL.parse(href, base ?? undefined)?.href ?? null, show(new URL(href, base ?? undefined))];`)); // prettier-ignore

  test("sets its parts as Node does", () =>
    both.sameForAll(
      fc.tuple(url, fc.array(fc.tuple(fc.constantFrom("href", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"), fc.oneof(url, word)), { maxLength: 4 })),
      `${SHOW}
      const u = new URL(input[0]); u.searchParams.get("a");
      for (const [part, value] of input[1]) { try { u[part] = value; } catch (error) { return [error.name, show(u)]; } }
      return show(u);`,
    )); // prettier-ignore

  test("keeps its search parameters in step both ways", () =>
    both.sameForAll(fc.array(fc.tuple(fc.constantFrom("append", "set", "delete", "sort", "search", "href"), word, word), { maxLength: 6 }), `${SHOW}
      const u = new URL("https://a.example/?a=1&b=2"); const p = u.searchParams;
      for (const [op, a, b] of input) {
        if (op === "search") u.search = a + "=" + b;
        else if (op === "href") { try { u.href = "https://c.example/?" + a; } catch {} }
        else p[op](a, b);
      }
      return [show(u), p === u.searchParams, p.size, p.toString()];`)); // prettier-ignore

  test("looks like Node's", () =>
    both.same(`
      const u = new URL("../b?c=d#e", "https://a.example/x/y");
      return [String(u), JSON.stringify({ u }), u instanceof URL, Object.prototype.toString.call(u), typeof URL, URL.length, URL.name,
        Object.keys(URL.prototype).sort().filter((k) => !k.includes("ObjectURL")),
        [() => new URL(), () => new URL("x"), () => URL("https://a"), () => { u.href = "x"; }].map((f) => { try { f(); } catch (e) { return [e.name, e.code]; } }).map((e) => e && e[0])];`)); // prettier-ignore
});

describe("URLSearchParams", () => {
  test("reads and writes as Node does", () =>
    both.sameForAll(fc.oneof(text, fc.array(word).map((words) => words.join("&"))), `
      const p = new URLSearchParams(input); return [[...p], p.toString(), p.size];`)); // prettier-ignore

  test("takes pairs, records and other parameters", () =>
    both.sameForAll(fc.oneof(fc.array(fc.tuple(text, text)), fc.dictionary(text, text), fc.array(fc.array(text))), `
      const p = new URLSearchParams(input); return [[...p], String(new URLSearchParams(p))];`)); // prettier-ignore

  test("does what each of its methods does", () =>
    both.sameForAll(fc.array(fc.tuple(fc.constantFrom("append", "set", "delete", "has", "get", "getAll", "sort"), word, fc.option(word)), { maxLength: 10 }), `
      const p = new URLSearchParams("a=1&b=2&a=3&é=4"); const out = [];
      for (const [op, a, b] of input) out.push(p[op](a, b ?? undefined) ?? null);
      p.forEach((value, name) => out.push([name, value]));
      return [out, [...p.keys()], [...p.values()], p.toString()];`)); // prettier-ignore
});
