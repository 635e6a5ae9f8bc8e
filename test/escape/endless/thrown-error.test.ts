import { describeAttacks } from "../harness.ts";

const ends = "timed_out CPU_LIMIT";

describeAttacks("a thrown value that works when it is looked at", {
  "its stack loops": {
    source: "const e = new Error('x'); Object.defineProperty(e, 'stack', { get() { for (;;); } }); throw e;",
    ends,
  },
  "its message loops": { source: "throw { get message() { for (;;); } };", ends },
  "its name loops": { source: "throw Object.defineProperty(new Error('x'), 'name', { get() { for (;;); } });", ends },
  "its code loops": {
    source: "throw Object.assign(new Error('x'), { get code() { for (;;); } });",
    ends: ["threw ACTION_THREW", ends],
  },
  "its cause is itself": { source: "const e = new Error('x'); e.cause = e; throw e;", ends: "threw ACTION_THREW" },
  "its cause goes on forever": {
    source:
      "const deep = (e) => Object.defineProperty(e, 'cause', { get: () => deep(new Error('y')) }); throw deep(new Error('x'));",
    ends: "threw ACTION_THREW",
  },
  "it is a proxy": { source: "throw new Proxy(new Error('x'), { get() { for (;;); } });", ends },
  "its getters throw": { source: "throw new Proxy({}, { get() { throw 1; } });", ends: "threw ACTION_THREW" },
  "prepareStackTrace loops": { source: "Error.prepareStackTrace = () => { for (;;); }; throw new Error('x');", ends },
  "prepareStackTrace gives no text": {
    source: "Error.prepareStackTrace = (e, s) => s; null.x;",
    ends: "threw ACTION_THREW",
  },
  "the stack trace limit is huge": {
    source:
      "Error.stackTraceLimit = Infinity; const f = (n) => { if (n) return f(n - 1); throw new Error('x'); }; f(3000);",
    ends: "threw ACTION_THREW",
  },
  "it rejects with one that loops": { source: "return Promise.reject({ get message() { for (;;); } });", ends },
  "while the module loads": { source: "export const execute_action = 1; throw { get message() { for (;;); } };", ends },
  "it is nothing": { source: "throw undefined;", ends: "threw ACTION_THREW" },
  "it is a symbol": { source: "throw Symbol('x');", ends: "threw ACTION_THREW" },
  "it is a function with a huge name": {
    source: "const f = () => {}; Object.defineProperty(f, 'name', { value: 'x'.repeat(1e6) }); throw f;",
    ends: "threw ACTION_THREW",
  },
  "its message is huge": {
    source: "throw new Error('x'.repeat(5e6));",
    ends: "threw ACTION_THREW",
    check: ({ error }) => {
      if (error!.message.length > 4_000) throw new Error("the message was not cut");
    },
  },
});
