import { describeAttacks } from "../harness.ts";

/** With this on Object's prototype hardly an object of ours can be given a property, and every value that is resolved is asked for its `then`. */
const POISON = `
  const calm = Object.create(null);
  const on = (holder, key, own) => Reflect.defineProperty(holder, key, Object.assign(Object.create(null), own, { configurable: true }));`;

describeAttacks("an answer that comes back into a realm that was prepared for it", {
  "in which no property can be defined": {
    source: `${POISON} const call = fetch; on(Object.prototype, "get", { value: () => 1 }); return call("http://a/");`,
    ends: "threw ACTION_THREW",
  },
  "in which errors loop when they are read": {
    source: `${POISON} const call = fetch; new Headers(); for (const E of [Error, TypeError]) for (const key of ["name", "message", "stack", "code"]) on(E.prototype, key, { get() { for (;;); } }); on(Object.prototype, "get", { value: () => 1 }); return call("http://a/");`,
    ends: ["threw ACTION_THREW", "timed_out CPU_LIMIT"],
  },
  "in which every object is a promise": {
    source: `${POISON} const call = fetch; on(Object.prototype, "then", { value: function (ok) { ok(1); } }); return call("http://a/").then(() => 1, () => 2);`,
    ends: ["returned", "threw ACTION_THREW", "timed_out WALL_LIMIT"],
    limits: { wallMs: 800 },
  },
  "in which every promise is another": {
    source: `${POISON} const call = fetch; Promise.prototype.constructor = function (run) { run(() => {}, () => {}); }; return call("http://a/").then(() => 1, () => 2);`,
    ends: ["returned", "threw ACTION_THREW", "timed_out WALL_LIMIT"],
    limits: { wallMs: 800 },
  },
});
