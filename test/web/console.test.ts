import { Console } from "node:console";
import { Writable } from "node:stream";
import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "@jest/globals";
import { startBoth } from "./both.ts";

const both = startBoth();
afterAll(async () => both[Symbol.asyncDispose]());

/** What Node's console prints for these lines. */
async function inNode(lines: string): Promise<string> {
  return (await both.inNode(`
    const { Console } = require("node:console"); const { Writable } = require("node:stream"); let text = "";
    const stream = new Writable({ write(chunk, _e, done) { text += chunk; done(); } });
    const console = new Console({ stdout: stream, stderr: stream }); ${lines}; return text;`.replaceAll("require(", "process.getBuiltinModule("))) as string; // prettier-ignore
}
async function inGuest(lines: string): Promise<string> {
  const { logs, end } = await both.complete(lines);
  expect(end.type).toBe("returned");
  return logs.map(({ message }) => `${message}\n`).join("");
}

describe("console", () => {
  test("formats as Node does", async () => {
    expect(typeof Console).toBe("function");
    expect(typeof Writable).toBe("function");
    for (const lines of [
      `console.log("a", 1, -0, true, null, undefined, 10n, Symbol("s"))`,
      `console.log("%s is %d years and %i, %f, %j %o %O %c%%", "Ann", 4.5, 4.5, "1.25", { a: 1 }, [1], { b: { c: {} } }, "color: red", "rest", { x: 1 })`,
      `console.log("100%", 5); console.log("%s"); console.log("%x", 1); console.log("%s", { toString() { return "own"; } }, [1, "a"])`,
      `console.log({ a: 1, b: "x", c: [1, 2, { d: { e: { f: 1 } } }], f() {}, g: class A {}, h: () => {}, [Symbol("k")]: 1 })`,
      `console.log(new Map([["a", { b: 1 }]]), new Set([1, "a"]), new Date(0), /x/g, new Uint8Array(3), new ArrayBuffer(2), new Error("m").message)`,
      `class P { x = 1 } console.log(new P(), Object.create(null), [, 1, , 2], [undefined, null], new (class extends Map {})(), Object(1))`,
      `const a = { n: 1 }; a.self = a; console.log(a, [a])`,
      `console.log({ get x() { throw 1; }, set y(v) {}, get z() { return 1; }, set z(v) {} })`,
      `console.log("x".repeat(200), ["y".repeat(200)], Array.from({ length: 150 }, (_, i) => i))`,
      `console.log(Array.from({ length: 30 }, (_, i) => ({ id: i, name: "name " + i })))`,
      `console.table([{ a: 1, b: "x" }, { a: 2, c: true }]); console.table([[1, 2], [3]]); console.table([1, "a", { z: 1 }]); console.table([{ a: 1, b: 2 }], ["b"]); console.table(5); console.table(new Map([["k", 1]]))`,
      `console.group("one"); console.log("in"); console.group(); console.log("deep\\nline", { a: 1 }); console.groupEnd(); console.info("out"); console.groupEnd(); console.groupEnd(); console.log("end")`,
      `console.assert(true, "no"); console.assert(false, "yes %s", 1); console.assert(false); console.assert(false, { a: 1 })`,
      `console.count(); console.count("x"); console.count(); console.countReset(); console.count()`,
      `console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 }); console.dir([1]); console.dirxml("a", { b: 1 })`,
    ]) {
      expect(await inGuest(lines)).toBe(await inNode(lines));
    }
  });

  test("dir shows the platform's objects as log does, and calls no method of the action's", async () => {
    const streams =
      "[new ReadableStream(), new WritableStream(), new TransformStream(), new ReadableStream().getReader(), new TextEncoderStream()]";
    expect(await inGuest(`for (const one of ${streams}) console.dir(one)`)).toBe(
      await inGuest(`for (const one of ${streams}) console.log(one)`),
    );
    const nested = `console.dir({ body: new Response("x").body, list: [new Headers({ a: "1" })], url: new URL("https://a.example/") })`;
    expect(await inGuest(nested)).toBe(await inGuest(nested.replace("dir", "log")));
    const own = `const own = { a: 1, [Symbol.for("nodejs.util.inspect.custom")]: () => "mine" };`;
    expect(await inGuest(`${own} console.dir(own); console.dir({ own })`)).toBe(
      await inNode(`${own} console.dir(own); console.dir({ own })`),
    );
    expect(
      await inGuest(`console.dir(new Array(2000).fill(new ReadableStream())); console.dir(new Uint8Array(2000))`),
    ).toContain("more items");
  });

  // What only V8's inner side knows (the state of a promise, the entries of an iterator or a WeakMap) is not shown here.
  test("formats whatever is generated as Node does", async () => {
    const leaf = fc.constantFrom(
      "1", "-0", "1.5e300", "NaN", "10n", "true", "null", "undefined", "'text'", "'it\\'s'", '"\\n\\u0001é"', "Symbol('s')", "() => {}", "function named() {}",
      "class A {}", "class B extends Map {}", "async () => {}", "function* g() {}", "new Date(5)", "new Date(NaN)", "/x+/gi", "new Uint8Array([1, 2])", "new Float64Array(3)",
      "new ArrayBuffer(3)", "Object(1)", "Object('s')", "Object(Symbol('b'))", "[, 1, , 2]", "new (class P { x = 1 })()", "Object.create(null)", "Object.create({ a: 1 })",
      "'x'.repeat(120)", "[].values()", "({ get a() { return 1; }, set b(v) {} })",
      "Object.assign(() => {}, { p: 1 })", "Object.defineProperty({}, 'hidden', { value: 1 })", "({ [Symbol('k')]: 1, 'a-b': 2, 3: 4 })", "({ __proto__: { [Symbol.toStringTag]: 'Tag' } })", "Object.assign([1], { extra: true })",
    ); // prettier-ignore
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 4, depthSize: "medium" }, leaf, leaf,
        fc.array(tie("tree"), { maxLength: 5 }).map((all) => `[${(all as string[]).join()}]`),
        fc.array(fc.tuple(fc.constantFrom("a", "long_name_of_a_key", "b c", "$", "0"), tie("tree")), { maxLength: 4 }).map((all) => `({${all.map(([k, v]) => `${JSON.stringify(k)}:${v as string}`).join()}})`),
        fc.array(fc.tuple(tie("tree"), tie("tree")), { maxLength: 2 }).map((all) => `new Map([${all.map((pair) => `[${(pair as string[]).join()}]`).join()}])`),
        fc.array(tie("tree"), { maxLength: 3 }).map((all) => `new Set([${(all as string[]).join()}])`)),
    })); // prettier-ignore
    const pattern = fc.array(fc.constantFrom("%s", "%d", "%i", "%f", "%o", "%O", "%c", "%%", "%x", " text ", "%"), { maxLength: 4 }).map((all) => JSON.stringify(all.join(""))); // prettier-ignore
    const parts = fc.tuple(fc.option(pattern), fc.array(tree as fc.Arbitrary<string>, { minLength: 1, maxLength: 4 }));
    const calls = fc.sample(parts, { numRuns: 400, seed: 20_261_122 }).map(([first, rest]) => [...(first === null ? [] : [first]), ...rest].join(", ")); // prettier-ignore
    // Node's own throws for some of these (no object but one without a prototype is a number), which a log line here never does.
    const [fine] = (await both.inNode(`
      const { format } = process.getBuiltinModule("node:util");
      return [input.filter((call) => { try { (0, eval)("(format) => format(" + call + ")")(format); return true; } catch { return false; } })];`, calls)) as [string[]]; // prettier-ignore
    expect(fine.length).toBeGreaterThan(calls.length * 0.8);
    const lines = fine.map((call) => `console.log(${call});`);
    for (let at = 0; at < lines.length; at += 50) {
      const some = lines.slice(at, at + 50).map((line, index) => `console.log("#${index}"); ${line}`).join("\n"); // prettier-ignore
      expect(await inGuest(some)).toBe(await inNode(some));
    }
  });

  test("logs at its level, with timers by the clock of the run", async () => {
    const { logs } = await both.complete(
      `console.debug("d"); console.info("i"); console.warn("w"); console.error("e"); console.trace("t");
       console.time("x"); await new Promise((done) => setTimeout(done, 30)); console.timeLog("x", "so far"); console.timeEnd("x"); console.timeEnd("x");`,
      null,
      { clock: { now: "2026-01-01T00:00:00.000Z", seed: "s" } },
    );
    expect(logs.map(({ level, message }) => [level, message.split("\n")[0]])).toEqual([
      ["debug", "d"], ["info", "i"], ["warn", "w"], ["error", "e"], ["debug", "Trace: t"],
      ["info", "x: 30ms so far"], ["info", "x: 30ms"], ["warn", "No such label 'x' for console.timeEnd()"],
    ]); // prettier-ignore
  });

  test("never fails the run, and is cut at its cap", async () => {
    const { logs, end } = await both.complete(`
      console.log(new Proxy({}, { ownKeys() { throw new Error("trap"); }, get() { throw new Error("trap"); } }));
      console.log({ [Symbol.for("nodejs.util.inspect.custom")]() { throw new Error("custom"); } });
      console.log("x".repeat(1e6)); console.log({ long: "y".repeat(1e6) });
      let deep = {}; for (let i = 0; i < 1e4; i++) deep = { deep }; console.log(deep); console.dir(deep, { depth: Infinity });
      return "fine";`); // prettier-ignore
    expect(end).toMatchObject({ type: "returned", value: "fine" });
    expect(Math.max(...logs.map(({ message }) => message.length))).toBeLessThanOrEqual(16_385);
    expect(logs).toHaveLength(6);
  });

  test("a custom formatter that loops ends the run, not the host", async () => {
    const { end } = await both.complete(
      `console.log({ [Symbol.for("nodejs.util.inspect.custom")]() { for (;;); } })`,
      null,
      { limits: { cpuMs: 200, wallMs: 1_000 } },
    );
    expect(end.type).toBe("timed_out");
  });
});
