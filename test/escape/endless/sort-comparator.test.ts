import { describeAttacks } from "../harness.ts";

const ends = "timed_out CPU_LIMIT";

describeAttacks("a callback that never comes back", {
  "a comparator": { source: "[3, 2, 1].sort(() => { for (;;); });", ends },
  "a comparator of a typed array": { source: "new Uint8Array(9).sort(() => { for (;;); });", ends },
  "a comparator that lies, over much": {
    source: "const a = Array.from({ length: 1e6 }, Math.random); for (;;) a.sort(() => Math.random() - 0.5);",
    ends,
  },
  "a reviver": { source: "JSON.parse('[1]', () => { for (;;); });", ends },
  valueOf: { source: "return +{ valueOf() { for (;;); } };", ends },
  "a trap of a proxy": { source: "return 'x' in new Proxy({}, { has() { for (;;); } });", ends },
  "a getter of the context": {
    source: "Object.defineProperty(context, 'args', { get() { for (;;); } }); return context.args;",
    ends,
  },
});
