import { describeAttacks } from "../harness.ts";

const ends = "timed_out CPU_LIMIT";

describeAttacks("microtasks that never run out", {
  "awaiting forever": { source: "export async function execute_action() { for (;;) await null; }", ends },
  "a chain of promises": {
    source: "const next = () => Promise.resolve().then(next); next(); return new Promise(() => {});",
    ends: [ends, "out_of_memory OUT_OF_MEMORY"],
  },
  "left behind by a run that returns": {
    source: "const next = () => Promise.resolve().then(next); next(); return 1;",
    ends: ["returned", ends],
  },
  "an async generator": {
    source:
      "export async function execute_action() { async function* all() { for (;;) yield 1; } for await (const one of all()); }",
    ends,
  },
  "Array.fromAsync of an endless source": {
    source:
      "export function execute_action() { return Array.fromAsync({ async *[Symbol.asyncIterator]() { for (;;) yield; } }); }",
    ends: [ends, "out_of_memory OUT_OF_MEMORY"],
  },
  "loop after an await": { source: "export async function execute_action() { await 1; for (;;); }", ends },
});
