import { LONG, describeAttacks } from "../harness.ts";

const ends = "threw RESULT_TOO_LARGE";
const either = [
  ends,
  "timed_out CPU_LIMIT",
  "out_of_memory OUT_OF_MEMORY",
  "threw RESULT_NOT_JSON",
  "threw ACTION_THREW",
];

describeAttacks("a result that is too large", {
  "a hundred megabytes": { source: "return 'x'.repeat(1e8);", ends },
  "a hundred megabytes in pieces": { source: "return Array(1e5).fill('x'.repeat(1000));", ends },
  "a graph that shares its parts": {
    source: "let v = ['x']; for (let i = 0; i < 60; i++) v = [v, v]; return v;",
    ends,
    limits: LONG,
  },
  "a sparse array": { source: "const a = []; a[2 ** 32 - 2] = 1; return a;", ends: either, limits: LONG },
  "an array that lies about its length": {
    source: "return new Proxy([], { get: (t, k) => (k === 'length' ? 2 ** 53 - 1 : 1) });",
    ends: either,
  },
  "many keys": { source: "const o = {}; for (let i = 0; i < 1e5; i++) o['key' + i] = i; return o;", ends: either },
  "one huge key": { source: "return { ['x'.repeat(1e7)]: 1 };", ends, limits: LONG },
  "text that escaping makes large": { source: "return '\\u0001'.repeat(60000);", ends },
  "multi-byte text": { source: "return '\u20ac'.repeat(100000);", ends },
  "a typed array": { source: "return new Uint8Array(1e6);", ends: either },
  "toJSON without end": { source: "const make = () => ({ toJSON: () => [make()] }); return make();", ends: either },
  "toJSON that loops": { source: "return { toJSON() { for (;;); } };", ends: "timed_out CPU_LIMIT" },
  "a getter that loops": { source: "return { get x() { for (;;); } };", ends: "timed_out CPU_LIMIT" },
  "a hundred megabytes that are not looked at by the host": {
    source: "return { a: 'y'.repeat(5e7), b: 'z'.repeat(5e7) };",
    ends,
  },
});
