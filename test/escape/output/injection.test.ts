import { expect, test } from "@jest/globals";
import { createRuntime } from "../../../runtime/index.ts";
import { SILENT, chat, describeAttacks, toModule } from "../harness.ts";

const NASTY = "first\\nsecond\\r{'level':50}\\u001b[2J\\u001b]0;title\\u0007\\u2028\\u202e\\ud800";

/** Control characters but the line break, line separators, and marks that turn the direction of text. */
const OBEYED = /[^\P{Cc}\n]|\u2028|\u202e/u;

describeAttacks("text that a terminal or a log would obey", {
  "in a log line: one entry, whatever it holds": {
    source: `console.log("${NASTY}"); return 1;`,
    ends: "returned",
    check: ({ logs }) => expect(logs).toHaveLength(1),
  },
  "in an error: its stack and frame hold no control characters": {
    source: `function f() { throw new Error("${NASTY}"); } f();`,
    ends: "threw ACTION_THREW",
    check: ({ error }) => expect(`${error!.stack}${error!.frame}`).not.toMatch(OBEYED),
  },
  "in the name of a function": {
    source: `const f = { ["${NASTY}"]() { throw new Error("x"); } }["${NASTY}"]; f();`,
    ends: "threw ACTION_THREW",
    check: ({ error }) => expect(error!.stack).not.toMatch(OBEYED),
  },
  "a made-up stack names no file of the host": {
    source:
      "const e = new Error('x'); e.stack = 'Error: x\\n    at evil (/etc/passwd:1:1)\\n    at evil (file:///root/secret.ts:1:1)\\n    at f (baton:action:1:1)'; throw e;",
    ends: "threw ACTION_THREW",
    check: ({ error }) => expect(error!.stack).not.toMatch(/passwd|secret/),
  },
});

test("nothing that an action writes, throws or returns reaches the host's log", async () => {
  const lines: string[] = [];
  const keep = (...values: unknown[]): void => void lines.push(JSON.stringify(values));
  await using runtime = await createRuntime({
    logger: { ...SILENT, debug: keep, info: keep, warn: keep, error: keep },
  });
  const source = toModule(
    "console.error('SECRET'); hand_off_conversation({}, 'SECRET'); throw new Error('SECRET ' + context.args.s);",
  );
  await runtime.execute({ action: { source, filename: "x.ts" }, context: chat({ args: { s: "SECRET" } }) });
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.join("\n")).not.toContain("SECRET");
});
