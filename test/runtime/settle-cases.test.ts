// What each end of a run and each course of its hand-off come to, word for word: the cases beside the sentences of settle.test.ts.
import { describe, expect, test } from "@jest/globals";
import type { EffectiveHandoff, Intent, Recorded } from "../../host-api/index.ts";
import type { Outcome, OutcomeError } from "../../runtime/outcome.ts";
import { settle, settleReplay, statusOf, type Facts } from "../../runtime/settle.ts";
import type { Completion, RunEnd } from "../../sandbox/index.ts";

const NUMBER = "+15551234567";
const FREE = { mayReplyNow: true, mayReplyLater: true };
const ONE_TURN = { mayReplyNow: true, mayReplyLater: false };
const SILENT = { mayReplyNow: false, mayReplyLater: false };
const ERROR: OutcomeError = { code: "ACTION_THREW", name: "Error", message: "no", retry: "safe" };
const usage = { queuedMs: 1, wallMs: 2, hostMs: 3, cpuMs: 4, peakMemoryBytes: 5, hostCalls: 6 };
const logs = [{ level: "info", message: "line", time: "2026-01-01T00:00:00.000Z" }] as const;

const completionOf = (end: RunEnd): Completion => ({ end, logs: [...logs], logsDropped: 7, usage });
const RETURNED = completionOf({ type: "returned", value: 1 });
const thrown = { name: "Error", message: "no", stack: null };
const THREW = completionOf({ type: "threw", phase: "running", error: thrown });

const intent = (of: Partial<Intent> = {}): Intent => ({
  kind: "handoff",
  reason: "why",
  phoneDestination: null,
  verdict: "recorded",
  message: "told",
  ...of,
});
const NOTHING: Recorded = { intents: [], effective: null, overflowed: false, skipped: false };
const HANDOFF: EffectiveHandoff = {
  kind: "handoff",
  intentId: "i",
  reason: "why",
  phoneDestination: null,
  state: "recorded",
};
const TRANSFER: EffectiveHandoff = { ...HANDOFF, kind: "phone_transfer", phoneDestination: NUMBER };
const with_ = (effective: EffectiveHandoff): Recorded => ({
  ...NOTHING,
  effective,
  intents: [intent({ kind: effective.kind, phoneDestination: effective.phoneDestination, verdict: effective.state })],
});

const facts = (of: Partial<Facts> = {}): Facts => ({
  executionId: "e",
  completion: RETURNED,
  recorded: NOTHING,
  fired: null,
  before: { epoch: 0, handedOff: false },
  after: { epoch: 0, handedOff: false },
  error: undefined,
  ...of,
});

const WARNING = {
  rejected: {
    code: "HANDOFF_REJECTED",
    message: "The action asked for a human and every request was rejected: nobody was handed off.",
  },
  unknown: {
    code: "HANDOFF_UNKNOWN",
    message: "The store never said whether the hand-off was recorded; it counts as handed off.",
  },
  refused: {
    code: "TRANSFER_REFUSED",
    message: "The provider refused the phone transfer; it became a standard hand-off.",
  },
  transferUnknown: {
    code: "TRANSFER_UNKNOWN",
    message: "It is not known whether the phone transfer went through; it is not tried again.",
  },
  calls: {
    code: "HANDOFF_CALLS_EXCEEDED",
    message:
      "The action called hand_off_conversation more often than handOffCalls allows; the calls past it were answered without being recorded.",
  },
  standing: {
    code: "STANDING_UNKNOWN",
    message: "The store did not say where the conversation stands; it counts as handed off.",
  },
} as const;

test("a run that returned, and did nothing else", () => {
  expect(settle(facts())).toEqual({
    executionId: "e",
    status: "returned",
    returnValue: 1,
    returnValueDiscarded: false,
    handoff: null,
    intents: [],
    bot: FREE,
    warnings: [],
    logs,
    logsDropped: 7,
    usage,
  });
});

test("a run that threw, with the error that its author is told of", () => {
  expect(settle(facts({ completion: THREW, error: ERROR }))).toEqual({
    executionId: "e",
    status: "threw",
    returnValueDiscarded: false,
    handoff: null,
    intents: [],
    bot: FREE,
    warnings: [],
    error: ERROR,
    logs,
    logsDropped: 7,
    usage,
  });
});

test.each([
  [{ type: "returned", value: null }, "returned"],
  [{ type: "threw", phase: "loading", error: thrown }, "threw"],
  [{ type: "bad_result", reason: "not_json", error: thrown }, "threw"],
  [{ type: "no_entry", found: null }, "invalid"],
  [{ type: "timed_out", limit: "wall", stack: null, waiting: false }, "timed_out"],
  [{ type: "out_of_memory", stack: null }, "out_of_memory"],
  [{ type: "crashed", reason: "killed", ownFault: true }, "crashed"],
  [{ type: "cancelled" }, "cancelled"],
  [{ type: "refused" }, "refused"],
] as const satisfies readonly (readonly [RunEnd, string])[])("the end %j has the status %s", (end, status) => {
  expect(statusOf(completionOf(end))).toBe(status);
});

interface Case {
  readonly given: Partial<Facts>;
  readonly handoff: Outcome["handoff"];
  readonly bot: Outcome["bot"];
  readonly warnings: readonly Outcome["warnings"][number][];
  readonly discarded?: true;
}

const asHandoff = { ...TRANSFER, kind: "handoff", phoneDestination: null, state: "recorded" } as const;
const CASES: Readonly<Record<string, Case>> = {
  "a standard hand-off": { given: { recorded: with_(HANDOFF) }, handoff: HANDOFF, bot: ONE_TURN, warnings: [] },
  "a standard hand-off that a provider was never asked about": {
    given: { recorded: with_(HANDOFF), fired: "accepted" },
    handoff: HANDOFF,
    bot: ONE_TURN,
    warnings: [],
  },
  "a hand-off of which the store did not say whether it was recorded": {
    given: { recorded: with_({ ...HANDOFF, state: "unknown" }) },
    handoff: { ...HANDOFF, state: "unknown" },
    bot: ONE_TURN,
    warnings: [WARNING.unknown],
  },
  "a transfer of which the store did not say whether it was recorded": {
    given: { recorded: with_({ ...TRANSFER, state: "unknown" }) },
    handoff: { ...TRANSFER, state: "unknown" },
    bot: SILENT,
    warnings: [WARNING.transferUnknown],
    discarded: true,
  },
  "a transfer that fired": {
    given: { recorded: with_(TRANSFER), fired: "accepted" },
    handoff: { ...TRANSFER, state: "fired" },
    bot: SILENT,
    warnings: [],
    discarded: true,
  },
  "a transfer of which the provider's answer is unknown": {
    given: { recorded: with_(TRANSFER), fired: "unknown" },
    handoff: { ...TRANSFER, state: "unknown" },
    bot: SILENT,
    warnings: [WARNING.transferUnknown],
    discarded: true,
  },
  "a transfer that the provider refused": {
    given: { recorded: with_(TRANSFER), fired: "refused" },
    handoff: asHandoff,
    bot: ONE_TURN,
    warnings: [WARNING.refused],
  },
  "a conversation that was handed off before": {
    given: { before: { epoch: 0, handedOff: true, kind: "handoff" }, after: null },
    handoff: null,
    bot: SILENT,
    warnings: [],
  },
  "a concurrent run that handed off": {
    given: { after: { epoch: 0, handedOff: true, kind: "handoff" } },
    handoff: null,
    bot: ONE_TURN,
    warnings: [],
  },
  "a concurrent run that handed off, of which the keeper does not say how": {
    given: { after: { epoch: 0, handedOff: true } },
    handoff: null,
    bot: ONE_TURN,
    warnings: [],
  },
  "a concurrent run that transferred the call": {
    given: { after: { epoch: 0, handedOff: true, kind: "phone_transfer" } },
    handoff: null,
    bot: SILENT,
    warnings: [],
  },
  "a concurrent transfer that the call itself met": {
    given: {
      recorded: {
        ...NOTHING,
        intents: [intent({ verdict: "already_handed_off" })],
        alreadyHandedOffBy: "phone_transfer",
      },
      after: null,
    },
    handoff: null,
    bot: SILENT,
    warnings: [],
  },
  "a concurrent hand-off that the call itself met": {
    given: {
      recorded: { ...NOTHING, intents: [intent({ verdict: "already_handed_off" })], alreadyHandedOffBy: "handoff" },
      after: null,
    },
    handoff: null,
    bot: ONE_TURN,
    warnings: [],
  },
  "calls that were all rejected": {
    given: { recorded: { ...NOTHING, intents: [intent({ verdict: "rejected" }), intent({ verdict: "rejected" })] } },
    handoff: null,
    bot: FREE,
    warnings: [WARNING.rejected],
  },
  "calls of which one was rejected and one skipped": {
    given: {
      recorded: {
        ...NOTHING,
        intents: [intent({ verdict: "rejected" }), intent({ verdict: "skipped" })],
        skipped: true,
      },
    },
    handoff: null,
    bot: FREE,
    warnings: [],
  },
  "a call that was rejected, and one that was recorded": {
    given: { recorded: { ...with_(HANDOFF), intents: [intent({ verdict: "rejected" }), intent()] } },
    handoff: HANDOFF,
    bot: ONE_TURN,
    warnings: [],
  },
  "calls past the limit": {
    given: { recorded: { ...NOTHING, overflowed: true } },
    handoff: null,
    bot: FREE,
    warnings: [WARNING.rejected, WARNING.calls],
  },
  "calls past the limit in a conversation that was handed off before": {
    given: {
      recorded: { ...NOTHING, overflowed: true },
      before: { epoch: 0, handedOff: true, kind: "handoff" },
      after: null,
    },
    handoff: null,
    bot: SILENT,
    warnings: [WARNING.calls],
  },
  "rejected calls in a conversation that was handed off before": {
    given: {
      recorded: { ...NOTHING, intents: [intent({ verdict: "rejected" })] },
      before: { epoch: 0, handedOff: true, kind: "handoff" },
      after: null,
    },
    handoff: null,
    bot: SILENT,
    warnings: [WARNING.rejected],
  },
  "a standing that could not be asked": {
    given: { after: "unknown" },
    handoff: null,
    bot: SILENT,
    warnings: [WARNING.standing],
  },
  "a standing that could not be asked after calls that were rejected": {
    given: { after: "unknown", recorded: { ...NOTHING, intents: [intent({ verdict: "rejected" })] } },
    handoff: null,
    bot: SILENT,
    warnings: [WARNING.rejected, WARNING.standing],
  },
  "a standing that could not be asked where the run handed off itself": {
    given: { after: "unknown", recorded: with_(HANDOFF) },
    handoff: HANDOFF,
    bot: ONE_TURN,
    warnings: [],
  },
  "work that was left open": {
    given: { leftOpen: "A timer is still open." },
    handoff: null,
    bot: FREE,
    warnings: [{ code: "WORK_LEFT_OPEN", message: "A timer is still open." }],
  },
  "no work that was left open": { given: { leftOpen: null }, handoff: null, bot: FREE, warnings: [] },
};

describe.each(Object.entries(CASES))("%s", (_name, { given, handoff, bot, warnings, discarded }) => {
  test("comes to this", () => {
    const outcome = settle(facts(given));
    expect(outcome).toMatchObject({ handoff, bot, warnings, intents: given.recorded?.intents ?? [] });
    expect(outcome.warnings).toHaveLength(warnings.length);
    expect(outcome.returnValueDiscarded).toBe(discarded ?? false);
    expect("returnValue" in outcome).toBe(discarded !== true);
  });

  test("and to the same where the action threw", () => {
    const outcome = settle(facts({ ...given, completion: THREW, error: ERROR }));
    expect(outcome).toMatchObject({
      status: "threw",
      error: ERROR,
      handoff,
      bot,
      warnings,
      returnValueDiscarded: false,
    });
    expect("returnValue" in outcome).toBe(false);
  });
});

describe("a value of which JSON keeps nothing", () => {
  const warningsOf = (emptied: string, of: Partial<Facts> = {}) =>
    settle(facts({ completion: completionOf({ type: "returned", value: {}, emptied }), ...of })).warnings;
  test.each([
    ["Promise", "{}", "Await it."],
    ["[object Map]", "{}", "Return Object.fromEntries(map)."],
    ["Set", "{}", "Return [...set]."],
    ["Response", "{}", "Return what it holds, such as await response.json()."],
    ["Request", "{}", "Return what it holds, such as its url."],
    ["Headers", "{}", "Return Object.fromEntries(headers)."],
    ["URLSearchParams", "{}", "Return Object.fromEntries(params)."],
    ["FormData", "{}", "Return Object.fromEntries(form)."],
    ["Error", "{}", "Return its message."],
    ["Generator", "{}", "Return [...generator]."],
    ["AsyncGenerator", "{}", "Collect it with Array.fromAsync."],
    ["function", "null", "Return plain data instead."],
    ["symbol", "null", "Return plain data instead."],
    ["MyClass", "{}", "Return plain data instead."],
  ])("%s became %s", (emptied, became, advice) => {
    const kind = emptied.replace(/^\[object |\]$/g, "");
    const message = `The action returned a value of the kind ${kind}, of which JSON keeps nothing: it became ${became}. ${advice}`;
    expect(warningsOf(emptied)).toEqual([{ code: "RESULT_EMPTIED", message }]);
  });

  test("whose kind cannot be read is an object", () => {
    expect(warningsOf("<script>")).toMatchObject([{ message: expect.stringContaining("of the kind object, ") }]);
  });

  test("is not spoken of where a transfer discards it", () => {
    expect(warningsOf("Promise", { recorded: with_(TRANSFER), fired: "accepted" })).toEqual([]);
  });
});

describe("a replay", () => {
  const free = settle(facts({ leftOpen: "open" }));
  const own = settle(facts({ recorded: with_(HANDOFF) }));
  const transferred = settle(facts({ recorded: with_(TRANSFER), fired: "accepted" }));
  const HELD = { epoch: 0, handedOff: true, kind: "handoff" } as const;
  const BACK = { epoch: 1, handedOff: false };

  test.each([
    ["of a run that did nothing, while the bot has the conversation", free, BACK, FREE],
    ["of a run that did nothing, handed off since", free, HELD, SILENT],
    ["of a run that handed off, while a human has it", own, HELD, ONE_TURN],
    ["of a run that handed off, handed back since", own, BACK, FREE],
    ["of a run that transferred the call", transferred, HELD, SILENT],
    ["of a run that transferred the call, handed back since", transferred, BACK, { ...FREE, mayReplyNow: false }],
  ])("%s", (_name, outcome, now, bot) => {
    expect(settleReplay(outcome, now)).toEqual({ ...outcome, bot });
  });

  test("where the store does not say keeps the bot silent, and its warnings", () => {
    expect(settleReplay(free, "unknown")).toEqual({
      ...free,
      bot: SILENT,
      warnings: [{ code: "WORK_LEFT_OPEN", message: "open" }, WARNING.standing],
    });
  });
});
