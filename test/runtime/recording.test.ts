// What a recording holds and what it never holds, which runs are recorded and where they go, and what a replay says.
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, expect, test } from "@jest/globals";
import { recordingJsonSchema } from "../../scripts/recording-schema.ts";
import { type Recording, type Runtime, type RuntimeOptions, createRuntime } from "../../runtime/index.ts";
import { SILENT_LOGGER, action, contextOf, delay, faultOf, handoffsWith, NUMBER } from "./executing.ts";

const recordings: Recording[] = [];
const folders: string[] = [];
const runtimes: Runtime[] = [];
let sent = 0;

let common: Promise<Runtime> | null = null;

/** With options of its own, or the one of all tests without. */
async function start(over?: RuntimeOptions): Promise<Runtime> {
  return over === undefined ? (common ??= startWith({})) : startWith(over);
}

async function startWith(over: RuntimeOptions): Promise<Runtime> {
  const runtime = await createRuntime({
    logger: SILENT_LOGGER,
    workers: 1,
    egress: { hosts: ["api.example"] },
    network: () => ({
      exchange: () => {
        sent += 1;
        const body = Readable.from([Buffer.from(`{"order": ${sent}}`)]);
        return Promise.resolve({ status: 200, statusText: "OK", headers: [["content-type", "application/json"]], body });
      },
      destroy: () => Promise.resolve(),
    }),
    record: { source: true, to: (recording) => void recordings.push(recording) },
    ...over,
  });
  runtimes.push(runtime);
  return runtime;
} // prettier-ignore

afterAll(async () => {
  await Promise.all(runtimes.map((runtime) => runtime.close()));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

async function taken(): Promise<Recording> {
  while (recordings.length === 0) await delay(1);
  return recordings.shift()!;
}

const ORDER = action(`
  const order = await (await fetch("https://api.example/order?id=" + context.args.id)).json();
  const told = hand_off_conversation(context, "order " + order.order);
  return { order, told, at: Date.now() };`);

test("a replay makes the same outcome and has no effect", async () => {
  let recorded = 0;
  const runtime = await start({
    handoffs: handoffsWith((memory) => ({
      record: (request) => {
        recorded += 1;
        return memory.record(request);
      },
    })),
  });
  const outcome = await runtime.execute({ action: ORDER, context: contextOf("chat", { id: 7 }) });
  const recording = await taken();
  const before = { sent, recorded };
  const replayed = await runtime.replay(JSON.stringify(recording));
  expect(replayed).toMatchObject({ mode: "exact", equal: true, divergence: null, differences: [] });
  const { usage: _, ...was } = outcome;
  const { usage: __, ...is } = replayed.outcome;
  expect(JSON.stringify(is)).toBe(JSON.stringify(was));
  expect({ sent, recorded }).toEqual(before);
  expect(recordings).toEqual([]);
});

test("the clock of a recorded run stands still within a turn", async () => {
  const runtime = await start();
  const body = `
    const began = Date.now();
    let spins = 0;
    for (let i = 0; i < 3e6; i++) spins += Math.sqrt(i);
    const same = Date.now() === began && performance.now() === 0;
    await new Promise((ok) => setTimeout(ok, 20));
    return { same, moved: Date.now() - began >= 19 };`;
  const { returnValue } = await runtime.execute({ action: action(body), context: contextOf("chat") });
  expect(returnValue).toEqual({ same: true, moved: true });
  await taken();
});

test("no value of a secret is in a recording, and the replay of one is exact", async () => {
  const value = "sk-very-secret-0123456789";
  const runtime = await start({
    network: () => ({
      exchange: ({ headers }) => {
        const body = Readable.from([Buffer.from(JSON.stringify(headers))]);
        return Promise.resolve({ status: 200, statusText: "OK", headers: [], body });
      },
      destroy: () => Promise.resolve(),
    }),
  });
  const body = `
    const headers = { authorization: "Bearer " + secrets.KEY };
    return (await fetch("https://api.example/echo", { headers })).text();`;
  const secrets = { KEY: { value, hosts: ["api.example"] } };
  const { returnValue } = await runtime.execute({ action: action(body), context: contextOf("chat"), secrets });
  expect(returnValue).toContain("[redacted]");
  const recording = await taken();
  expect(JSON.stringify(recording)).not.toContain(value);
  expect(recording.redacted).toBeNull();
  expect(await runtime.replay(recording)).toMatchObject({ equal: true, mode: "exact" });
  // Where the host itself put it into the context, it is taken out all the same, and the recording says so.
  await runtime.execute({ action: action("return 1"), context: contextOf("chat", { key: value }), secrets });
  const held = await taken();
  expect(JSON.stringify(held)).not.toContain(value);
  expect(held.redacted).toEqual(["secrets"]);
});

test("what was redacted by a path is nowhere in the recording, and its replay compares decisions", async () => {
  const runtime = await start({
    record: { source: true, redact: ["args.name", "conversation.messages[*].content"], to: (one) => void recordings.push(one) },
  });
  const body = `
    const { name } = context.args;
    console.log("for " + name);
    await fetch("https://api.example/hello", { method: "POST", body: JSON.stringify({ name }) });
    hand_off_conversation(context, name + " asked: " + context.conversation.messages[0].content);
    return { name };`;
  const { conversation } = contextOf("chat");
  const messages = [{ sender: "customer", content: "Where is my parcel?", timestamp: "2026-01-01T00:00:00Z" }];
  const context = { conversation: { ...conversation, messages }, args: { name: "Ada Lovelace" } };
  await runtime.execute({ action: action(body), context });
  const recording = await taken();
  const text = JSON.stringify(recording);
  expect(text.replace(recording.action.artifact!.script, "")).not.toMatch(/Lovelace|parcel/);
  expect(recording.redacted).toEqual(["args.name", "conversation.messages[*].content"]);
  expect(recording.context).toMatchObject({ conversation: { messages: [{ sender: "customer" }] } });
  expect(await runtime.replay(text)).toMatchObject({ mode: "decisions", equal: true });
}); // prettier-ignore

test("a run ended by a limit replays to the same end, without its wait", async () => {
  const runtime = await start();
  const limits = { wallMs: 3_000, cpuMs: 300 };
  const run = (body: string) => runtime.execute({ action: action(body), context: contextOf("chat"), limits });
  await run(`await fetch("https://api.example/a"); await new Promise(() => {});`);
  const waiting = await taken();
  const began = performance.now();
  expect(await runtime.replay(waiting)).toMatchObject({ equal: true, outcome: { error: { code: "WALL_LIMIT" } } });
  expect(performance.now() - began).toBeLessThan(limits.wallMs);
  await run(`await fetch("https://api.example/b"); for (;;);`);
  expect(await runtime.replay(await taken())).toMatchObject({ equal: true, outcome: { error: { code: "CPU_LIMIT" } } });
});

test("a run that was cancelled, early or in its middle, replays as cancelled", async () => {
  const middle = new AbortController();
  const runtime = await start({
    network: () => ({
      exchange: () => {
        middle.abort();
        return new Promise(() => {});
      },
      destroy: () => Promise.resolve(),
    }),
  });
  const never = action(`hand_off_conversation(context, "r"); await fetch("https://api.example/c");`);
  for (const signal of [middle.signal, AbortSignal.abort()]) {
    await runtime.execute({ action: never, context: contextOf("chat"), signal });
    const replayed = await runtime.replay(await taken());
    expect(replayed).toMatchObject({ equal: true, outcome: { status: "cancelled" } });
  }
});

test("a transfer's discarded value is in no recording and no replay", async () => {
  const runtime = await start();
  const body = `hand_off_conversation(context, "r", "${NUMBER}"); return { note: context.args.a + "-" + "value" };`;
  await runtime.execute({ action: action(body), context: contextOf("phone", { a: "hidden" }) });
  const recording = await taken();
  expect(JSON.stringify(recording)).not.toContain("hidden-value");
  const replayed = await runtime.replay(recording);
  expect(replayed).toMatchObject({ equal: true, outcome: { returnValueDiscarded: true, handoff: { state: "fired" } } });
  expect(JSON.stringify(replayed)).not.toContain("hidden-value");
});

test("a store whose answer was late, refused or never came replays to the same verdicts", async () => {
  const body = `return [hand_off_conversation(context, "a"), hand_off_conversation(context, "b")];`;
  const stores: (() => Promise<never> | Promise<{ intentId: string; verdict: "rejected"; message: string }>)[] = [
    () => Promise.reject(new Error("down")),
    () => new Promise(() => {}),
    () => Promise.resolve({ intentId: "x", verdict: "rejected", message: "not to this number" }),
  ];
  for (const record of stores) {
    const runtime = await start({ handoffs: { ...handoffsWith(() => ({ record })), recordMs: 300 } });
    await runtime.execute({ action: action(body), context: contextOf("chat") });
    expect(await runtime.replay(await taken())).toMatchObject({ equal: true, differences: [] });
  }
});

test("changed code says what it would have done otherwise", async () => {
  const runtime = await start();
  await runtime.execute({ action: ORDER, context: contextOf("chat", { id: 7 }) });
  const recording = await taken();
  const before = sent;
  const other = action(`
    const order = await (await fetch("https://api.example/order?id=" + context.args.id)).json();
    const more = await fetch("https://api.example/stock").catch((error) => error.code);
    return { order, more };`);
  const replayed = await runtime.replay(recording, { action: other });
  expect(replayed).toMatchObject({
    mode: "changed",
    equal: false,
    unanswered: ["GET https://api.example/stock"],
    outcome: { handoff: null, returnValue: { more: "REPLAY_NO_ANSWER" } },
  });
  expect(replayed.differences.map(({ path }) => path)).toEqual(expect.arrayContaining(["handoff", "requests"]));
  // A change that changes nothing is none.
  const same = { ...ORDER, source: `${ORDER.source}\n// tidied\n` };
  expect(await runtime.replay(recording, { action: same })).toMatchObject({ mode: "changed", equal: false });
  const broken = await runtime.replay(recording, { action: { source: "export const = 1" } });
  expect(broken).toMatchObject({ mode: "changed", equal: false, outcome: { status: "invalid" } });
  expect(sent).toBe(before);
});

test("the first call that differs is named", async () => {
  const runtime = await start();
  await runtime.execute({ action: ORDER, context: contextOf("chat", { id: 7 }) });
  const recording = await taken();
  const context = { ...(recording.context as object), args: { id: 8 } };
  expect(await runtime.replay({ ...recording, context })).toMatchObject({
    equal: false,
    divergence: {
      call: 0,
      recorded: { name: "fetch.send", args: { url: "https://api.example/order?id=7" } },
      replayed: { name: "fetch.send", args: { url: "https://api.example/order?id=8" } },
    },
  });
});

test("failures alone, a function's choice, a folder of the owner's own", async () => {
  const folder = mkdtempSync(join(tmpdir(), "baton-recordings-"));
  folders.push(folder);
  const to = join(folder, "made", "for it");
  const runtime = await start({ record: { to, runs: "failures", source: true } });
  const run = (body: string) => runtime.execute({ action: action(body), context: contextOf("phone") });
  await run("return 1");
  await run("throw new Error('no')");
  await run("hand_off_conversation(context, 'r', 'not a number')");
  await runtime.close();
  const files = readdirSync(to);
  expect(files).toHaveLength(2);
  for (const file of files) {
    expect(file).toMatch(/\.recording\.json$/);
    expect(statSync(join(to, file)).mode & 0o077).toBe(0);
  }
  const kept = files.map((file) => JSON.parse(readFileSync(join(to, file), "utf8")) as Recording);
  expect(kept.map(({ outcome }) => outcome.status)).toEqual(["threw", "returned"]);
  const chosen = await start({ record: { runs: ({ returnValue }) => returnValue === 2, to: (one) => void recordings.push(one) } });
  await chosen.execute({ action: action("return 1"), context: contextOf("chat") });
  await chosen.execute({ action: action("return 2"), context: contextOf("chat") });
  expect((await taken()).outcome.returnValue).toBe(2);
  expect(recordings).toEqual([]);
}); // prettier-ignore

test("each run is asked for, and one that is not wanted is not listened to", async () => {
  const warned: object[] = [];
  const runtime = await start({
    logger: { ...SILENT_LOGGER, warn: (fields: object) => void warned.push(fields) },
    record: {
      to: (one) => void recordings.push(one),
      runs: "failures",
      each: ({ tenant }) => {
        if (tenant === "odd") throw new Error("who is that");
        return tenant === "quiet" ? null : { runs: "all", source: true, redact: ["args.id"] };
      },
    },
  });
  // A clock that stands still within a turn is that of a run that is listened to.
  const still = action("const from = Date.now(); for (let n = 0; n < 5e7 && Date.now() === from; n += 1e4) for (let i = 0; i < 1e4; i += 1); return Date.now() === from;");
  const run = (tenant: string) => runtime.execute({ action: still, tenant, context: contextOf("chat", { id: "A-4711" }) });
  expect((await run("quiet")).returnValue).toBe(false);
  expect((await run("odd")).returnValue).toBe(false);
  expect(warned).toHaveLength(1);
  expect((await run("kept")).returnValue).toBe(true);
  expect(await taken()).toMatchObject({ tenant: "kept", redacted: ["args.id"], context: { args: { id: "[redacted]" } } });
  expect(recordings).toEqual([]);
}); // prettier-ignore

test("a sink that fails takes no run along, and is logged", async () => {
  const warned: object[] = [];
  const logger = { ...SILENT_LOGGER, warn: (fields: object) => void warned.push(fields) };
  const runtime = await start({ logger, record: { to: () => Promise.reject(new Error("full")) } });
  expect(await runtime.execute({ action: action("return 1"), context: contextOf("chat") })).toMatchObject({
    returnValue: 1,
  });
  await runtime.close();
  expect(warned).toHaveLength(1);
});

test("without its source a recording is replayed with the action, and says so where there is none", async () => {
  const runtime = await start({ record: { to: (one) => void recordings.push(one) } });
  await runtime.execute({ action: ORDER, context: contextOf("chat", { id: 7 }) });
  const recording = await taken();
  expect(recording.action.artifact).toBeUndefined();
  expect(await runtime.replay(recording, { action: ORDER })).toMatchObject({ mode: "exact", equal: true });
  expect(await faultOf(runtime.replay(recording))).toMatchObject({ code: "RECORDING_INCOMPLETE", retry: "never" });
});

// oxlint-disable-next-line typescript/no-explicit-any -- a forger is held to no type
type Forged = Record<string, any>;

test("what is cut off or forged ends in one error that names the key, and crashes nothing", async () => {
  const runtime = await start();
  await runtime.execute({ action: ORDER, context: contextOf("chat", { id: 7 }) });
  const whole = JSON.stringify(await taken());
  const invalid = async (given: unknown, key: string) => {
    const fault = await faultOf(runtime.replay(given));
    expect(fault).toMatchObject({ code: "RECORDING_INVALID", retry: "never" });
    expect(fault.message).toContain(key);
    expect(fault.message).toContain("docs/replay.md");
  };
  for (let length = 0; length < whole.length; length += 211) await invalid(whole.slice(0, length), "not JSON");
  const forged = (change: (one: Forged) => void): unknown => {
    const one = JSON.parse(whole) as Forged;
    change(one);
    return one;
  };
  await invalid("[".repeat(100_000), "deep");
  for (const given of [null, 7, [], "null", {}]) await invalid(given, "");
  await invalid(forged((one) => (one["recording"] = 2)), "version");
  await invalid(forged((one) => (one["recording"] = 2n)), "version");
  await invalid(forged((one) => (one["turns"] = [])), "turns");
  await invalid(forged((one) => (one["turns"][0].at = 1e300)), "turns");
  await invalid(forged((one) => (one["clock"].entropy = "zz")), "entropy");
  await invalid(forged((one) => (one["clock"].now = "soon")), "now");
  await invalid(forged((one) => (one["limits"].wallMs = -1)), "wallMs");
  await invalid(forged((one) => (one["calls"][0].answerBytes = { base64: "?" })), "answerBytes");
  await invalid(forged((one) => (one["action"].language = "cobol")), "language");
  await invalid(forged((one) => (one["action"].artifact.map = "{}")), "map");
  await invalid(forged((one) => (one["more"] = 1)), "more");
  // What keeps to the schema and is no run that ever was differs, or ends as runs end.
  const script = "(exports) => { exports.execute_action = () => { throw new Error('forged'); }; }";
  for (const change of [
    (one: Forged) => (one["action"].artifact.script = "("),
    (one: Forged) => (one["action"].artifact.script = script),
    (one: Forged) => (one["preludes"] = { fetch: 7 }),
    (one: Forged) => (one["turns"] = [...(one["turns"] as object[]), { kind: "answer", of: 99, at: 1 }]),
    (one: Forged) => (one["calls"] = []),
    (one: Forged) => (one["calls"][0].args = null),
    (one: Forged) => delete one["calls"][0].answer,
    (one: Forged) => delete one["calls"][1].answer,
  ])
    expect(typeof (await runtime.replay(forged((one) => (change(one), (one["limits"].wallMs = 500))))).equal).toBe("boolean");
  expect(await runtime.replay(whole)).toMatchObject({ equal: true });
}); // prettier-ignore

test("the published schema is the one that recordings are read with", () => {
  expect(readFileSync("docs/recording.v1.schema.json", "utf8")).toBe(recordingJsonSchema());
});

test("options that cannot be used are refused at the start, by their key", async () => {
  for (const [record, key] of [
    [{}, "to"],
    [{ to: 7 }, "to"],
    [{ to: "x", runs: "some" }, "runs"],
    [{ to: "x", redact: ["a..b"] }, "redact"],
    [{ to: "x", sources: true }, "source"],
  ] as const)
    expect((await faultOf(createRuntime({ record: record as never, logger: SILENT_LOGGER }))).message).toContain(key);
});
