import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { openHandoffs } from "../../delivery/index.ts";
import { createRuntime } from "../../runtime/index.ts";
import { eventually, scriptedProvider } from "./fixtures.ts";

const source = `export function execute_action(context) {
  const { reason, number } = context.args;
  const answer = hand_off_conversation(context, reason, number);
  return { secret: "value", answer };
}`;

describe("the runtime on a durable store", () => {
  const folder = mkdtempSync(join(tmpdir(), "baton-runtime-"));
  const store = `sqlite:${join(folder, "handoffs.db")}`;
  afterAll(() => rmSync(folder, { recursive: true }));
  const contextOf = (id: string, args: object, channel = "phone") => ({
    conversation: { id, latestChannel: channel, call: { id: "CA1", provider: "twilio" } },
    args,
  });

  test("records while the action waits, delivers, and gives a second process the same outcome", async () => {
    const provider = scriptedProvider({});
    const invocation = {
      action: { source },
      context: contextOf("c1", { reason: "fraud" }, "chat"),
      executionId: "e1",
      tenant: "acme",
    };
    let first;
    {
      await using handoffs = await openHandoffs({ store, provider });
      await using runtime = await createRuntime({ handoffs });
      first = await runtime.execute(invocation);
      expect(first).toMatchObject({
        status: "returned",
        returnValue: { secret: "value" },
        handoff: { kind: "handoff", state: "recorded" },
      });
      expect(first.bot).toEqual({ mayReplyNow: true, mayReplyLater: false });
      await eventually(
        () => handoffs.outbox.list({ status: "delivered" }),
        (rows) => rows.length === 1,
      );
      expect(provider.delivered).toMatchObject([{ reason: "fraud", conversationId: "c1" }]);
    }
    await using handoffs = await openHandoffs({ store });
    await using runtime = await createRuntime({ handoffs });
    expect(await runtime.execute(invocation)).toEqual(first);
    expect(await handoffs.canReply({ tenant: "acme", conversationId: "c1" })).toBe(false);
    await handoffs.handBack({ tenant: "acme", conversationId: "c1" });
    const again = await runtime.execute({ ...invocation, executionId: "e2" });
    expect(again).toMatchObject({ handoff: { kind: "handoff" }, intents: [{ verdict: "recorded" }] });
  });

  test("a fired transfer's return value is in no outcome and no replay; a refused one keeps it", async () => {
    const provider = scriptedProvider({ transfers: [{ type: "accepted" }, { type: "refused", code: "call_ended" }] });
    await using handoffs = await openHandoffs({ store, provider });
    await using runtime = await createRuntime({ handoffs });
    const run = (id: string) =>
      runtime.execute({
        action: { source },
        context: contextOf(id, { number: "+15551234567" }),
        executionId: id,
        tenant: "acme",
      });
    for (const _ of ["first", "replay"]) {
      const fired = await run("fired");
      expect(fired).toMatchObject({ returnValueDiscarded: true, handoff: { kind: "phone_transfer", state: "fired" } });
      expect(JSON.stringify(fired)).not.toContain("secret");
    }
    const refused = await run("refused");
    expect(refused).toMatchObject({
      returnValue: { secret: "value" },
      handoff: { kind: "handoff", phoneDestination: null },
    });
    expect(provider.dialled).toHaveLength(2);
  });
});
