import type { Outcome } from "../../../runtime/index.ts";
import { describeAttacks } from "../harness.ts";

const handedOff = ({ handoff, returnValue }: Outcome): void => {
  if (handoff?.reason !== "real" || returnValue !== "mine") throw new Error(JSON.stringify([handoff, returnValue]));
};
const source = (patch: string): string => `${patch}; hand_off_conversation(context, "real"); return "mine";`;

describeAttacks("built-ins that the action has patched", {
  JSON: {
    source: source("JSON.stringify = () => '{}'; JSON.parse = () => ({ success: false })"),
    ends: "returned",
    check: handedOff,
  },
  "toJSON on every prototype": {
    source: source("for (const each of [Object, Array, String, Function]) each.prototype.toJSON = () => 'evil'"),
    ends: "returned",
    check: ({ handoff }) => {
      if (handoff?.reason !== "real") throw new Error("changed");
    },
  },
  Reflect: {
    source: source("for (const k of Reflect.ownKeys(Reflect)) { try { Reflect[k] = () => 'evil'; } catch {} }"),
    ends: "returned",
    check: handedOff,
  },
  "Array and its iterator": {
    source: source(
      "Array.prototype[Symbol.iterator] = () => { throw 1; }; Array.prototype.push = Array.prototype.map = Array.prototype.join = () => { throw 1; }; Array.isArray = () => true",
    ),
    ends: "returned",
    check: handedOff,
  },
  "Function's call and apply": {
    source: source("Function.prototype.call = Function.prototype.apply = Function.prototype.bind = () => { throw 1; }"),
    ends: "returned",
    check: handedOff,
  },
  "Promise and its then": {
    source: `export async function execute_action(context) { Promise.prototype.then = Promise.resolve = () => { throw 1; }; Promise.prototype.constructor = null; ${source("")} }`,
    ends: ["returned", "threw ACTION_THREW"],
  },
  "the species of promises": {
    source: `export async function execute_action(context) { Object.defineProperty(Promise, Symbol.species, { get() { throw 1; } }); ${source("")} }`,
    ends: ["returned", "threw ACTION_THREW"],
  },
  "Object's prototype": {
    source: source(
      "Object.defineProperty(Object.prototype, 'type', { get() { return 'evil'; }, set() { throw 1; } }); Object.defineProperty(Object.prototype, 'then', { get() { return undefined; } }); Object.prototype.overflow = true",
    ),
    ends: "returned",
    check: handedOff,
  },
  "elements of Array's prototype": {
    source: source("Object.defineProperty(Array.prototype, 0, { get() { return 'evil'; }, set() { throw 1; } })"),
    ends: "returned",
    check: handedOff,
  },
  "Error.prepareStackTrace": {
    source: source(
      "Error.prepareStackTrace = () => { throw 1; }; Error.captureStackTrace = () => { throw 1; }; Error.stackTraceLimit = 'x'",
    ),
    ends: "returned",
    check: handedOff,
  },
  "frozen globals": {
    source: source(
      "for (const k of Reflect.ownKeys(globalThis)) { try { Object.freeze(globalThis[k]); } catch {} } Object.freeze(globalThis); Object.freeze(Object.prototype); Object.freeze(Array.prototype)",
    ),
    ends: "returned",
    check: handedOff,
  },
  "removed globals": {
    source: source(
      "const f = hand_off_conversation; const all = globalThis; const remove = Reflect.deleteProperty; for (const k of Reflect.ownKeys(all)) { if (k !== 'hand_off_conversation') remove(all, k); }",
    ),
    ends: "returned",
    check: handedOff,
  },
  "every method of String and Number": {
    source: source(
      "for (const t of [String, Number, Symbol, RegExp]) for (const k of Reflect.ownKeys(t.prototype)) { try { Object.defineProperty(t.prototype, k, { value: () => { throw 1; } }); } catch {} }",
    ),
    ends: "returned",
    check: handedOff,
  },
  console: {
    source: "const f = console.log; console.log = () => {}; f.call(null, 'heard'); return 1;",
    ends: "returned",
    check: ({ logs }) => {
      if (logs[0]?.message !== "heard") throw new Error("not heard");
    },
  },
  "the clock": {
    source:
      "Date.now = () => { throw 1; }; Date.prototype.toISOString = () => { throw 1; }; console.log('x'); return 1;",
    ends: "returned",
    check: ({ logs }) => {
      if (Number.isNaN(Date.parse(logs[0]!.time))) throw new Error("no time");
    },
  },
});
