/** A worker process in an attacker's hands: the script that is started is not ours, and says what it likes. */
import { expect, test } from "@jest/globals";
import { type ProcessSeen, isAlive, processes, until } from "../../processes.ts";
import { SILENT, measureDelay } from "../harness.ts";
import { fly, nothingSeen, sandboxWith } from "../flight/flight.ts";
import { useForgery } from "./forgery.ts";

const forged = useForgery();

const BROKEN: Readonly<Record<string, string>> = {
  "no JSON": 'say("{");',
  "a frame of an unknown type": 'say({ type: "exec", run });',
  "a frame with one key more": 'say({ type: "freed", run, __proto__2: 1 });',
  "a number where text belongs": 'ended(run, { type: "returned", json: 1 });',
  "a result that is no JSON": 'returned(run, "{]");',
  "a result over its cap": 'returned(run, JSON.stringify("x".repeat(300 * 1024)));',
  "a length over the cap": 'raw(frame("", undefined, 2 ** 31));',
  "attached bytes over the cap": 'raw(frame("{}", undefined, 2, 2 ** 31));',
  "a frame of thirty megabytes": 'say({ type: "log", run, level: "info", message: "x".repeat(3e7), time: "" });',
  "an error of a megabyte":
    'ended(run, { type: "threw", phase: "running", error: { name: "x", message: "x".repeat(1e6), stack: null } });',
  "a usage that is no number": 'ended(run, { type: "returned", json: "1" }, { usage: { ...usage, cpuMs: null } });',
  "a call of no host function": 'sync({ type: "call", run, name: "constructor", args: "[]" });',
  "a call by __proto__": 'sync({ type: "call", run, name: "__proto__", args: "[]" });',
  "a sync call of an async function": 'sync({ type: "call", run, name: "sleep", args: "1" });',
  "an async call of a sync function": 'say({ type: "call", run, call: 1, name: "mark", args: "1" });',
  "a call for a run of nobody": 'sync({ type: "call", run: run + 99, name: "mark", args: "1" });',
  "arguments over the cap": 'sync({ type: "call", run, name: "mark", args: JSON.stringify("x".repeat(100 * 1024)) });',
  "more calls than the budget": 'for (let i = 0; i < 500; i++) sync({ type: "call", run, name: "mark", args: "1" });',
  "a frame after everything ended":
    'returned(run, "1"); say({ type: "freed", run, missing: 0 }); setTimeout(() => say({ type: "log", run, level: "info", message: "x", time: "" }), 100);',
  "ready once more": 'say({ type: "ready", missing: 0 });',
  "a sign of life that nobody asked for": 'say({ type: "pong", ping: 0, heaps: {} });',
  "stages that were not asked for": 'say({ type: "stages", run, marks: [["guest_done", 1]] });',
  "stages, after everything ended, that were not asked for":
    'returned(run, "1"); say({ type: "stages", run, marks: [["guest_done", 1]] });',
  "a kind of frame that there is not": "raw(places(63, 8, () => {}));",
  "a kind of the host's own": "raw(places(6, 9, () => {}));",
  "a result shorter than its measures": "raw(places(1, 43, (body) => body.writeUInt32LE(run, 0)));",
  "a measure that is not a number": 'result(run, "1", [1, NaN, 1, 0]);',
  "a measure below nothing": 'result(run, "1", [1, 0, -1, 0]);',
  "a measure without end": 'result(run, "1", [1, 0, 1, Infinity]);',
  "a result in places that is no JSON": 'result(run, "{]");',
  "a result in places with bytes too many in front": 'result(run, "1", [1, 0, 1, 0], 1);',
  "a result in places over its cap": 'result(run, JSON.stringify("x".repeat(300 * 1024)));',
  "a result in places with a journal that nobody asked for": 'result(run, "1", [1, 0, 1, 0], 0, 10);',
  "a run that is gone with a byte too many": "raw(places(2, 9, (body) => body.writeUInt32LE(run, 0)));",
  "a run that is gone with a byte too few": "raw(places(2, 7, (body) => body.writeUInt32LE(run, 0)));",
  "in places that a run is gone that has not ended": "raw(places(2, 8, (body) => body.writeUInt32LE(run, 0)));",
  "word of a turn with bytes beside it": 'raw(places(4, 4, (body) => body.writeUInt32LE(run, 0), "", 3));',
  "an isolate that was not asked for": "raw(places(3, 4, () => {}));",
  "a call of a name longer than its frame":
    "writeSync(4, places(5, 5, (body) => { body.writeUInt32LE(run, 0); body[4] = 200; }));",
  "a call in places of no host function":
    'writeSync(4, places(5, 5, (body) => { body.writeUInt32LE(run, 0); body[4] = 11; }, "constructor[]"));',
  "a call on the channel of frames": "raw(places(5, 5, (body) => body.writeUInt32LE(run, 0)));",
  "a frame on the channel of calls": "writeSync(4, places(2, 8, (body) => body.writeUInt32LE(run, 0)));",
  "bytes beside a line of its log": 'raw(frame(JSON.stringify(log(run, "x")), Buffer.alloc(10)));',
  "a sign of life with bytes beside it":
    'raw(frame(JSON.stringify({ type: "pong", ping: 0, heaps: {} }), Buffer.alloc(10)));',
  "a frame that is long without a long text":
    'say({ type: "ended", run, more: Array.from({ length: 300_000 }, () => ({})) });',
  "a frame of many short texts": 'say({ type: "log", run, texts: Array.from({ length: 200_000 }, () => "x") });',
  "word that a run is gone that has not ended": 'say({ type: "freed", run, missing: 0 });',
};

for (const [name, onRun] of Object.entries(BROKEN))
  test(`a worker that sends ${name} is killed`, async () => {
    const seen = nothingSeen();
    const sandbox = sandboxWith(forged(name, onRun));
    // The one that gets the run; a spare may take its place as soon as it is gone.
    const started: ProcessSeen[] = [];
    sandbox.events.subscribe((each) => {
      if (each.event === "worker.ready") started.push(...processes().filter(({ pid }) => pid === each.worker));
    });
    const { result, delayMs } = await measureDelay(() => fly(sandbox, seen, { body: "", limits: { wallMs: 60_000 } }));
    if (name.includes("after everything")) expect(result.end).toEqual({ type: "returned", value: 1 });
    else expect(result.end).toMatchObject({ type: "crashed", ownFault: true });
    expect(seen.marks.length).toBeLessThanOrEqual(100);
    expect(delayMs).toBeLessThan(400);
    if (process.platform !== "linux") return;
    const { pid, parent } = started[0]!;
    await until(() => !isAlive(pid) && (parent === process.pid || !isAlive(parent)));
  });

test("one that says nothing is ended at the limits, and one that floods keeps nobody from it", async () => {
  for (const onRun of [
    "",
    "for (;;);",
    "setInterval(() => { for (let i = 0; i < 200; i++) say({ type: 'log', run, level: 'info', message: 'x'.repeat(1000), time: '' }); }, 1);",
  ]) {
    const sandbox = sandboxWith(forged("silent", onRun));
    const { result, delayMs } = await measureDelay(() =>
      fly(sandbox, nothingSeen(), { body: "", limits: { wallMs: 600, cpuMs: 300 } }),
    );
    expect(["timed_out", "crashed", "out_of_memory"]).toContain(result.end.type);
    expect(result.logs.length).toBeLessThanOrEqual(1_000);
    expect(delayMs).toBeLessThan(400);
    await sandbox.close();
  }
});

test("a result in fixed places is read as one of JSON text", async () => {
  const forge = forged(
    "places",
    `result(run, '{"a":[1]}', [1, 2, 3, 4]); raw(places(2, 8, (body) => body.writeUInt32LE(run, 0)));`,
  );
  const { end, usage } = await fly(sandboxWith(forge), nothingSeen(), { body: "" });
  expect(end).toEqual({ type: "returned", value: { a: [1] } });
  expect(usage).toMatchObject({ wallMs: 1, hostMs: 2, cpuMs: 3 });
  // Or what the watch saw the process take, where it came by.
  expect(usage.peakMemoryBytes).toBeGreaterThanOrEqual(4);
});

test("measures that cannot be true are not believed: sums are made of them, for the bill and in the store", async () => {
  for (const onRun of [
    `result(run, "1", [1e308, 1e308, 1e308, 1e308]);`,
    `ended(run, { type: "returned", json: "1" }, { usage: { wallMs: 1e308, hostMs: 1e308, cpuMs: 1e308, peakMemoryBytes: 1e308, hostCalls: 2 ** 53 - 1 } });`,
  ]) {
    const before = performance.now();
    const { end, usage } = await fly(sandboxWith(forged("measures", onRun)), nothingSeen(), { body: "" });
    const passed = performance.now() - before + 1_000;
    expect(end).toEqual({ type: "returned", value: 1 });
    expect(usage.hostCalls).toBe(0);
    expect(Math.max(usage.wallMs, usage.hostMs, usage.cpuMs / 64)).toBeLessThanOrEqual(passed);
    expect(usage.peakMemoryBytes).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
  }
});

test("a result with a member named __proto__ stays a member", async () => {
  const sandbox = sandboxWith(forged("proto", `returned(run, '{"__proto__":{"evil":1}}');`));
  const { end } = await fly(sandbox, nothingSeen(), { body: "" });
  expect(end.type === "returned" && Object.keys(end.value as object)).toEqual(["__proto__"]);
  expect(SILENT).not.toHaveProperty("evil");
});
