// The seam of languages, shown by a language that is not JavaScript: the rows of the contract hold in it, and it shares a runtime with actions in TypeScript.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { JAVASCRIPT } from "../../../languages/javascript/language.ts";
import { createLanguages } from "../../../languages/registry.ts";
import { composeRuntime } from "../../../runtime/compose.ts";
import type { Environment, InvocationInput, Outcome, Runtime } from "../../../runtime/index.ts";
import { NUMBER, SILENT_LOGGER, contextOf, handoffsWith } from "../../runtime/executing.ts";
import { TOY } from "./toy.ts";

let runtime: Runtime;
let broken: Runtime;

beforeAll(async () => {
  const languages = createLanguages([JAVASCRIPT, TOY]);
  runtime = await composeRuntime({ logger: SILENT_LOGGER }, languages);
  const handoffs = handoffsWith(() => ({ record: () => Promise.reject(new Error("the disk is full")) }));
  broken = await composeRuntime({ logger: SILENT_LOGGER, handoffs }, languages);
});
afterAll(() => Promise.all([runtime.close(), broken.close()]));

function toy(source: string, over: Partial<InvocationInput> & { channel?: string } = {}): Promise<Outcome> {
  const { channel = "chat", ...rest } = over;
  return runtime.execute({ action: { source, filename: "action.toy" }, context: contextOf(channel), ...rest });
}

const ENVIRONMENTS: readonly Environment[] = ["production", "test", "mock"];
const CASES = ["chat", "phone"].flatMap((channel) => ENVIRONMENTS.map((environment) => ({ channel, environment })));

describe.each(CASES)("a toy action on $channel in $environment", ({ channel, environment }) => {
  const live = environment === "production";
  const onPhone = channel === "phone";

  test("row 1 and 6: one standard hand-off, skipped in test and mock", async () => {
    const outcome = await toy('hand_off ["why"]\nreturn last', { channel, environment });
    expect(outcome).toMatchObject({
      status: "returned",
      returnValue: { success: true },
      handoff: live ? { kind: "handoff", reason: "why", state: "recorded" } : null,
      intents: [{ kind: "handoff", reason: "why", verdict: live ? "recorded" : "skipped" }],
      bot: { mayReplyNow: true, mayReplyLater: !live },
    });
  });

  test("row 2 and 3: a number transfers the call on the phone channel, and its value is discarded", async () => {
    const outcome = await toy(`hand_off ["why", "${NUMBER}"]\nreturn {"secret":1}`, { channel, environment });
    const transferred = live && onPhone;
    expect(outcome.returnValueDiscarded).toBe(transferred);
    expect("returnValue" in outcome).toBe(!transferred);
    expect(outcome.intents).toMatchObject([{ kind: onPhone ? "phone_transfer" : "handoff" }]);
    expect(outcome.bot.mayReplyNow).toBe(!transferred);
  });

  test("row 4, 5 and 7: a bad number is rejected, the second call changes nothing, a long reason is cut", async () => {
    const long = "é".repeat(600);
    const lines = ['hand_off ["why", "12345"]', `hand_off ["${long}"]`, 'hand_off ["again"]', "return last"];
    const outcome = await toy(lines.join("\n"), { channel, environment });
    const verdicts = outcome.intents.map(({ verdict }) => verdict);
    const first = live ? "recorded" : "skipped";
    expect(verdicts).toEqual(
      onPhone ? ["rejected", first, "already_handed_off"] : [first, "already_handed_off", "already_handed_off"],
    );
    if (onPhone) expect(outcome.intents[1]!.reason).toBe(long.slice(0, 500));
  });
});

test("row 8: a conversation that is none is rejected", async () => {
  const source = 'hand_off ["why"]\nreturn last';
  const action = { source, filename: "action.toy" };
  const outcome = await runtime.execute({ action, context: { conversation: null, args: {} } });
  expect(outcome).toMatchObject({ returnValue: { success: false }, warnings: [{ code: "HANDOFF_REJECTED" }] });
});

test("row 10: what could not be recorded is told", async () => {
  const action = { source: 'hand_off ["why"]\nreturn last', filename: "action.toy" };
  const outcome = await broken.execute({ action, context: contextOf("chat") });
  expect(outcome).toMatchObject({ returnValue: { success: false }, handoff: null });
});

test("what it threw is shown by its own line, what does not end is cut off, what does not compile never runs", async () => {
  const threw = await toy("# a comment\nthrow no such order");
  expect(threw).toMatchObject({
    status: "threw",
    error: { code: "ACTION_THREW", name: "ToyError", message: "no such order", stack: "at action.toy:2", frame: "> 2" },
  });
  expect(await toy('hand_off ["why"]\nloop', { limits: { cpuMs: 100 } })).toMatchObject({
    status: "timed_out",
    error: { code: "CPU_LIMIT" },
    handoff: { kind: "handoff" },
  });
  expect(await toy("no statement")).toMatchObject({
    status: "invalid",
    error: { code: "SYNTAX_ERROR", message: expect.stringContaining("action.toy:1:1") },
  });
});

test("both languages run in one runtime, in one cordon, each in processes of its own image", async () => {
  const script = { source: "export const execute_action = () => ({ by: 'script' })", filename: "action.ts" };
  const ends = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      index % 2 === 0
        ? toy('return {"by":"toy"}', { tenant: "both" })
        : runtime.execute({ action: script, context: contextOf("chat"), tenant: "both" }),
    ),
  );
  expect(ends.map(({ returnValue }) => (returnValue as { by: string }).by)).toEqual(
    Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? "toy" : "script")),
  );
});
