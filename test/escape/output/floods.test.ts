import { expect } from "@jest/globals";
import type { Outcome } from "../../../runtime/index.ts";
import { describeAttacks } from "../harness.ts";

const bounded = ({ logs, logsDropped }: Outcome): void => {
  expect(logs.length).toBeLessThanOrEqual(1_000);
  expect(logs.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0)).toBeLessThanOrEqual(256 * 1024);
  expect(logsDropped).toBeGreaterThan(0);
};
const keepsError = (outcome: Outcome): void => {
  bounded(outcome);
  expect(outcome.logs.at(-1)).toMatchObject({ level: "error", message: "last words" });
};
const limits = { cpuMs: 6_000 };

describeAttacks("a flood of output", {
  "many lines": {
    source: "for (let i = 0; i < 1e5; i++) console.log('line', i); console.error('last words'); return 1;",
    ends: "returned",
    check: keepsError,
    limits,
  },
  "lines without end": {
    source: "for (;;) console.log('line');",
    ends: "timed_out CPU_LIMIT",
    check: bounded,
    limits: { logLines: 50 },
  },
  "huge lines": {
    source: "for (let i = 0; i < 100; i++) console.log('x'.repeat(1e6)); console.error('last words'); return 1;",
    ends: "returned",
    check: keepsError,
    limits,
  },
  "one line of many values": {
    source: "console.log(...Array(5e4).fill('x'.repeat(100))); return 1;",
    ends: ["returned", "threw ACTION_THREW"],
  },
  "errors only": {
    source: "for (let i = 0; i < 1e4; i++) console.error('x'.repeat(500)); return 1;",
    ends: "returned",
    check: bounded,
    limits,
  },
  "a value whose text loops": {
    source: "console.log({ toJSON() { for (;;); }, get x() { for (;;); }, toString() { for (;;); } }); for (;;);",
    ends: "timed_out CPU_LIMIT",
  },
  "a value that explodes": {
    source: "let v = ['x']; for (let i = 0; i < 60; i++) v = [v, v]; console.log(v); return 1;",
    ends: ["returned", "timed_out CPU_LIMIT", "out_of_memory OUT_OF_MEMORY"],
  },
  "a value that throws": {
    source: "console.log(new Proxy({}, { get() { throw 1; }, ownKeys() { throw 1; } })); return 1;",
    ends: "returned",
  },
});
