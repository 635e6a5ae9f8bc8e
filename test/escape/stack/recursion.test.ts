import { LONG, describeAttacks } from "../harness.ts";

const ends = ["threw ACTION_THREW", "timed_out CPU_LIMIT", "out_of_memory OUT_OF_MEMORY"];

describeAttacks("a stack that grows too deep", {
  "a function that calls itself": { source: "const f = () => f() + 1; f();", ends: "threw ACTION_THREW" },
  "one that catches and goes on": { source: "const f = () => { try { f(); } catch { f(); } }; f();", ends },
  "a getter that reads itself": { source: "const o = { get x() { return o.x; } }; o.x;", ends: "threw ACTION_THREW" },
  "a text that is its own parts": {
    source: "const o = { toString() { return '' + o; } }; '' + o;",
    ends: "threw ACTION_THREW",
  },
  "a chain of proxies": { source: "let p = {}; for (let i = 0; i < 2e5; i++) p = new Proxy(p, {}); p.x;", ends },
  "a chain of prototypes": {
    source: "let p = {}; for (let i = 0; i < 2e5; i++) p = Object.create(p); p.x; return p instanceof Array;",
    ends: [...ends, "returned"],
  },
  "a chain of bound functions": {
    source: "let f = () => 1; for (let i = 0; i < 2e5; i++) f = f.bind(null, 1); f();",
    ends,
  },
  "a JSON text that nests": {
    source: "return JSON.stringify(JSON.parse('['.repeat(2e5) + ']'.repeat(2e5))).length;",
    ends: [...ends, "returned"],
    limits: LONG,
  },
  "a regular expression that nests": { source: "new RegExp('('.repeat(5e5) + ')'.repeat(5e5));", ends, limits: LONG },
  "code made from text that nests": {
    source: "new Function('return ' + '['.repeat(1e6) + ']'.repeat(1e6));",
    ends,
    limits: LONG,
  },
  "too many arguments": { source: "Math.max(...new Array(5e6).fill(1));", ends, limits: LONG },
  "too many parts of a text": {
    source: "let t = 'x'; for (let i = 0; i < 2e6; i++) t = 'a' + t; return t.charCodeAt(1e6);",
    ends: [...ends, "returned"],
    limits: LONG,
  },
  "arrays to be flattened": {
    source: "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; a.flat(Infinity);",
    ends: [...ends, "returned"],
    limits: LONG,
  },
  "arrays to be joined": {
    source: "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return String(a);",
    ends,
    limits: LONG,
  },
  "causes of errors": {
    source: "let e = new Error('x'); for (let i = 0; i < 1e5; i++) e = new Error('y', { cause: e }); throw e;",
    ends,
    limits: LONG,
  },
  "a hand-off from the bottom of the stack": {
    source: "const f = () => { try { f(); } catch { hand_off_conversation(context, 'deep'); } }; f(); return 1;",
    ends: [...ends, "returned"],
  },
  "a rejection from the bottom of the stack": {
    source: "export async function execute_action() { const f = async () => f(); return f(); }",
    ends,
  },
});
