import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { nearest } from "../../base/suggest.ts";
import { visible, visibleJson, visibleLine, wrap } from "../../author/text.ts";

describe("text that an action wrote", () => {
  test("a terminal's escapes, C1 controls, direction marks and lone surrogates are shown, not obeyed", () => {
    expect(visible("a\u001b[2Jb\u009b31m\r\u0007\u202ec\ud800\u2028\u200b")).toBe(
      "a\\x1b[2Jb\\x9b31m\\x0d\\x07\\u202ec\\ud800\\u2028\\u200b",
    );
  });

  test("line breaks and tabs stay, unless it has to be one line", () => {
    expect(visible("a\n\tb")).toBe("a\n\tb");
    expect(visibleLine("a\n\tb")).toBe("a\\n\\tb");
  });

  test("letters of every script and emoji stay as they are", () => {
    expect(visible("Grüße 你好 👋🏽 مرحبا")).toBe("Grüße 你好 👋🏽 مرحبا");
  });

  test("JSON made harmless is the same JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: "binary" }), (value, text) => {
        const json = JSON.stringify([value, text]);
        const shown = visibleJson(json);
        expect(JSON.parse(shown)).toEqual(JSON.parse(json));
        expect(visible(shown)).toBe(shown);
      }),
    );
  });

  test("wrapped lines fit, and nothing but spaces and line breaks changes", () => {
    const words = fc
      .array(fc.string({ unit: fc.constantFrom("a", "b", "ä", "ß", "-", "."), maxLength: 60 }))
      .map((all) => all.join(" "));
    fc.assert(
      fc.property(words, fc.integer({ min: 24, max: 100 }), (text, columns) => {
        const wrapped = wrap(text, columns, "  ", "  ");
        for (const line of wrapped.split("\n")) expect(line.trimEnd().length).toBeLessThanOrEqual(columns);
        expect(wrapped.replaceAll(/[ \n]/g, "")).toBe(text.replaceAll(" ", ""));
      }),
    );
  });

  test("wide characters count as two columns", () => {
    expect(wrap("你好你好你好 你好", 12)).toBe("你好你好你好\n你好");
  });
});

describe("did you mean", () => {
  test.each([
    ["contxt", "context"],
    ["jsno", "json"],
    ["env-fil", "env-file"],
    ["environement", "environment"],
  ])("%s is near %s", (typed, meant) => {
    expect(nearest(typed, ["context", "environment", "json", "env-file", "seed"])).toBe(meant);
  });

  test("a word that is like none of them gets no suggestion", () => {
    expect(nearest("frobnicate", ["context", "json"])).toBeNull();
  });
});
