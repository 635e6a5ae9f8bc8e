import { LONG, describeAttacks } from "../harness.ts";

const ends = "timed_out CPU_LIMIT";

describeAttacks("a loop that never ends", {
  "in the action": { source: "for (;;);", ends },
  "under a catch that never gives up": { source: "for (;;) try { for (;;); } catch {} finally { continue; }", ends },
  "in a finally block": { source: "try { return 1; } finally { for (;;); }", ends },
  "in a generator": { source: "function* all() { for (;;) yield 1; } for (const one of all());", ends },
  "over an iterator of its own": {
    source: "Array.from({ [Symbol.iterator]: () => ({ next: () => ({ done: false }) }) });",
    ends: [ends, "out_of_memory OUT_OF_MEMORY"],
  },
  "in a tagged template": { source: "const tag = () => { for (;;); }; tag`x`;", ends },
  "in code made from a string": { source: "new Function('for (;;);')();", ends },
  "with a long limit": { source: "for (;;);", ends, limits: LONG },
});
