import { expect } from "@jest/globals";
import { describeAttacks } from "../harness.ts";

/** Looks at everything that can be reached from a value by members and prototypes, and tries to get at another realm through it. */
const WALK = `
  const seen = new Set();
  const realm = Function("return this")();
  const found = [];
  function visit(value, path) {
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value) || seen.size > 20000) return;
    seen.add(value);
    let made;
    try { made = value.constructor?.constructor?.("return [this, typeof process, typeof require, typeof module]")(); } catch {}
    if (Array.isArray(made) ? made[0] !== realm || made[1] !== "undefined" || made[2] !== "undefined" : made !== undefined && typeof made === "object") found.push(path);
    for (const key of Reflect.ownKeys(value)) {
      let descriptor;
      try { descriptor = Reflect.getOwnPropertyDescriptor(value, key); } catch { continue; }
      for (const part of [descriptor?.value, descriptor?.get, descriptor?.set]) visit(part, path + "." + String(key));
    }
    try { visit(Reflect.getPrototypeOf(value), path + ".[proto]"); } catch {}
  }`;
const nothing = {
  check: ({ returnValue }: { returnValue?: unknown }): void => expect(returnValue).toEqual([]),
  ends: "returned",
  limits: { cpuMs: 3_000 },
} as const;

describeAttacks("a way out by the constructor of what the bridge hands over", {
  "the globals": { source: `${WALK} visit(globalThis, "globalThis"); return found;`, ...nothing },
  "the context": { source: `${WALK} visit(context, "context"); return found;`, ...nothing },
  "an answer of the host": {
    source: `${WALK} visit(hand_off_conversation(context), "answer"); visit(hand_off_conversation, "function"); return found;`,
    ...nothing,
  },
  "an error of the bridge": {
    source: `export const execute_action = () => { ${WALK} for (const e of errors) visit(e, "error"); return found; };
      const errors = []; try { hand_off_conversation(); } catch (e) { errors.push(e); }
      try { new Function("x", "return import(x)")("fs").catch((e) => errors.push(e)); } catch (e) { errors.push(e); }`,
    ...nothing,
  },
  "what its frames say of themselves": {
    source: `${WALK} Error.prepareStackTrace = (e, frames) => { for (const f of frames) { visit(f.getThis(), "this"); visit(f.getFunction(), "function"); visit(f, "frame"); } return "x"; };
      hand_off_conversation({ get conversation() { new Error("x").stack; return {}; } }); return found;`,
    ...nothing,
  },
  "callers and arguments": {
    source: `${WALK} function f() { return [f.caller, f.arguments && f.arguments.callee]; } let c; try { c = f(); } catch {} visit(c, "caller");
      const o = { get conversation() { try { visit(o.get?.caller, "getter"); } catch {} return {}; } }; hand_off_conversation(o); return found;`,
    ...nothing,
  },
  "globals of Node and of isolated-vm": {
    source:
      "return ['process', 'require', 'module', 'exports', 'global', 'Buffer', '__dirname', 'ivm', '_ivm', 'Isolate', 'Reference', 'door', 'bridge', 'WebAssembly', 'SharedArrayBuffer', 'Atomics', 'gc', 'ShadowRealm', 'Deno', 'Bun', 'Worker', 'importScripts'].filter((n) => new Function('return typeof ' + n)() !== 'undefined');",
    ...nothing,
  },
});
