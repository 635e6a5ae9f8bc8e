import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { findJsonMistake } from "../../author/json-position.ts";

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe("where JSON text stops being JSON", () => {
  test.each([
    ["", 1, 1, "a value"],
    ['{"a": 1,}', 1, 9, "a key in double quotes"],
    ["{a: 1}", 1, 2, 'a key in double quotes or "}"'],
    ['{"a" 1}', 1, 6, '":"'],
    ['{"a": 1\n "b": 2}', 2, 2, '"," or "}"'],
    ["[1, 2", 1, 6, '"," or "]"'],
    ["[1,\n\n  oops]", 3, 3, "a value"],
    ["[[1]]]", 1, 6, "nothing after the value"],
    ['"never closed', 1, 1, "a value"],
    ["[01]", 1, 3, '"," or "]"'],
  ])("%j stops at line %d, column %d: expected %s", (text, line, column, expected) => {
    expect(isJson(text)).toBe(false);
    expect(findJsonMistake(text)).toEqual({ line, column, expected });
  });

  test("finds none in what JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1, 2), (value, indent) => {
        expect(findJsonMistake(JSON.stringify(value, null, indent))).toBeNull();
      }),
    );
  });

  test("agrees with JSON.parse on text that was cut, and on text of JSON's own characters", () => {
    const cut = fc
      .tuple(fc.jsonValue(), fc.nat(), fc.nat(3), fc.constantFrom("", ",", "}", "]", '"', "0", "\\"))
      .map(([value, at, removed, added]) => {
        const text = JSON.stringify(value);
        const start = at % (text.length + 1);
        return text.slice(0, start) + added + text.slice(start + removed);
      });
    const noise = fc
      .array(
        fc.constantFrom(
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          '"a"',
          '"\\u00e9"',
          "1",
          "-0",
          "1e3",
          "1.",
          "true",
          "nul",
          " ",
          "\n",
        ),
      )
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(cut, noise), (text) => {
        expect(findJsonMistake(text) === null).toBe(isJson(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test("reads a string of megabytes and a thousand levels without filling the stack", () => {
    expect(findJsonMistake(JSON.stringify("\\x".repeat(2_000_000)))).toBeNull();
    expect(findJsonMistake("[".repeat(100_000) + "]".repeat(100_000))).toBeNull();
  });
});
