// A store of hand-offs that never answers, or answers when no call waits any more: every wait for it ends, and says what is known.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Begun, BeginRequest, Handoffs, Outcome, Runtime } from "../../runtime/index.ts";
import { HostFault, createRuntime } from "../../runtime/index.ts";
import { NUMBER, SILENT_LOGGER, contextOf, delay, faultOf, handoffsWith, run } from "./executing.ts";

const SILENT = { mayReplyNow: false, mayReplyLater: false };
const STORE_MS = 60;
const silence = <T>(): Promise<T> => new Promise(() => {});

let common: Runtime;
let current: Handoffs;
beforeAll(async () => {
  const handoffs: Handoffs = {
    begin: (request) => current.begin(request),
    record: (request) => current.record(request),
    fire: (intentId, signal) => current.fire(intentId, signal),
    standing: (conversation) => current.standing(conversation),
    end: (tenant, executionId, outcome) => current.end(tenant, executionId, outcome),
  };
  common = await createRuntime({ logger: SILENT_LOGGER, storeMs: STORE_MS, handoffs });
});
afterAll(() => common.close());

/** The runtime of all tests, on hand-offs of which a part behaves as asked. */
function runtimeOn(over: Parameters<typeof handoffsWith>[0]): Runtime {
  current = handoffsWith(over);
  return common;
}

/** A runtime of a test's own, with the lines of its log: for one that closes it, or reads those. */
async function runtimeWith(over: Parameters<typeof handoffsWith>[0], storeMs = STORE_MS) {
  const errors: object[] = [];
  const logger = { ...SILENT_LOGGER, error: (fields: object) => void errors.push(fields) } as never;
  const runtime = await createRuntime({ logger, storeMs, handoffs: handoffsWith(over) });
  return { runtime, errors };
}

describe("a store that does not answer", () => {
  test("when an execution begins: nothing runs, and the caller may ask again", async () => {
    let asked = 0;
    const runtime = runtimeOn((memory) => ({
      begin: (request) => ((asked += 1) === 1 ? silence() : memory.begin(request)),
    }));
    const fault = await faultOf(run(runtime, "return 1", { executionId: "e" }));
    expect(fault).toMatchObject({ name: "HostFault", code: "HANDOFFS_UNAVAILABLE", retry: "safe" });
    expect(await run(runtime, "return 1", { executionId: "e" })).toMatchObject({ status: "returned", returnValue: 1 });
  });

  test("when an execution begins, and says only later that it was claimed: the id is free again", async () => {
    const late = Promise.withResolvers<void>();
    const freed = Promise.withResolvers<Outcome>();
    let asked = 0;
    const runtime = runtimeOn((memory) => ({
      async begin(request) {
        if ((asked += 1) === 1) await late.promise;
        return memory.begin(request);
      },
      async end(tenant, executionId, outcome) {
        await memory.end(tenant, executionId, outcome);
        freed.resolve(outcome);
      },
    }));
    expect(await faultOf(run(runtime, "return 1", { executionId: "e" }))).toMatchObject({ retry: "safe" });
    late.resolve();
    expect(await freed.promise).toMatchObject({ executionId: "e", status: "refused" });
    // Another input under that id is no mismatch: it never ran.
    expect(await run(runtime, "return 2", { executionId: "e" })).toMatchObject({ returnValue: 2 });
  });

  test("a stored outcome that comes too late is left as it is", async () => {
    const ends: string[] = [];
    const late = Promise.withResolvers<Begun>();
    const runtime = runtimeOn(() => ({
      begin: () => late.promise,
      end: async (_tenant, executionId) => void ends.push(executionId),
    }));
    await faultOf(run(runtime, "return 1"));
    late.resolve({ replay: {} as Outcome });
    await delay(10);
    expect(ends).toEqual([]);
  });

  test("while the action waits for its hand-off: it hears no success, and the conversation counts as handed off", async () => {
    const runtime = runtimeOn(() => ({ record: () => silence() }));
    const outcome = await run(runtime, `return hand_off_conversation(context, "why")`);
    expect(outcome).toMatchObject({
      status: "returned",
      returnValue: { success: false },
      intents: [{ verdict: "unknown", reason: "why" }],
      handoff: { kind: "handoff", state: "unknown" },
      bot: { mayReplyNow: true, mayReplyLater: false },
      warnings: [{ code: "HANDOFF_UNKNOWN" }],
    });
  });

  test("while the action waits for a transfer: nothing is dialled, and the value is kept back", async () => {
    const dialled: string[] = [];
    const runtime = runtimeOn(() => ({
      record: () => silence(),
      async fire(intentId) {
        dialled.push(intentId);
        return "accepted";
      },
    }));
    const outcome = await run(runtime, `hand_off_conversation(context, null, "${NUMBER}"); return "value";`, {
      channel: "phone",
    });
    expect(outcome).toMatchObject({
      returnValueDiscarded: true,
      handoff: { kind: "phone_transfer", state: "unknown" },
      bot: { mayReplyNow: false, mayReplyLater: false },
    });
    expect(JSON.stringify(outcome)).not.toContain('"value"');
    expect(dialled).toEqual([]);
  });

  test.each(["standing", "end"] as const)("to %s costs no outcome, and is logged", async (step) => {
    const { runtime, errors } = await runtimeWith(() => ({ [step]: () => silence() }));
    const bot = step === "standing" ? SILENT : { mayReplyNow: true, mayReplyLater: true };
    expect(await run(runtime, "return 1")).toMatchObject({ status: "returned", returnValue: 1, bot });
    expect(errors).toMatchObject([{ step, error: { code: "HANDOFFS_UNAVAILABLE" } }]);
    await runtime.close();
  });

  test.each(["begin", "standing", "end"] as const)("to %s does not hold up close", async (step) => {
    const asked = Promise.withResolvers<void>();
    const silent = (): Promise<never> => {
      asked.resolve();
      return silence();
    };
    // Only closing ends a wait for `begin` here.
    const { runtime } = await runtimeWith(() => ({ [step]: silent }), step === "begin" ? 600_000 : 1000);
    const running = run(runtime, "return 1").catch((error: HostFault) => error.code);
    await asked.promise;
    await runtime.close();
    if (step === "begin") expect(await running).toBe("RUNTIME_CLOSED");
    else expect(await running).toMatchObject({ status: "returned" });
  });
});

describe("where a conversation stands that cannot be asked", () => {
  const refuse = (): Promise<never> => Promise.reject(new HostFault("STORE_UNAVAILABLE", "down", "safe"));

  test.each([
    ["refuses", refuse],
    ["is silent", silence],
  ] as const)("counts as handed off at the end of a run, where the store %s", async (_, standing) => {
    const runtime = runtimeOn(() => ({ standing }));
    const outcome = await run(runtime, "return 1");
    expect(outcome).toMatchObject({ status: "returned", returnValue: 1, handoff: null, bot: SILENT });
    expect(outcome.warnings.map(({ code }) => code)).toEqual(["STANDING_UNKNOWN"]);
  });

  test("changes nothing where the run handed off itself", async () => {
    const runtime = runtimeOn(() => ({ standing: refuse }));
    const outcome = await run(runtime, "hand_off_conversation(context); return 1");
    expect(outcome).toMatchObject({ bot: { mayReplyNow: true, mayReplyLater: false }, warnings: [] });
  });

  test("counts as handed off in a replay too, and no longer once the store answers", async () => {
    let away = false;
    const runtime = runtimeOn((memory) => ({
      standing: (of) => (away ? refuse() : memory.standing(of)),
    }));
    const again = { context: contextOf("chat"), executionId: "e" };
    const first = await run(runtime, "return 1", again);
    away = true;
    const unknown = await run(runtime, "return 1", again);
    expect(unknown).toMatchObject({ returnValue: 1, bot: SILENT, warnings: [{ code: "STANDING_UNKNOWN" }] });
    away = false;
    expect(await run(runtime, "return 1", again)).toEqual(first);
  });
});

describe("an execution that runs elsewhere", () => {
  const elsewhere = (asked: () => void): Handoffs["begin"] =>
    function begin(request: BeginRequest) {
      request.waiting?.();
      asked();
      return silence();
    };

  test("is waited for beyond storeMs, because the store answers", async () => {
    const runtime = runtimeOn(() => ({}));
    const body = `await new Promise((resolve) => setTimeout(resolve, ${STORE_MS * 5})); return Math.random();`;
    const context = { conversation: { id: "elsewhere" }, args: {} };
    const [first, second] = await Promise.all([
      run(runtime, body, { executionId: "e", context }),
      run(runtime, body, { executionId: "e", context }),
    ]);
    expect(first.status).toBe("returned");
    expect(second).toEqual(first);
  });

  test("is not waited for by a runtime that closes", async () => {
    const asked = Promise.withResolvers<void>();
    const { runtime } = await runtimeWith(() => ({ begin: elsewhere(asked.resolve) }));
    const running = faultOf(run(runtime, "return 1"));
    await asked.promise;
    await runtime.close();
    expect(await running).toMatchObject({ code: "RUNTIME_CLOSED" });
  });
});

test("what a store says of itself is its cause; what the caller did wrong stays its own fault", async () => {
  const failing = (fault: HostFault) => runtimeOn(() => ({ begin: () => Promise.reject(fault) }));
  for (const code of ["STORE_UNAVAILABLE", "STORE_ANSWER_LOST"] as const) {
    const runtime = failing(new HostFault(code, "down", "unsafe"));
    const fault = await faultOf(run(runtime, "return 1"));
    expect(fault).toMatchObject({ code: "HANDOFFS_UNAVAILABLE", retry: "safe", cause: { code } });
  }
  const runtime = failing(new HostFault("EXECUTION_MISMATCH", "another", "never"));
  expect(await faultOf(run(runtime, "return 1"))).toMatchObject({ code: "EXECUTION_MISMATCH", retry: "never" });
});

test("a bound that is none is a TypeError", async () => {
  await expect(createRuntime({ storeMs: 0 })).rejects.toThrow(TypeError);
});
