// Texts of a result are replaced in place: beside a plain recursive copy, whatever the result looks like.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { createSlices } from "../../base/slices.ts";
import { replaceTexts } from "../../runtime/replace-texts.ts";
import type { Json } from "../../sandbox/index.ts";

const text = (input: string): string => input.replaceAll("a", "[x]");

function copy(value: Json, key: (name: string) => string): Json {
  if (typeof value === "string") return text(value);
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => copy(item, key));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [key(name), copy(item, key)])) as Json;
}

describe("texts of a result are replaced", () => {
  test("as a recursive copy would have them, with their fields' names and without", async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 4 }), fc.boolean(), async (json, renames) => {
        const value = JSON.parse(json) as Json;
        const key = renames ? text : (name: string) => name;
        const expected = JSON.stringify(copy(value, key));
        const replaced = await replaceTexts(value, renames ? { text, key } : { text }, createSlices());
        expect(JSON.stringify(replaced)).toBe(expected);
      }),
      { numRuns: 300, seed: 20261127 },
    );
  });

  test("also by work that takes a while, and in a field that is called __proto__", async () => {
    const value = JSON.parse('{"__proto__": {"b": "a", "a": ["a", 1, null]}, "c": "a"}') as Json;
    const later = async (input: string): Promise<string> => Promise.resolve(text(input));
    const replaced = await replaceTexts(value, { text: later, key: text }, createSlices());
    expect(JSON.stringify(replaced)).toBe('{"__proto__":{"b":"[x]","[x]":["[x]",1,null]},"c":"[x]"}');
  });
});
