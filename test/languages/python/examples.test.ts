// The three examples of the document, byte for byte, over chat and phone, inside and outside of hours, with and without failure.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Outcome, type Runtime, createRuntime } from "../../../runtime/index.ts";
import { NUMBER, SILENT_LOGGER, contextOf } from "../../runtime/executing.ts";
import { ROOT } from "../../cli/baton.ts";
import { temporaryFolder } from "./folders.ts";

const example = (name: string): string => join(ROOT, "fixtures/python", `${name}.py`);

/** Supplies the two functions that the document leaves to the platform. */
const helpers = (order: string, cancellation: string): string =>
  `def fetch_order(id):\n    return ${order}\n\ndef process_cancellation(id):\n    ${cancellation}\n`;

let plain: Runtime;
let failing: Runtime;

beforeAll(async () => {
  const folder = temporaryFolder({
    "plain.py": helpers('{"id": id, "status": "shipped"}', 'return {"cancelled": id}'),
    "failing.py": helpers('{"id": id, "hasFraudFlag": True}', 'raise RuntimeError(f"order {id} has shipped")'),
  });
  const open = (name: string): Promise<Runtime> =>
    createRuntime({ logger: SILENT_LOGGER, workers: 1, python: { globals: join(folder, name) } });
  [plain, failing] = await Promise.all([open("plain.py"), open("failing.py")]);
});
afterAll(() => Promise.all([plain.close(), failing.close()]));

function run(runtime: Runtime, name: string, channel: string, now?: string): Promise<Outcome> {
  const context = contextOf(channel, { orderId: "A-1" });
  return runtime.execute({ action: { file: example(name) }, context, ...(now === undefined ? {} : { now }) });
}

describe.each(["chat", "phone"])("over %s", (channel) => {
  const handedOff = (reason: string) => ({
    status: "returned",
    handoff: { kind: "handoff", reason, phoneDestination: null, state: "recorded" },
    bot: { mayReplyNow: true, mayReplyLater: false },
  });

  test("an order with a fraud flag is handed off, with its reason", async () => {
    expect(await run(failing, "fraud_review", channel)).toMatchObject({
      ...handedOff("Order flagged for fraud review"),
      returnValue: { handedOff: true, reason: "fraud_flag" },
    });
  });

  test("an order without one is returned", async () => {
    const outcome = await run(plain, "fraud_review", channel);
    expect(outcome).toMatchObject({ status: "returned", handoff: null, returnValue: { id: "A-1", status: "shipped" } });
  });

  test("a cancellation that fails is handed off with what was attempted", async () => {
    expect(await run(failing, "cancellation", channel)).toMatchObject({
      ...handedOff("Automatic cancellation failed: order A-1 has shipped"),
      returnValue: { handedOff: true, error: "order A-1 has shipped" },
    });
  });

  test("one that succeeds is returned", async () => {
    expect(await run(plain, "cancellation", channel)).toMatchObject({
      handoff: null,
      returnValue: { cancelled: "A-1" },
    });
  });

  test("inside hours the phone is transferred, and every other channel handed off", async () => {
    const outcome = await run(plain, "business_hours", channel, "2025-07-28T15:00:00Z");
    if (channel !== "phone")
      return expect(outcome).toMatchObject({ handoff: { kind: "handoff" }, returnValue: { success: true } });
    expect(outcome.handoff).toMatchObject({ kind: "phone_transfer", phoneDestination: NUMBER, state: "fired" });
    expect(outcome.returnValueDiscarded).toBe(true);
    return expect(outcome).not.toHaveProperty("returnValue");
  });

  test("outside of hours the customer is told that an agent will follow up", async () => {
    const outcome = await run(plain, "business_hours", channel, "2025-07-28T03:00:00Z");
    expect(outcome).toMatchObject({
      handoff: { kind: "handoff" },
      returnValue: { success: false, message: expect.stringContaining("Mon–Sat 9 AM–8 PM ET") },
    });
  });
});

test("the examples are those of the document, with their indentation", () => {
  const text = ["fraud_review", "cancellation", "business_hours"].map((name) => readFileSync(example(name), "utf8"));
  for (const source of text) expect(source).toMatch(/^def execute_action\(context\):$/m);
});
