/**
 * Every regular expression of the host is tried on long texts that make slow ones slow: the text of actions, servers and packages reaches them.
 * A pattern that goes back over what it has read takes thousands of times longer here than one that does not.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";

const ROOMS = ["base", "storage", "host-api", "sandbox", "web/worker", "languages", "runtime", "delivery", "author", "service", "playground", "cli"]; // prettier-ignore
/** Runs inside the isolate, on the action's own time. */
const IN_THE_GUEST = /\/guest\/|\/prelude\//;
/**
 * Made at run time: of a run's nonce, of a scenario's URL, of a width. What goes in is escaped, or is the host's own.
 * A new one is added here by hand, after a look at what it is applied to.
 */
const MADE_AT_RUN_TIME = 12;

const LENGTH = 20_000;
/** Milliseconds of a processor. A pattern that reads its text once takes a tenth of one; a quadratic one some hundred. */
const SLOW_MS = 60;

function sources(): string[] {
  const root = new URL("../../", import.meta.url).pathname;
  return ROOMS.flatMap((room) => {
    const names = (() => {
      try {
        return readdirSync(join(root, room), { recursive: true, encoding: "utf8" });
      } catch {
        return [];
      }
    })();
    return names.map((name) => join(root, room, name));
  }).filter((path) => /(?<!\.d)\.tsx?$/.test(path) && !IN_THE_GUEST.test(path));
}

/** Literals, where an expression may begin; a division never follows one of these. */
const LITERAL = /(?:[=(,:?!&|[{;]|return|=>)\s*\/((?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuvy]*)/g;

function patternsOf(text: string): RegExp[] {
  const code = text.replaceAll(/^\s*(?:\/\/|\*|\/\*).*$/gm, "");
  return [...code.matchAll(LITERAL)].flatMap(([, body = "", flags = ""]) => {
    try {
      return [new RegExp(body, flags)];
    } catch {
      return [];
    }
  });
}

/** Of three tries at most: the first may pay for what only it has, such as compiling the pattern or collecting garbage. */
function leastMs(pattern: RegExp, text: string): number {
  let least = Infinity;
  for (let tries = 3; tries > 0 && least > SLOW_MS; tries--) {
    const before = process.threadCpuUsage();
    pattern.lastIndex = 0;
    pattern.exec(text);
    const { user, system } = process.threadCpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}

function slowestMs(pattern: RegExp): number {
  const words = [...new Set(pattern.source.match(/[A-Za-z]{2,}|[(] ?[a-z]+/g) ?? [])].slice(0, 6);
  const signs = [" ", "\n", "\t", "a", "Z", "0", "-", ".", "/", "\\", "(", "[", "<", '"', "%20", "+", "=", "é", "_", "@", ":", ",", "#", "* ", "../", "a."]; // prettier-ignore
  let slowest = 0;
  for (const pump of [...signs, ...words.map((word) => `${word} `), ...words]) {
    for (const start of ["", ...words.map((word) => `${word} `)]) {
      const text = `${start}${pump.repeat(Math.ceil(LENGTH / pump.length))}\u0001\n!`;
      slowest = Math.max(slowest, leastMs(pattern, text));
      if (slowest > SLOW_MS) return slowest;
    }
  }
  return slowest;
}

const found = sources().map((path) => [path, readFileSync(path, "utf8")] as const);

describe("a pattern of the host", () => {
  test("takes a time that grows as its text does", () => {
    const slow = found.flatMap(([path, text]) =>
      patternsOf(text).flatMap((pattern) => (slowestMs(pattern) > SLOW_MS ? [`${path}: ${String(pattern)}`] : [])),
    );
    expect(slow).toEqual([]);
  });

  test("would be found out if it did not, as the search for an entry point once was", () => {
    expect(slowestMs(/\b(?:export\s+)?(?:async\s+)?function\s*\*?\s*execute_action\b/)).toBeGreaterThan(SLOW_MS);
    expect(patternsOf("const a = /a[/]b/g;\nreturn /c+/;")).toEqual([/a[/]b/g, /c+/]);
    expect(found.flatMap(([, text]) => patternsOf(text)).length).toBeGreaterThan(100);
  });

  test("is a literal, but for those that are known", () => {
    const made = found.flatMap(([path, text]) => Array.from(text.matchAll(/new RegExp\(/g), () => path));
    expect(made.length).toBeLessThanOrEqual(MADE_AT_RUN_TIME);
  });
});
