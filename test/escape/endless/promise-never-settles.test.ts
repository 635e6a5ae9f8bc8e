import { describeAttacks } from "../harness.ts";

const ends = "timed_out WALL_LIMIT";

const limits = { wallMs: 400 };

describeAttacks("a promise that never settles", {
  "a bare one": { source: "return new Promise(() => {});", ends, limits },
  awaited: { source: "export async function execute_action() { await new Promise(() => {}); }", ends, limits },
  "a thenable that never answers": { source: "return { then() {} };", ends, limits },
  "a thenable that gives itself": {
    source: "const t = { then(ok) { ok(t); } }; return t;",
    ends: "timed_out CPU_LIMIT",
  },
  "a thenable whose then loops": { source: "return { then() { for (;;); } };", ends: "timed_out CPU_LIMIT" },
  "a thenable whose then is a getter that loops": {
    source: "return { get then() { for (;;); } };",
    ends: "timed_out CPU_LIMIT",
  },
  "a thenable that answers twice": { source: "return { then(ok, no) { ok(1); ok(2); no(3); } };", ends: "returned" },
  "race of nothing": { source: "return Promise.race([]);", ends, limits },
});
