/** An action that reads its stacks finds its own lines and V8's, nothing of ours and no path of the host. */
import { afterAll, describe, expect, test } from "@jest/globals";
import { startBoth } from "./both.ts";

const both = startBoth();
afterAll(async () => both[Symbol.asyncDispose]());

const NAMES = [
  "URL", "Blob", "crypto", "ReadableStream", "fetch", "structuredClone", "AbortSignal", "setTimeout", "TextEncoder", "Temporal", "URLPattern",
  "CompressionStream", "navigator",
]; // prettier-ignore

/** Calls `touch` at every depth from the end of the stack upwards and keeps what it throws. */
const FROM_THE_END = `const fromTheEnd = (touch) => {
  const caught = [];
  const down = () => { try { down(); } catch (e) { try { touch(); } catch (inner) { caught.push(inner); } throw e; } };
  try { down(); } catch (e) { caught.push(e); }
  return [...new Set(caught.map((e) => e.name + ": " + e.message + " " + /baton:(?!action)|isolated-vm|\\/|node:/.test(e.stack)))];
};`;
const CLEAN = ["RangeError: Maximum call stack size exceeded false"];

describe("a stack", () => {
  test("of an error thrown where a part has no room to load shows the action alone", async () => {
    const seen = (await both.inGuest(
      `${FROM_THE_END} return input.map((name) => fromTheEnd(() => globalThis[name]));`,
      NAMES,
      { limits: { cpuMs: 20_000, wallMs: 60_000 } },
    )) as string[][];
    expect(Object.fromEntries(NAMES.map((name, at) => [name, seen[at]]))).toEqual(
      Object.fromEntries(NAMES.map((name) => [name, CLEAN])),
    );
  });

  test("of an error thrown where a function of the worker has no room shows the action alone", async () => {
    for (const call of [
      `new URL("https://a.example")`,
      `crypto.randomUUID()`,
      `btoa("x")`,
      `console.log({ a: 1 })`,
      `new TextDecoder("utf-16le").decode(new Uint8Array(4))`,
    ]) {
      const lines = `${call}; ${FROM_THE_END} return fromTheEnd(() => { ${call}; });`;
      expect(await both.inGuest(lines, null, { limits: { cpuMs: 20_000, wallMs: 60_000 } })).toEqual(CLEAN);
    }
  });

  test("of what the platform throws begins at the action's own line", async () => {
    const stacks = (await both.inGuest(`
      const out = []; const attempt = async (f) => { try { await f(); } catch (e) { out.push(e.stack.split("\\n")); } };
      await attempt(() => setTimeout(1)); await attempt(() => new URL("x")); await attempt(() => structuredClone(() => {}));
      await attempt(() => fetch("nonsense")); await attempt(() => crypto.subtle.digest("x", new Uint8Array()));
      await attempt(() => new Promise((_, no) => setTimeout(() => no(new Error("late")), 1)));
      return out;`)) as string[][];
    expect(stacks).toHaveLength(6);
    for (const [head, ...frames] of stacks) {
      expect(head).toMatch(/^\w+Error?: .+|^Error: late$/);
      expect(frames.length).toBeGreaterThan(0);
      for (const frame of frames) expect(frame).toMatch(/^ {4}at (async )?(\S+ \()?baton:action:\d+:\d+\)?$/);
    }
  });

  test("can be formatted by the action, as in Node", () =>
    both.same(`
      Error.prepareStackTrace = (error, sites) => [error.message, Array.isArray(sites)];
      const own = new Error("x").stack; Error.prepareStackTrace = undefined;
      return [own, typeof new Error("y").stack];`));

  test("of a strange error is still a text", async () => {
    expect(
      await both.inGuest(`
        const texts = [];
        for (const name of [Symbol("s"), { toString() { throw 1; } }, "Own"]) {
          const e = new Error("m"); Object.defineProperty(e, "name", { value: name }); texts.push(typeof e.stack);
        }
        return texts;`),
    ).toEqual(["string", "string", "string"]);
  });
});

describe("a host function called at the end of a recursion", () => {
  test("is called whole or not at all", async () => {
    const heard: unknown[] = [];
    const { end } = await both.complete(
      `${FROM_THE_END} await fetch("https://a.example").catch(() => {}); const errors = fromTheEnd(() => { void fetch("https://a.example").catch(() => {}); }); return errors;`,
      null,
      {
        hostFunctions: {
          "fetch.send": {
            mode: "async",
            budget: 5,
            handle: async ({ args }) => {
              heard.push(args);
              return { value: { error: { code: "EGRESS_HOST", message: "no" } } };
            },
          },
        },
        preludeData: { fetch: { fetchCalls: 5, requestBytes: 10, secrets: {} } },
        limits: { cpuMs: 20_000, wallMs: 60_000 },
      },
    );
    expect(end).toMatchObject({ type: "returned", value: CLEAN });
    expect(heard.length).toBeGreaterThanOrEqual(1);
    for (const args of heard) expect(args).toMatchObject({ url: "https://a.example/", method: "GET" });
  });
});
