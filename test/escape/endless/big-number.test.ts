import { LONG, describeAttacks } from "../harness.ts";

const either = ["timed_out CPU_LIMIT", "out_of_memory OUT_OF_MEMORY", "threw ACTION_THREW"];

describeAttacks("a number that takes forever", {
  "a power": { source: "3n ** 1000000000n;", ends: either, limits: LONG },
  "a product": { source: "let n = 3n ** 100000n; for (;;) n *= n;", ends: either },
  "its text": { source: "(7n ** 4000000n).toString();", ends: either },
  "its parsing": { source: "BigInt('9'.repeat(2e7));", ends: either },
  "a remainder": { source: "const n = 7n ** 300000n; for (;;) (n * n) % (n + 1n);", ends: either },
});
