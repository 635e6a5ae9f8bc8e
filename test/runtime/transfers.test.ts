// Phone transfers after the run, with providers and stores that refuse, hang, fail or never say.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Handoffs, Outcome, RecordReceipt, RecordRequest, Runtime } from "../../runtime/index.ts";
import { createRuntime } from "../../runtime/index.ts";
import { NUMBER, SILENT_LOGGER, delay, handoffsWith, run } from "./executing.ts";

type Fire = Handoffs["fire"];
type Record = Handoffs["record"];

let runtime: Runtime;
let fire: Fire;
let record: Record | null;
let ended: Outcome[];
let fired: string[];

beforeAll(async () => {
  runtime = await createRuntime({
    logger: SILENT_LOGGER,
    handoffs: {
      ...handoffsWith((memory) => ({
        record: (request) => (record === null ? memory.record(request) : record(request)),
        fire(intentId, signal) {
          fired.push(intentId);
          return fire(intentId, signal);
        },
        end(tenant, executionId, outcome) {
          ended.push(outcome);
          return memory.end(tenant, executionId, outcome);
        },
      })),
      recordMs: 1_000,
    },
  });
});
beforeEach(() => {
  fire = () => Promise.resolve("accepted");
  record = null;
  ended = [];
  fired = [];
});
afterAll(() => runtime.close());

const SECRET = "the value that nobody may see";
const BODY = `hand_off_conversation(context, "why", "${NUMBER}"); return "${SECRET}";`;
const transfer = (body = BODY, over = {}) => run(runtime, body, { channel: "phone", ...over });

const SILENT = { mayReplyNow: false, mayReplyLater: false };

const UNKNOWN: readonly [string, Fire][] = [
  ["says that it does not know", () => Promise.resolve("unknown")],
  ["rejects", () => Promise.reject(new Error("connection reset"))],
  [
    "throws",
    () => {
      throw new Error("not even a promise");
    },
  ],
  ["answers something else", () => Promise.resolve("perhaps" as never)],
];

describe("a provider that", () => {
  test("accepts: the transfer fired and the value is dropped, from the stored outcome too", async () => {
    const outcome = await transfer();
    expect(outcome).toMatchObject({ status: "returned", returnValueDiscarded: true, bot: SILENT, warnings: [] });
    expect(outcome.handoff).toMatchObject({ kind: "phone_transfer", state: "fired", phoneDestination: NUMBER });
    expect(fired).toEqual([outcome.handoff?.intentId]);
    expect(JSON.stringify([outcome, ended])).not.toContain(SECRET);
  });

  test("refuses: it becomes a standard hand-off and the value is kept", async () => {
    fire = () => Promise.resolve("refused");
    const outcome = await transfer();
    expect(outcome).toMatchObject({ status: "returned", returnValue: SECRET, returnValueDiscarded: false });
    expect(outcome.handoff).toMatchObject({
      kind: "handoff",
      phoneDestination: null,
      reason: "why",
      state: "recorded",
    });
    expect(outcome.intents).toMatchObject([{ kind: "phone_transfer", verdict: "recorded", phoneDestination: NUMBER }]);
    expect(outcome.bot).toEqual({ mayReplyNow: true, mayReplyLater: false });
    expect(outcome.warnings).toMatchObject([{ code: "TRANSFER_REFUSED" }]);
  });

  test.each(UNKNOWN)("%s: that counts as fired, and is dialled once", async (_, answer) => {
    fire = answer;
    const outcome = await transfer();
    expect(outcome).toMatchObject({ status: "returned", returnValueDiscarded: true, bot: SILENT });
    expect(outcome.handoff).toMatchObject({ kind: "phone_transfer", state: "unknown" });
    expect(outcome.warnings).toMatchObject([{ code: "TRANSFER_UNKNOWN" }]);
    expect(fired).toHaveLength(1);
    expect(JSON.stringify([outcome, ended])).not.toContain(SECRET);
  });

  test("hangs: the wait ends, its signal is aborted, and it counts as fired", async () => {
    let aborted = false;
    fire = (_, signal) =>
      new Promise(() => {
        signal.addEventListener("abort", () => (aborted = true));
      });
    const outcome = await transfer();
    expect(outcome).toMatchObject({ returnValueDiscarded: true, bot: SILENT, handoff: { state: "unknown" } });
    expect(aborted).toBe(true);
  });

  test("is not asked for a standard hand-off, in a test environment, or for a run that handed nothing off", async () => {
    await transfer(`hand_off_conversation(context)`);
    await transfer(BODY, { environment: "test" });
    await transfer(`hand_off_conversation(context, null, "nonsense")`);
    expect(fired).toEqual([]);
  });

  test("is asked although the run ended badly", async () => {
    const outcome = await transfer(`hand_off_conversation(context, null, "${NUMBER}"); throw new Error("no")`);
    expect(outcome).toMatchObject({ status: "threw", handoff: { state: "fired" }, returnValueDiscarded: false });
  });
});

test("a provider that hangs keeps an embedding process that waits for nothing else alive until the outcome", async () => {
  const runtimeUrl = new URL("../../runtime/index.ts", import.meta.url).href;
  const script = `
    import { createRuntime, createMemoryHandoffs } from ${JSON.stringify(runtimeUrl)};
    const memory = createMemoryHandoffs();
    memory.fire = () => new Promise(() => {});
    await using runtime = await createRuntime({ handoffs: memory });
    const outcome = await runtime.execute({
      action: { source: 'export const execute_action = (c) => hand_off_conversation(c, null, "${NUMBER}")' },
      context: { conversation: { id: "c", latestChannel: "phone" }, args: {} },
    });
    console.log(outcome.handoff.state);`;
  const cwd = fileURLToPath(new URL("../../", import.meta.url));
  const stdout = await new Promise((resolve) => {
    execFile(process.execPath, ["--input-type=module", "-e", script], { cwd, env: {} }, (_, text) => resolve(text));
  });
  expect(stdout).toBe("unknown\n");
});

const receipt = (request: RecordRequest, verdict: RecordReceipt["verdict"]): RecordReceipt => ({
  intentId: request.intentId,
  verdict,
});

describe("a store that", () => {
  const ASK = `const answer = hand_off_conversation(context, "why"); return answer;`;

  test.each<[string, Record]>([
    ["rejects", () => Promise.reject(new Error("down"))],
    [
      "throws",
      () => {
        throw new Error("down");
      },
    ],
  ])("%s: the action hears it, and nothing was handed off", async (_, answer) => {
    record = answer;
    const outcome = await run(runtime, ASK);
    expect(outcome).toMatchObject({ returnValue: { success: false }, handoff: null, bot: { mayReplyLater: true } });
    expect(outcome.warnings).toMatchObject([{ code: "HANDOFF_REJECTED" }]);
  });

  test("refuses by policy: the action hears the policy's words", async () => {
    record = async (request) => ({ ...receipt(request, "rejected"), message: "Not this number." });
    const outcome = await transfer(`return hand_off_conversation(context, null, "${NUMBER}")`);
    expect(outcome).toMatchObject({ returnValue: { success: false, message: "Not this number." }, handoff: null });
    expect(outcome.intents).toMatchObject([{ verdict: "rejected" }]);
  });

  test("does not know: the conversation counts as handed off", async () => {
    record = async (request) => receipt(request, "unknown");
    const outcome = await run(runtime, ASK);
    expect(outcome).toMatchObject({ returnValue: { success: false }, handoff: { kind: "handoff", state: "unknown" } });
    expect(outcome.bot).toEqual({ mayReplyNow: true, mayReplyLater: false });
    expect(outcome.intents).toMatchObject([{ verdict: "unknown" }]);
    expect(outcome.warnings).toMatchObject([{ code: "HANDOFF_UNKNOWN" }]);
  });

  test("does not know of a transfer: it is not dialled, and the value is dropped", async () => {
    record = async (request) => receipt(request, "unknown");
    const outcome = await transfer();
    expect(outcome).toMatchObject({ returnValueDiscarded: true, bot: SILENT, handoff: { state: "unknown" } });
    expect(fired).toEqual([]);
    expect(JSON.stringify([outcome, ended])).not.toContain(SECRET);
  });

  test("hangs: after recordMs the answer is unknown, and the wait is not the action's time", async () => {
    record = () => new Promise(() => {});
    const outcome = await run(runtime, ASK, { limits: { wallMs: 1_000 } });
    expect(outcome).toMatchObject({ status: "returned", returnValue: { success: false } });
    expect(outcome).toMatchObject({ handoff: { state: "unknown" }, bot: { mayReplyNow: true, mayReplyLater: false } });
    expect(outcome.usage.hostMs).toBeGreaterThan(900);
    expect(outcome.usage.wallMs).toBeLessThan(1_000);
  });

  test("is slow: waiting for it does not count against wallMs", async () => {
    record = async (request) => {
      await delay(700);
      return receipt(request, "recorded");
    };
    const outcome = await run(runtime, ASK, { limits: { wallMs: 400 } });
    expect(outcome).toMatchObject({ status: "returned", returnValue: { success: true } });
  });

  test("answers late, while the action still runs: the intent is told as it turned out", async () => {
    record = async (request) => {
      await delay(1_200);
      return receipt(request, "recorded");
    };
    const body = `hand_off_conversation(context, "why"); const end = Date.now() + 900; while (Date.now() < end);`;
    const outcome = await run(runtime, body, { limits: { cpuMs: 5_000 } });
    expect(outcome).toMatchObject({ handoff: { state: "recorded" }, intents: [{ verdict: "recorded" }], warnings: [] });
  });

  test("says that somebody else was first: nothing is dialled and the kind decides over the bot", async () => {
    record = async (request) => ({ ...receipt(request, "already_handed_off"), kind: "phone_transfer" });
    const outcome = await transfer();
    expect(outcome).toMatchObject({ handoff: null, returnValue: SECRET, bot: SILENT });
    record = async (request) => ({ ...receipt(request, "already_handed_off"), kind: "handoff" });
    expect(await transfer()).toMatchObject({ handoff: null, bot: { mayReplyNow: true, mayReplyLater: false } });
    expect(fired).toEqual([]);
  });

  test("gets the live call, the epoch and the execution with the request", async () => {
    const seen: RecordRequest[] = [];
    record = async (request) => {
      seen.push(request);
      return receipt(request, "recorded");
    };
    const outcome = await transfer(BODY, { executionId: "execution 1", tenant: "tenant 1" });
    expect(seen).toMatchObject([
      {
        tenant: "tenant 1",
        executionId: "execution 1",
        epoch: 0,
        kind: "phone_transfer",
        call: { from: "+15550100123" },
      },
    ]);
    expect(outcome.handoff?.intentId).toBe(seen[0]?.intentId);
  });
});
