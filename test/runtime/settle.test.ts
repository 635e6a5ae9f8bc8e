// `settle` is pure: whatever a run came to, these sentences of the contract hold of its outcome.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Recorded } from "../../host-api/index.ts";
import type { Standing } from "../../runtime/handoffs/handoffs.ts";
import type { Facts } from "../../runtime/settle.ts";
import { settle } from "../../runtime/settle.ts";
import type { Completion, RunEnd } from "../../sandbox/index.ts";

const NUMBER = "+15551234567";
const VALUE = "the value that an action returned";

const kind = fc.constantFrom("handoff", "phone_transfer");
const error = { name: "Error", message: "no", stack: null };

const end: fc.Arbitrary<RunEnd> = fc.oneof(
  fc.constant({ type: "returned", value: VALUE } as RunEnd),
  fc.constantFrom<RunEnd>(
    { type: "threw", phase: "running", error },
    { type: "threw", phase: "loading", error },
    { type: "bad_result", reason: "not_json", error },
    { type: "no_entry", found: null },
    { type: "timed_out", limit: "wall", stack: null, waiting: true },
    { type: "out_of_memory", stack: null },
    { type: "crashed", reason: "killed", ownFault: true },
    { type: "cancelled" },
    { type: "refused" },
  ),
);

const completion: fc.Arbitrary<Completion> = end.map((end) => ({
  end,
  logs: [],
  logsDropped: 0,
  usage: { queuedMs: 0, wallMs: 1, hostMs: 0, cpuMs: 1, peakMemoryBytes: 1, hostCalls: 0 },
}));

const intent = fc.record({
  kind,
  reason: fc.constant(null),
  phoneDestination: fc.constant(null),
  verdict: fc.constantFrom("already_handed_off" as const, "skipped" as const, "rejected" as const),
  message: fc.constant("told"),
});

/** What a recorder can come to: an effective hand-off has its intent, and excludes a concurrent one and a skipped one. */
const recorded: fc.Arbitrary<Recorded> = fc
  .record({
    others: fc.array(intent, { maxLength: 4 }),
    effective: fc.option(fc.record({ kind, state: fc.constantFrom("recorded" as const, "unknown" as const) })),
    already: fc.option(kind),
    overflowed: fc.boolean(),
  })
  .map(({ others, effective, already, overflowed }) => {
    const phoneDestination = effective?.kind === "phone_transfer" ? NUMBER : null;
    const own = effective && { kind: effective.kind, reason: "why", phoneDestination };
    return {
      intents: own ? [...others, { ...own, verdict: effective.state, message: "told" }] : others,
      effective: own && { ...own, intentId: "intent", state: effective.state },
      ...(own || already === null ? {} : { alreadyHandedOffBy: already }),
      overflowed,
      skipped: others.some(({ verdict }) => verdict === "skipped"),
    };
  });

const standing: fc.Arbitrary<Standing> = fc.oneof(
  fc.constant({ epoch: 0, handedOff: false }),
  kind.map((kind) => ({ epoch: 0, handedOff: true, kind })),
);

const facts: fc.Arbitrary<Facts> = fc
  .record({
    executionId: fc.constant("execution"),
    completion,
    recorded,
    before: standing,
    after: fc.option(fc.oneof(standing, fc.constant("unknown" as const))),
    answer: fc.constantFrom("accepted" as const, "refused" as const, "unknown" as const),
  })
  .map(({ answer, ...rest }) => {
    const { effective } = rest.recorded;
    const isDialled = effective?.kind === "phone_transfer" && effective.state === "recorded";
    return { ...rest, fired: isDialled ? answer : null, error: undefined };
  });

const holds = (sentence: (given: Facts, outcome: ReturnType<typeof settle>) => void): void =>
  fc.assert(
    fc.property(facts, (given) => sentence(given, settle(given))),
    { numRuns: 500 },
  );

describe("settle", () => {
  test("changes none of its facts, and gives the same outcome twice", () =>
    holds((given, outcome) => {
      const copy = structuredClone(given);
      expect(settle(given)).toEqual(outcome);
      expect(given).toEqual(copy);
    }));

  test("drops the return value if and only if a transfer fired and the action had returned", () =>
    holds(({ completion, recorded, fired }, outcome) => {
      const hasReturned = completion.end.type === "returned";
      const hasFired = recorded.effective?.kind === "phone_transfer" && fired !== "refused";
      expect(outcome.returnValueDiscarded).toBe(hasReturned && hasFired);
      expect("returnValue" in outcome).toBe(hasReturned && !hasFired);
      if (!("returnValue" in outcome)) expect(JSON.stringify(outcome)).not.toContain(VALUE);
    }));

  test("lets an intent that was recorded stand, however the run ended", () =>
    holds(({ recorded }, outcome) => {
      expect(outcome.handoff === null).toBe(recorded.effective === null);
      if (outcome.handoff === null) return;
      expect(outcome.handoff).toMatchObject({ intentId: "intent", reason: "why" });
      expect(outcome.bot.mayReplyLater).toBe(false);
    }));

  test("keeps a bot silent after a transfer that was not refused, and gives it one turn after a standard hand-off", () =>
    holds((_, { handoff, bot }) => {
      if (handoff?.kind === "phone_transfer") expect(bot).toEqual({ mayReplyNow: false, mayReplyLater: false });
      if (handoff?.kind === "handoff") expect(bot).toEqual({ mayReplyNow: true, mayReplyLater: false });
    }));

  test("makes a standard hand-off of a refused transfer", () =>
    holds(({ fired }, { handoff, warnings }) => {
      if (fired !== "refused") return expect(warnings.map(({ code }) => code)).not.toContain("TRANSFER_REFUSED");
      expect(handoff).toMatchObject({ kind: "handoff", phoneDestination: null, state: "recorded" });
      return expect(warnings.map(({ code }) => code)).toContain("TRANSFER_REFUSED");
    }));

  test("keeps the bot silent in a conversation that was handed off before the run", () =>
    holds(({ before, recorded }, { bot, handoff }) => {
      if (!before.handedOff || recorded.effective !== null) return;
      expect(handoff).toBeNull();
      expect(bot).toEqual({ mayReplyNow: false, mayReplyLater: false });
    }));

  test("keeps the bot silent, and warns, where the store did not say where the conversation stands", () =>
    holds(({ after }, { bot, handoff, warnings }) => {
      const open = after === "unknown" && handoff === null;
      expect(warnings.some(({ code }) => code === "STANDING_UNKNOWN")).toBe(open);
      if (open) expect(bot).toEqual({ mayReplyNow: false, mayReplyLater: false });
    }));

  test("leaves the bot free if nothing happened to the conversation", () =>
    holds(({ before, after, recorded }, { bot }) => {
      const happened =
        before.handedOff ||
        after === "unknown" ||
        after?.handedOff ||
        recorded.effective ||
        recorded.alreadyHandedOffBy;
      if (!happened) expect(bot).toEqual({ mayReplyNow: true, mayReplyLater: true });
    }));

  test("never lets a bot reply later that may not reply now", () =>
    holds((_, { bot }) => expect(bot.mayReplyLater && !bot.mayReplyNow).toBe(false)));

  test("warns of calls that were all rejected, exactly then", () =>
    holds(({ before, recorded: { intents, effective, overflowed } }, { warnings }) => {
      // A call past `handOffCalls` leaves no intent; it is rejected where the conversation was not handed off.
      const called = overflowed ? !before.handedOff : intents.length > 0;
      const allRejected = called && intents.every(({ verdict }) => verdict === "rejected");
      const codes = warnings.map(({ code }) => code);
      expect(codes.includes("HANDOFF_REJECTED")).toBe(allRejected && effective === null);
      expect(new Set(codes).size).toBe(codes.length);
    }));
});
