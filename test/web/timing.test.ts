/** Generated programs of timers, microtasks, events and abort signals: what happens in which order is Node's. */
import { afterAll, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { startBoth } from "./both.ts";

const both = startBoth();
afterAll(async () => both[Symbol.asyncDispose]());

describe("timers and microtasks", () => {
  // Delays are far enough apart that their order is no race, as long as none comes due while an earlier one is still owed: Node itself then
  // runs some of them in another order. Each program measures how late its timers came.
  const LATE_MS = 15;
  const ROUNDS = 20;
  const step = fc.record({
    op: fc.constantFrom("timeout", "micro", "promise", "clear", "clearLater", "interval", "nested"),
    delay: fc.constantFrom(0, 1, 40, 80, undefined, "40", -5, NaN),
    at: fc.nat(5),
  });
  type Ran = readonly { readonly lateMs: number; readonly log: readonly string[] }[];

  /** What each program does where its timers are in time: those that were not are asked again. */
  async function calmly(
    ask: (lines: string, input: unknown) => Promise<unknown>,
    lines: string,
    programs: readonly unknown[],
  ) {
    const logs = new Map<number, readonly string[]>();
    for (let round = 0; round < ROUNDS && logs.size < programs.length; round++) {
      const ran = (await ask(lines, programs)) as Ran;
      ran.forEach(({ lateMs, log }, at) => lateMs < LATE_MS && !logs.has(at) && logs.set(at, log));
    }
    return logs;
  }

  test("come in Node's order, whatever is started, nested or cleared", async () => {
    const lines = `
      const tick = (ms) => new Promise((done) => setTimeout(done, ms));
      const program = async (steps) => {
        const log = []; const ids = []; const live = new Set(); let lateMs = 0;
        const clear = (id) => { clearTimeout(id); clearInterval(id); live.delete(id); };
        const began = performance.now();
        const due = (delay, text) => { const ms = Number(delay) > 1 ? Number(delay) : 1; lateMs = Math.max(lateMs, performance.now() - began - ms); log.push(text); };
        steps.forEach(({ op, delay, at }, i) => {
          if (op === "timeout") ids.push(setTimeout((a, b) => due(delay, "t" + i + a + b), delay, "x", at));
          else if (op === "micro") queueMicrotask(() => { log.push("m" + i); queueMicrotask(() => log.push("mm" + i)); });
          else if (op === "promise") Promise.resolve().then(() => log.push("p" + i));
          else if (op === "clear") clear(ids[at]);
          else if (op === "clearLater") setTimeout(() => { due(20, "c" + i); clear(ids[at]); }, 20);
          else if (op === "interval") { let left = 2; const id = setInterval(() => { if (left === 2) due(120, "i" + i); else log.push("i" + i); if (--left === 0) clear(id); }, 120); ids.push(id); live.add(id); }
          else ids.push(setTimeout(() => { due(delay, "n" + i); queueMicrotask(() => log.push("nm" + i)); }, delay));
        });
        log.push("sync");
        await tick(100);
        while (live.size > 0) await tick(20);
        return { lateMs, log };
      };
      return Promise.all(input.map(program));`; // prettier-ignore
    const programs = fc.sample(fc.array(step, { maxLength: 7 }), { numRuns: 60, seed: 7 });
    const guest = await calmly(both.inGuest, lines, programs);
    const node = await calmly(both.inNode, lines, programs);
    const seen = programs.map((_, at) => at).filter((at) => guest.has(at) && node.has(at));
    expect(seen.length).toBeGreaterThan(programs.length / 2);
    expect(seen.map((at) => guest.get(at))).toEqual(seen.map((at) => node.get(at)));
  });

  test("refuse what Node refuses", () =>
    both.sameForAll(fc.tuple(fc.constantFrom("setTimeout", "setInterval", "queueMicrotask"), fc.constantFrom("undefined", "null", "5", '"code"', "{}", "[]", "Symbol()", "() => {}")), `
      const id = globalThis[input[0]]((0, eval)("(" + input[1] + ")"), 60_000); clearTimeout(id); return id === undefined;`, 60)); // prettier-ignore
});

describe("performance", () => {
  test("is whole milliseconds since the start that the run's clock shows, whatever it waits for", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 15 }), { maxLength: 4 }), async (delays) => {
        const clock = { now: "2026-05-05T00:00:00.000Z", seed: "s" };
        const seen = await both.inGuest(
          `const out = [performance.now()]; for (const ms of input) { await new Promise((done) => setTimeout(done, ms)); out.push(performance.now()); }
           return [out, performance.timeOrigin, performance.toJSON(), Date.now()];`,
          delays,
          { clock },
        );
        const sums = delays.reduce((all, ms) => [...all, all.at(-1)! + ms], [0]);
        const timeOrigin = Date.parse(clock.now);
        expect(seen).toEqual([sums, timeOrigin, { timeOrigin }, timeOrigin + sums.at(-1)!]);
      }),
      { numRuns: 12 },
    );
  });

  test("agrees with Node's own in what does not depend on the machine", () =>
    both.sameForAll(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 3 }), `
      const begun = performance.now(); const began = Date.now(); let last = begun; let back = false;
      for (const ms of input) { await new Promise((done) => setTimeout(done, ms)); const now = performance.now(); back ||= now < last; last = now; }
      const least = input.reduce((sum, ms) => sum + Math.max(ms, 1) - 1, 0);
      return [back, last - begun >= least - 1, Math.abs(Date.now() - began - (last - begun)) < 5_000, typeof performance.timeOrigin, String(performance), performance.timeOrigin > 1.6e12];`, 15)); // prettier-ignore
});

describe("abort signals", () => {
  const op = fc.oneof(
    fc.record({ op: fc.constant("controller") }),
    fc.record({ op: fc.constant("any"), of: fc.array(fc.nat(6), { maxLength: 3 }) }),
    fc.record({ op: fc.constantFrom("abort", "listen", "once", "throw"), at: fc.nat(6), why: fc.option(fc.nat(3), { nil: undefined }) }),
    fc.record({ op: fc.constant("made"), why: fc.option(fc.nat(3), { nil: undefined }) }),
  ); // prettier-ignore

  test("abort together, in order, for the same reasons as Node's", () =>
    both.sameForAll(fc.array(op, { maxLength: 14 }), `
      const log = []; const signals = []; const controllers = new Map();
      const why = (reason) => (reason instanceof Error ? reason.name : reason ?? null);
      const pick = (at) => signals[at % (signals.length || 1)];
      input.forEach((step, i) => {
        if (step.op === "controller") { const c = new AbortController(); controllers.set(c.signal, c); signals.push(c.signal); }
        else if (step.op === "made") signals.push(AbortSignal.abort(step.why));
        else if (step.op === "any") signals.push(AbortSignal.any(step.of.map(pick).filter(Boolean)));
        else {
          const signal = pick(step.at); if (!signal) return;
          if (step.op === "abort") controllers.get(signal)?.abort(step.why);
          else if (step.op === "throw") { try { signal.throwIfAborted(); log.push("no"); } catch (error) { log.push(why(error)); } }
          else signal.addEventListener("abort", (e) => log.push([i, e.type, e.target === signal, signal.aborted, why(signal.reason)]), { once: step.op === "once" });
        }
      });
      return [log, signals.map((s) => [s.aborted, why(s.reason)])];`, 300)); // prettier-ignore
});

describe("events", () => {
  const step = fc.record({
    op: fc.constantFrom("add", "add", "remove", "dispatch", "dispatch"),
    type: fc.constantFrom("a", "b"),
    listener: fc.nat(4),
    once: fc.boolean(),
    passive: fc.boolean(),
    cancelable: fc.boolean(),
  });

  // Node asks capturing listeners in the order they came, and those that were added meanwhile; here it is as the standard has it.
  test("reach Node's listeners in Node's order", () =>
    both.sameForAll(fc.tuple(fc.boolean(), fc.array(step, { maxLength: 14 })), `
      const [capture, steps] = input; const log = []; const target = new EventTarget();
      const listeners = [
        (e) => log.push(["0", e.type, e.target === target]),
        (e) => { log.push("1"); e.preventDefault(); },
        (e) => { log.push("2"); e.stopImmediatePropagation(); },
        { handleEvent(e) { log.push(["3", this === listeners[3]]); target.removeEventListener(e.type, listeners[4], capture); } },
        (e) => { log.push("4"); target.removeEventListener(e.type, listeners[0], capture); },
      ];
      for (const s of steps) {
        const options = { capture, once: s.once, passive: s.passive };
        if (s.op === "add") target.addEventListener(s.type, listeners[s.listener], options);
        else if (s.op === "remove") target.removeEventListener(s.type, listeners[s.listener], capture);
        else { const e = new Event(s.type, { cancelable: s.cancelable }); log.push([target.dispatchEvent(e), e.defaultPrevented, e.eventPhase]); }
      }
      return log;`, 300)); // prettier-ignore
});

describe("randomness", () => {
  test("fills what Node fills and nothing beside it", () =>
    both.sameForAll(
      fc.tuple(fc.constantFrom("Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array", "BigInt64Array", "BigUint64Array", "Float32Array", "Float64Array", "DataView", "Array"), fc.nat(300), fc.nat(4)),
      `const [name, length, skip] = input; const buffer = new ArrayBuffer(8 * (length + skip + 4));
       const array = name === "Array" ? [] : name === "DataView" ? new DataView(buffer, 8 * skip, length) : new globalThis[name](buffer, 8 * skip, length);
       const same = crypto.getRandomValues(array) === array;
       const bytes = new Uint8Array(buffer); const inside = bytes.subarray(array.byteOffset, array.byteOffset + array.byteLength);
       const outside = [...bytes.subarray(0, array.byteOffset), ...bytes.subarray(array.byteOffset + array.byteLength)];
       return [same, outside.every((byte) => byte === 0), inside.length < 24 || inside.some((byte) => byte !== 0)];`,
    )); // prettier-ignore

  test("has no bit that never changes", async () => {
    const [ones, zeros, ids] = (await both.inGuest(`
      const or = new Uint8Array(16); const and = new Uint8Array(16).fill(255); const ids = new Set();
      for (let i = 0; i < 400; i++) { const bytes = crypto.getRandomValues(new Uint8Array(16)); bytes.forEach((b, at) => { or[at] |= b; and[at] &= b; }); ids.add(crypto.randomUUID()); }
      return [[...or], [...and], ids.size];`)) as [number[], number[], number]; // prettier-ignore
    expect([ones.every((byte) => byte === 255), zeros.every((byte) => byte === 0), ids]).toEqual([true, true, 400]);
  });
});
