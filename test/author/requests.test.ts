/** What an action sent, held against what a scenario says must have been sent, and matchers for values that are not known exactly. */
import { afterAll, describe, expect, test } from "@jest/globals";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadScenarios } from "../../author/scenarios/load.ts";
import { holds, matcherMistake } from "../../author/scenarios/match.ts";
import { ScenarioRunner } from "../../author/scenarios/runner.ts";
import { judge } from "../../author/scenarios/verdict.ts";
import type { Json } from "../../sandbox/index.ts";
import { tempFolder } from "../cli/baton.ts";

const ACTION = `export async function execute_action({ args }) {
  const send = (path, init) => fetch("https://api.shop.example" + path, init);
  const headers = { Authorization: "Bearer " + secrets.SHOP_TOKEN, "Content-Type": "application/json" };
  for (const item of args.items) {
    await send("/orders/1/items", { method: "POST", headers, body: JSON.stringify({ item, at: Date.now(), by: { name: "bot", id: 7 } }) });
  }
  await send("/orders/1?full=yes");
  return { id: "ord_" + args.items.length, lines: args.items.map((item) => ({ item, price: 1 })), total: 2 };
}`;
const CONFIG = JSON.stringify({ secrets: { SHOP_TOKEN: { hosts: ["api.shop.example"] } } });
const http = [{ url: "https://api.shop.example/*", json: {} }];
const post = { method: "post", url: "https://api.shop.example/orders/*/items" };
const get = { method: "GET", url: "https://api.shop.example/orders/1?full=yes" };

const folder = tempFolder({ "a.js": ACTION, "baton.config.json": CONFIG });
const runner = new ScenarioRunner();
afterAll(async () => {
  await runner.close();
  folder[Symbol.dispose]();
});

async function failuresOf(expected: object, items: readonly string[] = ["a", "b"]) {
  const file = join(folder.path, "a.scenario.json");
  writeFileSync(file, JSON.stringify({ args: { items }, http, expect: expected }));
  const [scenario] = await loadScenarios(file);
  return (await judge(runner, scenario!, new Map(), { update: false, ci: true })).failures;
}

describe("expect.requests", () => {
  test.each<[string, object]>([
    ["methods, URLs, order and times", { requests: [{ ...post, times: 2 }, get] }],
    [
      "headers in any case, without a secret's value",
      {
        requests: {
          $contains: [
            {
              ...post,
              headers: { authorization: "Bearer [secret SHOP_TOKEN]", "CONTENT-TYPE": { $contains: "json" } },
            },
          ],
        },
      },
    ],
    [
      "bodies that are written as what the text says",
      {
        requests: [
          { body: { item: "a", at: "$any", by: { name: "bot", id: 7 } } },
          { body: { $partial: { by: { id: 7 } } } },
          { body: "" },
        ],
      },
    ],
    [
      "bodies, with matchers",
      {
        requests: [
          { json: { item: "a", at: "$any", by: { $partial: { name: "bot" } } } },
          { json: { $partial: { item: { $regex: "^b$" } } } },
          { url: { $regex: "full=yes$" }, body: "" },
        ],
      },
    ],
    ["headers that must not be there", { requests: { $contains: [{ ...get, headers: { authorization: null } }] } }],
    [
      "that something was never sent",
      {
        requests: {
          $contains: [
            { method: "DELETE", times: 0 },
            { ...post, times: 2 },
          ],
        },
      },
    ],
  ])("takes %s", async (_, expected) => {
    expect(await failuresOf(expected)).toEqual([]);
  });

  test.each<[string, object, string[]]>([
    ["one too few", { requests: [post, get] }, ["requests"]],
    [
      "another order",
      { requests: [get, { ...post, times: 2 }] },
      ["requests.0.method", "requests.0.url", "requests.2.method", "requests.2.url"],
    ],
    ["another body as an object", { requests: [{ body: { item: "a" } }, {}, {}] }, ["requests.0.body"]],
    ["another body", { requests: [{ json: { $partial: { item: "z" } } }, {}, {}] }, ["requests.0.json"]],
    [
      "another header",
      { requests: [{ headers: { Authorization: "Bearer x", Missing: "y" } }, {}, {}] },
      ["requests.0.headers.Authorization", "requests.0.headers.Missing"],
    ],
    [
      "a header that must not be there",
      { requests: [{ headers: { authorization: null } }, {}, {}] },
      ["requests.0.headers.authorization"],
    ],
    ["another number of times", { requests: { $contains: [{ ...post, times: 3 }] } }, ["requests.$contains.0"]],
    ["what was not sent", { requests: { $contains: [{ method: "DELETE" }] } }, ["requests.$contains.0"]],
    ["anything at all", { requests: [] }, ["requests"]],
  ])("tells %s", async (_, expected, paths) => {
    expect((await failuresOf(expected)).map(({ path }) => path)).toEqual(paths);
  });
});

describe("expect.returnValue", () => {
  const lines = [
    { item: "a", price: 1 },
    { item: "b", price: 1 },
  ];
  test.each<[object, boolean]>([
    [{ id: "ord_2", lines, total: 2 }, true],
    [{ id: "ord_2" }, false],
    [{ $partial: { id: "ord_2" } }, true],
    [{ $partial: { id: "ord_3" } }, false],
    [{ $partial: { missing: "$any" } }, false],
    [{ id: { $regex: "^ord_\\d+$" }, lines: { $contains: [{ item: "b" }] }, total: { $any: "number" } }, true],
    [{ id: { $any: "number" }, lines: "$any", total: 2 }, false],
    [{ $contains: { total: 2 } }, true],
    [{ $exact: { id: "ord_2" } }, false],
  ])("%j holds: %s", async (returnValue, isFine) => {
    expect((await failuresOf({ returnValue })).length === 0).toBe(isFine);
  });
});

describe("a matcher", () => {
  test.each<[Json, Json, boolean]>([
    [{ $contains: "b" }, "abc", true],
    [{ $contains: ["a", "c"] }, "abc", true],
    [{ $contains: ["a", "d"] }, "abc", false],
    [{ $contains: 2 }, [1, 2, 3], true],
    [{ $contains: { a: 1 } }, [{ a: 1, b: 2 }], true],
    [{ $contains: { a: { $any: "string" } } }, [{ a: 1 }], false],
    [{ $regex: "^A", $flags: "i" }, "abc", true],
    [{ $regex: "^1" }, 1, false],
    [{ $any: true }, null, true],
    [{ $any: "null" }, null, true],
    [{ $any: "array" }, {}, false],
    [{ $exact: { $any: true } }, { $any: true }, true],
    [{ $exact: { $any: true } }, 1, false],
    [{ $partial: { a: [{ b: 1 }] } }, { a: [{ b: 1, c: 2 }], d: 3 }, true],
    [{ $partial: { a: [{ b: 1 }] } }, { a: [{ b: 1 }, { b: 1 }] }, false],
    [["$any", 2], [1, 2], true],
    [{ __proto__: { x: 1 } } as unknown as Json, {}, true],
  ])("%j of %j: %s", (expected, actual, isFine) => {
    expect(holds(expected, actual)).toBe(isFine);
  });

  test("that is misspelt or cannot be read is a mistake with its place", () => {
    expect(matcherMistake({ a: [{ $contain: "x" }] })).toMatchObject({
      path: ["a", 0],
      message: expect.stringContaining("$contains"),
    });
    expect(matcherMistake({ $regex: "(" })).toMatchObject({ message: expect.stringContaining("$regex") });
    expect(matcherMistake({ $any: "text" })).toMatchObject({ message: expect.stringContaining("string") });
    expect(matcherMistake({ $exact: { $contain: "x" } })).toBeNull();
    expect(matcherMistake({ $match: 1, $limit: 2 })).toBeNull();
  });
});
