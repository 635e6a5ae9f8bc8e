import { LONG, describeAttacks } from "../harness.ts";

const ends = ["out_of_memory OUT_OF_MEMORY", "threw ACTION_THREW"];
const slow = [...ends, "timed_out CPU_LIMIT"];
const limits = LONG;

describeAttacks("memory that grows without end", {
  "an array": { source: "const all = []; for (;;) all.push({});", ends, limits },
  "an array of numbers": { source: "const all = []; for (;;) all.push(1.5);", ends, limits },
  "a doubled text": { source: "let t = 'x'; for (;;) t += t;", ends, limits },
  "flat texts": {
    source: "const all = []; for (let i = 0; ; i++) all.push(('x'.repeat(1e6) + i).replaceAll('x', 'y'));",
    ends,
    limits,
  },
  "text taken apart": { source: "'ab'.repeat(1e8).split('');", ends, limits },
  "text taken apart, again and again": {
    source: "const all = []; for (;;) all.push('ab'.repeat(1e6).split(''));",
    ends,
    limits,
  },
  "concatenated arrays": { source: "let a = new Array(1e6).fill(1); for (;;) a = a.concat(a);", ends, limits },
  "a Set": { source: "const all = new Set(); for (let i = 0; ; i++) all.add(i);", ends, limits },
  "a Map": { source: "const all = new Map(); for (let i = 0; ; i++) all.set(i, i);", ends, limits },
  "a WeakMap": {
    source: "const all = new WeakMap(), keys = []; for (;;) { const key = {}; keys.push(key); all.set(key, keys); }",
    ends,
    limits,
  },
  "keys of an object": { source: "const all = {}; for (let i = 0; ; i++) all['k' + i] = i;", ends: slow, limits },
  "elements of an object": { source: "const all = {}; for (let i = 0; ; i++) all[i * 7] = i;", ends: slow, limits },
  closures: { source: "let f = () => 1; for (;;) { const g = f; f = () => g; }", ends, limits },
  symbols: { source: "for (let i = 0; ; i++) Symbol.for('s' + i);", ends: slow, limits },
  "functions made from text": {
    source: "const all = []; for (let i = 0; ; i++) all.push(new Function('return ' + i));",
    ends: slow,
    limits,
  },
  promises: { source: "const all = []; for (;;) all.push(new Promise(() => {}));", ends, limits },
  "a huge sparse array that is filled": { source: "Array(1e9).fill(0);", ends: slow, limits },
  "rest arguments": { source: "const f = (...all) => f(...all, ...all, 1); f();", ends, limits },
});
