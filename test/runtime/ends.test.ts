// Every way a run can end, as an Outcome; what an action asked for before its end stands after it.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Outcome, Runtime } from "../../runtime/index.ts";
import { createRuntime } from "../../runtime/index.ts";
import { isAlive, until, workerPids } from "../processes.ts";
import { NUMBER, SILENT_LOGGER, action, contextOf, delay, handoffsWith, run } from "./executing.ts";

let runtime: Runtime;
/** Its record function runs `onRecorded` once a hand-off is recorded, while the action still waits for the answer. */
let watched: Runtime;
let onRecorded: () => unknown = () => undefined;

beforeAll(async () => {
  runtime = await createRuntime({ logger: SILENT_LOGGER });
  watched = await createRuntime({
    logger: SILENT_LOGGER,
    handoffs: handoffsWith((memory) => ({
      async record(request) {
        const receipt = await memory.record(request);
        await onRecorded();
        return receipt;
      },
    })),
  });
});
afterAll(() => Promise.all([runtime.close(), watched.close()]));

const LOOP = "for (;;);";
const HOG = "const kept = []; for (;;) kept.push(new Array(100_000).fill(kept.length));";
const NEVER = "await new Promise(() => {});";

interface End {
  readonly name: string;
  readonly body: string;
  readonly status: Outcome["status"];
  readonly code: string;
  readonly limits?: Readonly<Record<string, number>>;
}

const ENDS: readonly End[] = [
  { name: "throwing", body: `throw new Error("no");`, status: "threw", code: "ACTION_THREW" },
  { name: "an endless loop", body: LOOP, status: "timed_out", code: "CPU_LIMIT", limits: { cpuMs: 100 } },
  {
    name: "an endless loop by the wall clock",
    body: LOOP,
    status: "timed_out",
    code: "WALL_LIMIT",
    limits: { wallMs: 100, cpuMs: 60_000 },
  },
  {
    name: "a promise that never settles",
    body: NEVER,
    status: "timed_out",
    code: "WALL_LIMIT",
    limits: { wallMs: 100 },
  },
  {
    name: "a microtask loop",
    body: "for (;;) await null;",
    status: "timed_out",
    code: "CPU_LIMIT",
    limits: { cpuMs: 100 },
  },
  {
    name: "running out of memory",
    body: HOG,
    status: "out_of_memory",
    code: "OUT_OF_MEMORY",
    limits: { cpuMs: 20_000 },
  },
  { name: "a BigInt result", body: "return 1n;", status: "threw", code: "RESULT_NOT_JSON" },
  { name: "a cyclic result", body: "const a: any = {}; a.a = a; return a;", status: "threw", code: "RESULT_NOT_JSON" },
  {
    name: "too large a result",
    body: `return "x".repeat(2000);`,
    status: "threw",
    code: "RESULT_TOO_LARGE",
    limits: { returnBytes: 1000 },
  },
  {
    name: "a looping getter of the result",
    body: "return { get a() { for (;;); } };",
    status: "timed_out",
    code: "CPU_LIMIT",
    limits: { cpuMs: 100 },
  },
  {
    name: "a looping getter of the thrown error",
    body: "throw { get stack() { for (;;); } };",
    status: "timed_out",
    code: "CPU_LIMIT",
    limits: { cpuMs: 100 },
  },
];

describe.each(ENDS)("$name", ({ body, status, code, limits }) => {
  test(`ends as ${status}, ${code}`, async () => {
    const outcome = await run(runtime, body, limits ? { limits } : {});
    expect(outcome).toMatchObject({ status, handoff: null, intents: [], warnings: [], returnValueDiscarded: false });
    expect(outcome.error).toMatchObject({ code, message: expect.stringMatching(/.\.?$/), retry: "safe" });
    expect(outcome).not.toHaveProperty("returnValue");
    expect(outcome.bot).toEqual({ mayReplyNow: true, mayReplyLater: true });
  });

  test("does not take back a hand-off that was recorded before it", async () => {
    const outcome = await run(runtime, `hand_off_conversation(context, "before"); ${body}`, limits ? { limits } : {});
    expect(outcome).toMatchObject({ status, handoff: { kind: "handoff", reason: "before", state: "recorded" } });
    expect(outcome.intents).toMatchObject([{ verdict: "recorded" }]);
    expect(outcome.bot).toEqual({ mayReplyNow: true, mayReplyLater: false });
    expect(outcome.error).toMatchObject({ code, retry: "unsafe" });
  });

  test("does not take back a transfer either, and there is no return value to discard", async () => {
    const over = { channel: "phone", ...(limits ? { limits } : {}) };
    const outcome = await run(runtime, `hand_off_conversation(context, null, "${NUMBER}"); ${body}`, over);
    expect(outcome).toMatchObject({ status, handoff: { kind: "phone_transfer", state: "fired" } });
    expect(outcome.returnValueDiscarded).toBe(false);
    expect(outcome.bot).toEqual({ mayReplyNow: false, mayReplyLater: false });
  });
});

describe("a worker process that dies", () => {
  test("ends the run as crashed, and the hand-off of which it never heard stands", async () => {
    onRecorded = async () => {
      const workers = workerPids();
      for (const pid of workers) process.kill(pid, "SIGKILL");
      // The answer must find no run left to take it.
      await until(() => !workers.some(isAlive));
    };
    const outcome = await run(watched, `hand_off_conversation(context, "before the crash"); return 1`);
    onRecorded = () => undefined;
    expect(outcome).toMatchObject({ status: "crashed", handoff: { reason: "before the crash", state: "recorded" } });
    expect(outcome.error).toMatchObject({ code: "WORKER_LOST", retry: "unsafe" });
    expect(outcome.bot).toEqual({ mayReplyNow: true, mayReplyLater: false });
  });

  test("is replaced: the next run is as good as any", async () => {
    expect(await run(watched, "return 1")).toMatchObject({ status: "returned", returnValue: 1 });
  });
});

describe("cancelling", () => {
  test("before the run begins nothing runs", async () => {
    const signal = AbortSignal.abort();
    const outcome = await run(runtime, `hand_off_conversation(context)`, { signal });
    expect(outcome).toMatchObject({ status: "cancelled", error: { code: "CANCELLED", retry: "safe" }, intents: [] });
  });

  test.each([
    ["a wait", NEVER],
    ["a loop", LOOP],
  ])("ends %s, and the hand-off before it stands", async (_, body) => {
    const controller = new AbortController();
    onRecorded = () => void setTimeout(() => controller.abort(), 20);
    const outcome = await run(watched, `hand_off_conversation(context); ${body}`, {
      signal: controller.signal,
      limits: { cpuMs: 20_000, wallMs: 20_000 },
    });
    onRecorded = () => undefined;
    expect(outcome).toMatchObject({ status: "cancelled", handoff: { kind: "handoff" }, error: { retry: "unsafe" } });
  });

  test("while the action waits for the store, the hand-off that gets recorded stands", async () => {
    const controller = new AbortController();
    onRecorded = async () => {
      controller.abort();
      await delay(300);
    };
    const outcome = await run(watched, `hand_off_conversation(context); ${LOOP}`, { signal: controller.signal });
    onRecorded = () => undefined;
    expect(outcome).toMatchObject({ status: "cancelled", handoff: { kind: "handoff", state: "recorded" } });
  });

  test("after the end changes nothing", async () => {
    const controller = new AbortController();
    const outcome = await run(runtime, "return 1", { signal: controller.signal });
    controller.abort();
    expect(outcome.status).toBe("returned");
  });
});

describe("what never ran", () => {
  test.each([
    ["no entry point", "export const other = 1;", "ENTRY_MISSING"],
    ["an entry point that is no function", "export const execute_action = 1;", "ENTRY_NOT_A_FUNCTION"],
    ["source that does not compile", "export function execute_action( {", "SYNTAX_ERROR"],
  ])("%s is invalid", async (_, source, code) => {
    const outcome = await runtime.execute({ action: { source }, context: contextOf("chat") });
    expect(outcome).toMatchObject({ status: "invalid", error: { code, retry: "never" }, intents: [], handoff: null });
    expect(outcome.bot).toEqual({ mayReplyNow: true, mayReplyLater: true });
  });

  test.each<[string, object]>([
    ["no context", { context: undefined }],
    ["a context without args", { context: { conversation: null } }],
    ["a conversation without an id", { context: { conversation: {}, args: {} } }],
    ["a context that JSON cannot carry", { context: { args: { n: 1n } } }],
    ["an unknown key", { colour: "red" }],
    ["an unknown environment", { environment: "staging" }],
    ["an unknown limit", { limits: { wallMS: 1 } }],
    ["a limit out of range", { limits: { wallMs: 0 } }],
    ["a time that is none", { now: "yesterday" }],
    ["a time that is not ISO 8601", { now: "1" }],
    ["a signal that is none", { signal: {} }],
    ["an empty tenant", { tenant: "" }],
    ["no action", { action: {} }],
  ])("%s is invalid", async (_, over) => {
    const input = { action: action("return 1"), context: contextOf("chat"), ...over } as never;
    const outcome = await runtime.execute(input);
    expect(outcome).toMatchObject({ status: "invalid", error: { retry: "never" }, bot: { mayReplyNow: true } });
    expect(outcome.error?.code).toMatch(/^(INVOCATION|CONTEXT)_INVALID$/);
  });

  test("in a conversation that was handed off before, the bot stays silent all the same", async () => {
    const context = contextOf("chat");
    await runtime.execute({ action: action("hand_off_conversation(context)"), context });
    for (const source of ["export function execute_action( {", "export const other = 1;"]) {
      const outcome = await runtime.execute({ action: { source }, context });
      expect(outcome).toMatchObject({ status: "invalid", handoff: null });
      expect(outcome.bot).toEqual({ mayReplyNow: false, mayReplyLater: false });
    }
  });

  test("a full queue refuses, and the execution id is free again", async () => {
    const small = await createRuntime({ logger: SILENT_LOGGER, workers: 1, runsPerWorker: 1, queuePerTenant: 1 });
    try {
      const body = `const end = Date.now() + 200; while (Date.now() < end);`;
      const results = await Promise.all(
        ["a", "b", "c", "d"].map((executionId) => run(small, body, { executionId, context: contextOf("chat") })),
      );
      const refused = results.filter(({ status }) => status === "refused");
      expect(refused.length).toBeGreaterThan(0);
      expect(refused[0]).toMatchObject({ error: { code: "QUEUE_FULL", retry: "safe" }, bot: { mayReplyNow: true } });
      expect(refused[0]!.usage.wallMs).toBe(0);
      const again = await run(small, "return 2", { executionId: refused[0]!.executionId });
      expect(again).toMatchObject({ status: "returned", returnValue: 2 });
    } finally {
      await small.close();
    }
  });
});
