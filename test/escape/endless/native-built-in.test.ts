import { LONG, describeAttacks } from "../harness.ts";

const ends = "timed_out CPU_LIMIT";
const either = [ends, "out_of_memory OUT_OF_MEMORY", "threw ACTION_THREW"];

describeAttacks("a built-in that V8 does not interrupt", {
  "indexOf on a huge array-like": { source: "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);", ends },
  "indexOf with a long limit": {
    source: "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);",
    ends,
    limits: LONG,
  },
  "includes on a huge array-like": { source: "Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1);", ends },
  "sort of a sparse array": { source: "const a = []; a[2 ** 32 - 2] = 1; a.sort();", ends: either },
  "reverse of a sparse array": { source: "const a = [1]; a.length = 2 ** 32 - 1; a.reverse();", ends: either },
  "fill of a huge array": { source: "Array(1e9).fill(0);", ends: either, limits: LONG },
  "join of a huge array": { source: "Array(2 ** 32 - 1).join('');", ends: [...either, "returned"] },
  "copyWithin on a huge array-like": {
    source: "Array.prototype.copyWithin.call({ length: 2 ** 53 - 1 }, 1, 0);",
    ends,
  },
  "apply with a huge array-like": { source: "Math.max.apply(null, { length: 2 ** 31 });", ends: either },
  "normalize of a long text": {
    source: "const t = '\\u1e9b\\u0323'.repeat(2e6); for (;;) t.normalize('NFKD');",
    ends: either,
  },
  "replaceAll that grows": {
    source: "let t = 'a'.repeat(1e5); for (;;) t = t.replaceAll('a', 'aa').slice(0, 5e6);",
    ends: either,
  },
  "localeCompare of long texts": {
    source: "const t = 'ä'.repeat(4e6); for (;;) t.localeCompare(t + 'b');",
    ends: either,
  },
});
