/** The document's three examples, as processes: over the channels, inside and outside business hours, with and without failure. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Outcome } from "../../runtime/outcome.ts";
import { batonAll, context, outcomeOf } from "./baton.ts";
import type { Job, Result } from "./baton.ts";

const MONDAY_AT_10 = "2026-03-02T15:00:00Z";
const SATURDAY_AT_19_59 = "2026-07-04T19:59:59-04:00";
const SATURDAY_AT_20 = "2026-07-04T20:00:00-04:00";
const SUNDAY_AT_12 = "2026-03-01T12:00:00-05:00";
const MONDAY_AT_8_59 = "2026-03-02T08:59:59-05:00";

const run = (action: string, channel: string, args: unknown, ...flags: string[]): Job => ({
  args: ["run", `fixtures/actions/${action}.ts`, "--context", "-", "--json", ...flags],
  stdin: context(channel, args),
});

const JOBS = {
  "ordinary chat": run("fraud-review", "chat", { orderId: "A-1001" }),
  "ordinary phone": run("fraud-review", "phone", { orderId: "A-1001" }),
  "flagged chat": run("fraud-review", "chat", { orderId: "A-1002" }),
  "flagged phone": run("fraud-review", "phone", { orderId: "A-1002" }),
  "unknown chat": run("fraud-review", "chat", { orderId: "A-9999" }),
  "cancelled chat": run("cancellation", "chat", { orderId: "A-1001" }),
  "cancelled phone": run("cancellation", "phone", { orderId: "A-1001" }),
  "not cancelled chat": run("cancellation", "chat", { orderId: "A-1003" }),
  "not cancelled phone": run("cancellation", "phone", { orderId: "A-1003" }),
  "open chat": run("business-hours", "chat", {}, "--now", MONDAY_AT_10),
  "open email": run("business-hours", "email", {}, "--now", MONDAY_AT_10),
  "open phone": run("business-hours", "phone", {}, "--now", MONDAY_AT_10),
  "open phone, last second": run("business-hours", "phone", {}, "--now", SATURDAY_AT_19_59),
  "closed phone, a second later": run("business-hours", "phone", {}, "--now", SATURDAY_AT_20),
  "closed phone": run("business-hours", "phone", {}, "--now", SUNDAY_AT_12),
  "closed phone, too early": run("business-hours", "phone", {}, "--now", MONDAY_AT_8_59),
  "closed chat": run("business-hours", "chat", {}, "--now", SUNDAY_AT_12),
} satisfies Record<string, Job>;

type Name = keyof typeof JOBS;
let results: Record<Name, Result>;
const settled = (name: Name): Outcome => outcomeOf(results[name]);

beforeAll(async () => {
  results = await batonAll(JOBS);
});

const GOES_ON = { mayReplyNow: true, mayReplyLater: true };
const THIS_TURN_ONLY = { mayReplyNow: true, mayReplyLater: false };
const SILENT = { mayReplyNow: false, mayReplyLater: false };

describe("hand off when an API call reveals a complex case", () => {
  test.each(["ordinary chat", "ordinary phone"] as const)("%s: the order goes to the bot", (name) => {
    expect(results[name].status).toBe(0);
    expect(settled(name)).toMatchObject({
      status: "returned",
      returnValue: { id: "A-1001", status: "shipped" },
      handoff: null,
      intents: [],
      bot: GOES_ON,
    });
  });

  test.each(["flagged chat", "flagged phone"] as const)("%s: a hand-off, and the value for this one turn", (name) => {
    expect(settled(name)).toMatchObject({
      returnValue: { handedOff: true, reason: "fraud_flag" },
      returnValueDiscarded: false,
      handoff: { kind: "handoff", reason: "Order flagged for fraud review", phoneDestination: null, state: "recorded" },
      bot: THIS_TURN_ONLY,
    });
  });

  test("an order that does not exist: the action throws, with the author's line", () => {
    expect(results["unknown chat"].status).toBe(1);
    const { status, error } = settled("unknown chat");
    expect(status).toBe("threw");
    expect(error?.message).toBe("There is no order A-9999");
    expect(error?.stack).toMatch(/at fetch_order \(fraud-review\.ts:\d+:\d+\)/);
  });
});

describe("hand off with context about what was attempted", () => {
  test.each(["cancelled chat", "cancelled phone"] as const)("%s: the result goes to the bot", (name) => {
    expect(settled(name)).toMatchObject({ returnValue: { success: true }, handoff: null, bot: GOES_ON });
  });

  test.each(["not cancelled chat", "not cancelled phone"] as const)("%s: the reason says what failed", (name) => {
    const failure = "order A-1003 has left the warehouse";
    expect(settled(name)).toMatchObject({
      returnValue: { handedOff: true, error: failure },
      handoff: { kind: "handoff", reason: `Automatic cancellation failed: ${failure}` },
      bot: THIS_TURN_ONLY,
    });
  });
});

describe("transfer a phone call during business hours, fall back to a regular hand-off otherwise", () => {
  test.each(["open phone", "open phone, last second"] as const)("%s: the call is transferred", (name) => {
    const outcome = settled(name);
    expect(outcome).toMatchObject({
      status: "returned",
      returnValueDiscarded: true,
      handoff: { kind: "phone_transfer", phoneDestination: "+15551234567", state: "fired" },
      bot: SILENT,
    });
    expect(outcome).not.toHaveProperty("returnValue");
  });

  test.each(["open chat", "open email"] as const)("%s: the number is ignored and the value is kept", (name) => {
    expect(settled(name)).toMatchObject({
      returnValue: { success: true },
      handoff: { kind: "handoff", phoneDestination: null },
      bot: THIS_TURN_ONLY,
    });
  });

  test.each(["closed phone", "closed phone, a second later", "closed phone, too early", "closed chat"] as const)(
    "%s: a hand-off, and the bot tells the customer",
    (name) => {
      const { returnValue, handoff, bot } = settled(name);
      expect(returnValue).toMatchObject({ success: false, message: expect.stringContaining("outside business hours") });
      expect(handoff).toMatchObject({ kind: "handoff", reason: null });
      expect(bot).toEqual(THIS_TURN_ONLY);
    },
  );
});

test("every run that ends in an outcome of its own leaves standard error empty", () => {
  for (const { stderr } of Object.values(results)) expect(stderr).toBe("");
});
