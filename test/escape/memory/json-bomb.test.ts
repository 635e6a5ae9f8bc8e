import { LONG, describeAttacks } from "../harness.ts";

const ends = ["out_of_memory OUT_OF_MEMORY", "threw ACTION_THREW", "timed_out CPU_LIMIT"];
const limits = LONG;

describeAttacks("JSON that explodes", {
  "written from a graph that shares its parts": {
    source: "let v = ['x']; for (let i = 0; i < 40; i++) v = [v, v]; JSON.stringify(v);",
    ends,
    limits,
  },
  "read with many small objects": { source: "JSON.parse('[' + '{},'.repeat(2e7) + '{}]');", ends, limits },
  "read with many keys": {
    source: "JSON.parse('{' + Array.from({ length: 3e6 }, (_, i) => `\"${i}x\":1`).join() + '}');",
    ends,
    limits,
  },
  "indented without end": {
    source: "let v = 1; for (let i = 0; i < 5000; i++) v = [v]; for (;;) JSON.stringify(v, null, '          ');",
    ends,
    limits,
  },
  "made by toJSON": { source: "const v = { toJSON: () => [v, v] }; JSON.stringify(v);", ends, limits },
});
