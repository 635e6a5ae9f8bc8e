/** JSON in slices is JSON: what is read and written so is what `JSON.parse` and `JSON.stringify` make of it, and the event loop goes on meanwhile. */
import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseJson } from "../../base/large-json/read.ts";
import { sizeOf } from "../../base/large-json/size.ts";
import { takeOut } from "../../base/large-json/skim.ts";
import { sortedJson } from "../../base/large-json/sort.ts";
import { writeJson } from "../../base/large-json/write.ts";
import { createSlices } from "../../base/slices.ts";

/** What is short is read at once: white space at its end makes a text long. */
const LONG = " ".repeat(70_000);

const slices = createSlices();
const read = (text: string): Promise<unknown> => Promise.resolve().then(() => parseJson(text + LONG, slices));
const write = (value: unknown, sorted = false) => writeJson(value, { slices, sorted });

const odd = fc.constantFrom<unknown>("__proto__", "constructor", "0", "10", "4294967295", "-1", "", "\ud800", "\u2028", -0, Infinity, 1e21, 5e-324); // prettier-ignore
const key = fc.oneof(fc.string(), odd.map(String));
const json = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, fc.jsonValue({ maxDepth: 0 }), odd, fc.array(tie("value")), fc.dictionary(key, tie("value"))),
})).value; // prettier-ignore

describe("reading", () => {
  test("gives what JSON.parse gives, keys in their order, the last of two of one name", async () => {
    const twice = (text: string): string => text.replace(/^\{/, '{"a":1,"b":{},"a":[2],').replace(/,\}$/, "}");
    await fc.assert(
      fc.asyncProperty(json, fc.constantFrom(0, 1, "\t"), fc.boolean(), async (value, space, doubled) => {
        const text = doubled ? twice(JSON.stringify(value, null, space)) : JSON.stringify(value, null, space);
        const given = await read(text);
        expect(isDeepStrictEqual(given, JSON.parse(text))).toBe(true);
        expect(JSON.stringify(given)).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  test("refuses what JSON.parse refuses", async () => {
    const noise = fc.constantFrom("", ",", ":", '"', "\\", "{", "}", "[", "]", "-", "0", "e", ".", "tru", "nul", "\u0000", "\u00a0", "//", "'", "\\u12");
    await fc.assert(
      fc.asyncProperty(json, noise, fc.nat(), fc.nat(3), async (value, sign, place, gone) => {
        const text = JSON.stringify(value);
        const at = place % (text.length + 1);
        const broken = text.slice(0, at) + sign + text.slice(at + gone);
        const wanted = await Promise.resolve().then(() => ({ value: JSON.parse(broken + LONG) as unknown })).catch(() => null);
        const given = await read(broken).then((value) => ({ value }), (error: unknown) => (error instanceof SyntaxError ? null : error));
        expect(isDeepStrictEqual(given, wanted)).toBe(true);
      }),
    );
  }); // prettier-ignore

  test.each([
    ["texts of quotes", JSON.stringify('"'.repeat(200_000))],
    ["texts of backslashes", JSON.stringify("\\".repeat(200_000))],
    ["lists in lists", "[".repeat(100_000) + "]".repeat(100_000)],
    ["one long number", `${"1".repeat(100_000)}.5e-99999`],
  ])("takes %s", async (_name, text) => {
    const given = await read(text);
    if (text.startsWith("[")) expect(Array.isArray(given)).toBe(true);
    else expect(given).toStrictEqual(JSON.parse(text));
  });
});

describe("writing", () => {
  test("gives what JSON.stringify gives", async () => {
    await fc.assert(
      fc.asyncProperty(json, async (value) => {
        expect(await write(value)).toBe(JSON.stringify(value));
        expect(await write(JSON.parse(JSON.stringify(value)), true)).toBe(
          sortedJson(JSON.parse(JSON.stringify(value))),
        );
      }),
    );
  });

  class Own {
    own = 1;
    get given(): number {
      return 2;
    }
  }
  const shared = { a: [1] };
  const sparse = [1, , 3]; // oxlint-disable-line no-sparse-arrays -- what is written of it is the test
  test.each<readonly [string, unknown]>([
    ["what writes itself", { at: new Date(0), of: { toJSON: (name: string) => [name, () => 1] }, list: [{ toJSON: (at: string) => at }] }],
    ["what JSON leaves out", { a: undefined, b: () => 1, c: Symbol("c"), d: [undefined, () => 1, Symbol("d")] }],
    ["boxes", [Object(1), Object("x"), Object(true), Object(NaN), { a: Object("y") }]],
    ["numbers that are none", [NaN, Infinity, -Infinity, -0]],
    ["an object of a class, with a getter of its own and one of its class", Object.defineProperty(new Own(), "more", { get: () => [3], enumerable: true })],
    ["what has no prototype", Object.assign(Object.create(null) as object, { a: 1 })],
    ["a list with holes and a name", Object.assign(sparse, { name: "x" })],
    ["the same object twice", [shared, { shared }]],
    ["bytes, sets and maps", [new Uint8Array([1, 2]), new Set([1]), new Map([[1, 2]]), Buffer.from("ab")]],
    ["a proxy", new Proxy({ a: [1] }, {})],
    ["nothing", undefined],
  ])("takes %s as JSON.stringify does", async (_name, value) => {
    const text = JSON.stringify(value) as string | undefined;
    expect(await write(value)).toEqual(text ?? { wrong: "no_json" });
  }); // prettier-ignore

  test("refuses what holds itself, what throws, and what passes a bound", async () => {
    const ring: { self?: unknown } = {};
    ring.self = [{ ring }];
    const throws = { get a(): never { throw new Error("x"); } }; // prettier-ignore
    for (const value of [ring, throws, 1n, [1n]]) expect(await write(value)).toEqual({ wrong: "no_json" });
    let deep: unknown = [];
    for (let level = 1; level < 50; level++) deep = [deep];
    expect(await writeJson(deep, { slices, depth: 50 })).toBe(JSON.stringify(deep));
    expect(await writeJson(deep, { slices, depth: 49 })).toEqual({ wrong: "too_deep" });
    expect(await writeJson(["x".repeat(100)], { slices, chars: 104 })).toBe(`["${"x".repeat(100)}"]`);
    expect(await writeJson(["x".repeat(100)], { slices, chars: 103 })).toEqual({ wrong: "too_long" });
  });

  test("the keys of a large object come in the order that sorting them at once gives", async () => {
    const keys = Array.from({ length: 5_000 }, (_, at) => [
      (at * 7919) % 5_000,
      `k${(at * 104_729) % 5_000}`,
      `${at}é`,
    ]).flat();
    const large = Object.fromEntries(keys.map((name) => [name, 1]));
    expect(await write(large, true)).toBe(sortedJson(large));
  });
});

test("a size is never more than the JSON text has, and counted no further than asked", () => {
  fc.assert(
    fc.property(json, (value) => {
      const { values, chars } = sizeOf(value, { values: Infinity, chars: Infinity });
      const { length } = JSON.stringify(value);
      expect([chars <= length, values <= length]).toEqual([true, true]);
    }),
  );
  const many = Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => "x"));
  expect(sizeOf(many, { values: Infinity, chars: Infinity })).toEqual({ values: 10_100, chars: 10_000 });
  expect(sizeOf(many, { values: 150, chars: Infinity }).values).toBeLessThan(350);
  expect(sizeOf("x".repeat(50), { values: 1, chars: 1 })).toEqual({ values: 0, chars: 50 });
});

test("a member is taken out of the text of an object, wherever and whatever it is", async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), json), json, fc.boolean(), async (rest, args, isFirst) => {
      const text = JSON.stringify(isFirst ? { args, ...rest } : { ...rest, args });
      const object = JSON.parse(text) as Record<string, unknown>;
      const isLeft = typeof object["args"] === "object" && object["args"] !== null && !Array.isArray(object["args"]);
      const { rest: left, member } = await takeOut(text, "args", slices);
      expect(JSON.parse(left)).toEqual(isLeft ? { ...object, args: {} } : object);
      expect(member).toBe(isLeft ? JSON.stringify(object["args"]) : null);
    }),
  );
  const within = '{"a":{"args":{"b":1}},"c\\"args":[{}],"args":{"d":"}\\\\"}}';
  const member = '{"d":"}\\\\"}';
  expect(await takeOut(within, "args", slices)).toEqual({ rest: within.replace(member, "{}"), member });
  for (const none of ["{}", "[]", '"args"', "null", '{"args":1}', '{"args":[{}]}'])
    expect(await takeOut(none, "args", slices)).toEqual({ rest: none, member: null });
});
