import { afterAll, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { startBoth } from "./both.ts";

const both = startBoth();
afterAll(async () => both[Symbol.asyncDispose]());

const piece = fc.constantFrom(
  "orders",
  ":id",
  ":name+",
  ":rest*",
  ":x?",
  "*",
  "(\\d+)",
  ":n(\\d+)",
  "{items}?",
  "{/:y}?",
  "a.b",
  "é",
  "%20",
);
const path = fc.array(piece, { minLength: 1, maxLength: 4 }).map((all) => `/${all.join("/")}`);
const asked = fc
  .array(fc.constantFrom("orders", "17", "x", "items", "a.b", "é", "a b", "y"), { maxLength: 5 })
  .map((all) => `/${all.join("/")}`);
const SHOW = `
  const groups = (part) => part && [part.input, Object.entries(part.groups).map(([k, v]) => [k, v ?? null]).sort()];
  const show = (m) => m && ["protocol", "hostname", "port", "pathname", "search", "hash"].map((k) => groups(m[k]));`;

describe("URLPattern", () => {
  test("matches paths as Node's does", () =>
    both.sameForAll(fc.tuple(path, asked, fc.constantFrom("", "?a=1", "#h")), `${SHOW}
      const p = new URLPattern({ pathname: input[0] });
      return [p.test({ pathname: input[1] }), p.test("https://a.example" + input[1] + input[2]), show(p.exec("https://a.example" + input[1] + input[2]))];`)); // prettier-ignore

  test("matches whole addresses as Node's does", () =>
    both.sameForAll(
      fc.tuple(fc.constantFrom("https://*.example/*", "http{s}?://:host.example/:path*", "https://a.example:8443/x", "/orders/:id", "https://(a|b).example/*\\?q=:q", ":", "https://a.example/("), fc.option(fc.constantFrom("https://a.example", "https://b.example/x/")), fc.constantFrom("https://a.example/", "https://b.example/x?q=1", "http://c.example/y/z", "https://a.example:8443/x", "https://a.example/orders/5", "nonsense")),
      `${SHOW} const p = input[1] === null ? new URLPattern(input[0]) : new URLPattern(input[0], input[1]); return [p.test(input[2]), show(p.exec(input[2])), p.pathname, p.hostname, p.protocol];`,
    )); // prettier-ignore

  test("an expression that never ends is the run's own time", async () => {
    const { end } = await both.complete(
      `return new URLPattern({ pathname: "/((?:a+)+)b" }).test({ pathname: "/" + "a".repeat(60) });`,
      null,
      { limits: { cpuMs: 300, wallMs: 10_000 } },
    );
    expect(end).toMatchObject({ type: "timed_out", limit: "cpu" });
  });
});

describe("what tells a library where it runs", () => {
  test("is a name of ours, in the place where every server has one", async () => {
    expect(
      await both.inGuest(`return [navigator.userAgent, String(navigator), (() => { try { new Navigator(); } catch (e) { return e.name; } })(), Object.keys(navigator)];`),
    ).toEqual(["baton-runtime", "[object Navigator]", "TypeError", []]); // prettier-ignore
  });

  test("reportError writes a line and lets the run go on", async () => {
    const { logs, end } = await both.complete(
      `reportError(new RangeError("seen")); reportError("text"); try { reportError(); } catch (e) { return e.name; }`,
    );
    expect(end).toEqual({ type: "returned", value: "TypeError" });
    expect(logs.map(({ level, message }) => [level, message.split("\n")[0]])).toEqual([
      ["error", "Uncaught RangeError: seen"],
      ["error", "Uncaught text"],
    ]);
  });
});
