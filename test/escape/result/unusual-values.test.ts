import { expect } from "@jest/globals";
import type { Outcome } from "../../../runtime/index.ts";
import { describeAttacks } from "../harness.ts";

const gives =
  (value: unknown) =>
  (outcome: Outcome): void =>
    expect(outcome.returnValue).toEqual(value);
const notJson = "threw RESULT_NOT_JSON";

describeAttacks("a result that JSON carries in its own way, or not at all", {
  "a BigInt": { source: "return 1n;", ends: notJson },
  "a BigInt deep inside": { source: "return { a: [{ b: 1n }] };", ends: notJson },
  "a circle": { source: "const a = {}; a.a = a; return a;", ends: notJson },
  "a symbol": { source: "return Symbol('x');", ends: "returned", check: gives(null) },
  "a function": { source: "return () => 1;", ends: "returned", check: gives(null) },
  nothing: { source: "return;", ends: "returned", check: gives(null) },
  "numbers that JSON has not": {
    source: "return [NaN, Infinity, -0, undefined];",
    ends: "returned",
    check: gives([null, null, 0, null]),
  },
  "a Date, a Map, an instance of a class": {
    source:
      "class Point { #z = 3; x = 1; get y() { return 2; } } return [new Date(0), new Map([[1, 2]]), new Point(), new Error('x'), /x/];",
    ends: "returned",
    check: gives(["1970-01-01T00:00:00.000Z", {}, { x: 1 }, {}, {}]),
  },
  "an invalid Date": { source: "return [new Date(NaN)];", ends: "returned", check: gives([null]) },
  "a member named __proto__": {
    source: 'return JSON.parse(\'{"__proto__":{"evil":1},"constructor":{"prototype":{"evil":1}}}\');',
    ends: "returned",
    check: ({ returnValue }) => {
      expect(Object.keys(returnValue as object)).toEqual(["__proto__", "constructor"]);
      expect(({} as { evil?: number }).evil).toBeUndefined();
    },
  },
  "lone surrogates": {
    source: "return ['\\ud800', '\\udc00x', { '\\udfff': 1 }];",
    ends: "returned",
    check: gives(["\ud800", "\udc00x", { "\udfff": 1 }]),
  },
  "a getter that throws": { source: "return { get x() { throw new Error('x'); } };", ends: notJson },
  "a revoked proxy": {
    source: "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy;",
    ends: ["threw ACTION_THREW", notJson],
  },
  "a proxy with made-up keys": {
    source:
      "return new Proxy({}, { ownKeys: () => ['a', 'b'], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }), get: (t, k) => k === 'then' || k === 'toJSON' ? undefined : 2 });",
    ends: "returned",
    check: gives({ a: 2, b: 2 }),
  },
  "text that looks like the end of a frame": {
    source: 'return \'\\u0000\\u0000\\u0000\\u0010"}\\n{"type":"ended"\';',
    ends: "returned",
  },
  "a boxed text with a toString": {
    source: "const s = new String('x'); s.toString = () => 'evil'; return s;",
    ends: "returned",
  },
  "raw JSON": { source: "return [JSON.rawJSON('1e40'), JSON.rawJSON('\"x\"')];", ends: "returned" },
  "raw JSON of a number that JSON loses": {
    source: "return [JSON.rawJSON('1e400')];",
    ends: "threw RESULT_NOT_JSON",
  },
});
