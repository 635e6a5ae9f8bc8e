/** The rows of the contract's table, through the command line as a process. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { join } from "node:path";
import type { Outcome } from "../../runtime/outcome.ts";
import { batonAll, context, outcomeOf, tempFolder } from "./baton.ts";
import type { Job, Result } from "./baton.ts";

const NUMBER = "+15551234567";
const folder = tempFolder({
  // Makes the calls that its arguments list, and returns the answers.
  "calls.ts": `export function execute_action(context) {
    return context.args.calls.map((call) => hand_off_conversation("context" in call ? call.context : context, call.reason, call.number));
  }`,
  "loading.ts": `let heard = "nothing was thrown";
    try { hand_off_conversation({ conversation: { id: "conv_1" } }, "too early"); } catch (error) { heard = error.name; }
    export const execute_action = () => heard;`,
  "late.ts": `export function execute_action(context) {
    Promise.resolve().then(() => Promise.resolve()).then(() => hand_off_conversation(context, "too late"));
    return { toJSON: () => hand_off_conversation(context, "while the result becomes text") };
  }`,
});
afterAll(() => folder[Symbol.dispose]());

interface Call {
  readonly context?: unknown;
  readonly reason?: unknown;
  readonly number?: unknown;
}

const run = (channel: string, calls: readonly Call[], ...flags: string[]): Job => ({
  args: ["run", join(folder.path, "calls.ts"), "--context", "-", "--json", ...flags],
  stdin: context(channel, { calls }),
});

const JOBS = {
  "1": run("chat", [{ reason: "please" }]),
  "1 by phone": run("phone", [{}]),
  "2": run("phone", [{ reason: "urgent", number: NUMBER }]),
  "3": run("Phone", [{ reason: "r", number: "not a number" }]),
  "3 not text": run("email", [{ number: { any: "thing" } }]),
  "4": run("phone", [{ number: "555-1234" }]),
  "4 and again": run("phone", [{ number: "+1 555 123 4567" }, { reason: "then so" }]),
  "5": run("chat", [{ reason: "again" }], "--already-handed-off"),
  "5 by phone": run("phone", [{ number: NUMBER }], "--already-handed-off"),
  "5 in the run": run("chat", [{ reason: "first" }, { reason: "second" }]),
  "6 test": run("phone", [{ number: NUMBER }, {}], "--environment", "test"),
  "6 mock": run("chat", [{ reason: "r" }], "--environment", "mock"),
  "7 long": run("chat", [{ reason: `${"é".repeat(499)}👋tail` }]),
  "7 not text": run("chat", [{ reason: 42 }]),
  "8 forged": run("chat", [{ context: { conversation: { id: "conv_2" } } }]),
  "8 missing": run("chat", [{ context: null }, { context: "conv_1" }]),
  "8 copy": run("chat", [{ context: { conversation: { id: "conv_1", latestChannel: "phone" } }, number: NUMBER }]),
  "8 none": { ...run("chat", []), stdin: JSON.stringify({ conversation: null, args: { calls: [{}] } }) },
  "9 loading": { ...run("chat", []), args: ["run", join(folder.path, "loading.ts"), "--context", "-", "--json"] },
  "9 late": { ...run("chat", []), args: ["run", join(folder.path, "late.ts"), "--context", "-", "--json"] },
} satisfies Record<string, Job>;

type Name = keyof typeof JOBS;
let results: Record<Name, Result>;
const settled = (name: Name): Outcome => outcomeOf(results[name]);
const answers = (name: Name) => settled(name).returnValue as unknown as { success: boolean; message: string }[];
const verdicts = (name: Name) => settled(name).intents.map(({ verdict }) => verdict);
const codes = (name: Name) => settled(name).warnings.map(({ code }) => code);

beforeAll(async () => {
  results = await batonAll(JOBS);
});

const THIS_TURN_ONLY = { mayReplyNow: true, mayReplyLater: false };
const GOES_ON = { mayReplyNow: true, mayReplyLater: true };
const SILENT = { mayReplyNow: false, mayReplyLater: false };

describe("each row, asked of the command line", () => {
  test("1: no hand-off yet and no number: success, one hand-off", () => {
    expect(answers("1")).toMatchObject([{ success: true }]);
    expect(settled("1").handoff).toMatchObject({ kind: "handoff", reason: "please", state: "recorded" });
    expect(settled("1").bot).toEqual(THIS_TURN_ONLY);
    expect(settled("1 by phone").handoff).toMatchObject({ kind: "handoff", reason: null, phoneDestination: null });
    expect(answers("1 by phone")).toMatchObject([{ success: true }]);
  });

  test("2: the phone channel and a valid number: one phone transfer, and the value is gone", () => {
    expect(settled("2")).toMatchObject({
      returnValueDiscarded: true,
      handoff: { kind: "phone_transfer", reason: "urgent", phoneDestination: NUMBER, state: "fired" },
      bot: SILENT,
    });
    expect(settled("2")).not.toHaveProperty("returnValue");
    expect(verdicts("2")).toEqual(["recorded"]);
  });

  test.each(["3", "3 not text"] as const)("%s: another channel and any number: a hand-off without it", (name) => {
    expect(answers(name)).toMatchObject([{ success: true }]);
    expect(answers(name)[0]?.message).not.toMatch(/number|phone/i);
    expect(settled(name).handoff).toMatchObject({ kind: "handoff", phoneDestination: null });
  });

  test("4: the phone channel and a bad number: nothing is recorded and somebody is warned", () => {
    expect(answers("4")).toMatchObject([{ success: false, message: expect.stringContaining("+15551234567") }]);
    expect(settled("4")).toMatchObject({ handoff: null, bot: GOES_ON });
    expect(verdicts("4")).toEqual(["rejected"]);
    expect(codes("4")).toEqual(["HANDOFF_REJECTED"]);
  });

  test("4: and the action can call again without it", () => {
    expect(answers("4 and again")).toMatchObject([{ success: false }, { success: true }]);
    expect(settled("4 and again").handoff).toMatchObject({ kind: "handoff", reason: "then so" });
    expect(codes("4 and again")).toEqual([]);
  });

  test.each(["5", "5 by phone"] as const)(
    "%s: already handed off: success, nothing changes, the bot is silent",
    (name) => {
      expect(answers(name)).toMatchObject([{ success: true }]);
      expect(settled(name)).toMatchObject({ handoff: null, returnValueDiscarded: false, bot: SILENT });
      expect(verdicts(name)).toEqual(["already_handed_off"]);
    },
  );

  test("5: the second call of a run changes nothing", () => {
    expect(verdicts("5 in the run")).toEqual(["recorded", "already_handed_off"]);
    expect(settled("5 in the run").handoff?.reason).toBe("first");
  });

  test("6: test or mock: skipped, the value is kept, and the run counts it as handed off", () => {
    expect(verdicts("6 test")).toEqual(["skipped", "already_handed_off"]);
    expect(answers("6 test")).toMatchObject([{ success: true }, { success: true }]);
    expect(settled("6 test")).toMatchObject({ handoff: null, returnValueDiscarded: false, bot: GOES_ON });
    expect(verdicts("6 mock")).toEqual(["skipped"]);
    expect(settled("6 mock")).toMatchObject({ handoff: null, bot: GOES_ON });
  });

  test("7: a reason over 500 characters is cut between characters, one that is not text is left out", () => {
    expect(settled("7 long").handoff?.reason).toBe(`${"é".repeat(499)}👋`);
    expect(settled("7 not text").handoff?.reason).toBeNull();
    for (const name of ["7 long", "7 not text"] as const) {
      expect(answers(name)).toMatchObject([{ success: true, message: expect.stringMatching(/reason/i) }]);
    }
  });

  test("8: a context that is not this run's is rejected", () => {
    expect(verdicts("8 forged")).toEqual(["rejected"]);
    expect(verdicts("8 missing")).toEqual(["rejected", "rejected"]);
    expect(verdicts("8 none")).toEqual(["rejected"]);
    expect(codes("8 none")).toEqual(["HANDOFF_REJECTED"]);
    expect(settled("8 forged").bot).toEqual(GOES_ON);
  });

  test("8: a copy with the same id serves, and the channel stays the host's", () => {
    expect(settled("8 copy").handoff).toMatchObject({ kind: "handoff", phoneDestination: null });
  });

  test("9: while the module loads it throws, and is no intent", () => {
    expect(settled("9 loading")).toMatchObject({ status: "returned", handoff: null, intents: [] });
    expect(settled("9 loading").returnValue).not.toBe("nothing was thrown");
  });

  test("9: a call while the result becomes text counts, a later one is not heard", () => {
    expect(settled("9 late").handoff?.reason).toBe("while the result becomes text");
    expect(settled("9 late").intents).toHaveLength(1);
  });

  test("all of them returned, so the exit status is 0", () => {
    for (const { status } of Object.values(results)) expect(status).toBe(0);
  });
});
