import { expect, test } from "@jest/globals";
import { chat, toModule, useRuntime } from "../harness.ts";

const open = useRuntime();

test("a call that is kept on a global is gone with its isolate", async () => {
  const context = chat();
  await open().execute({
    action: { source: toModule("globalThis.evil = () => hand_off_conversation(context, 'evil'); return 1;") },
    context,
  });
  const next = await open().execute({ action: { source: toModule("return typeof evil;") }, context });
  expect(next).toMatchObject({ status: "returned", returnValue: "undefined", intents: [] });
});

test("what was recorded before a fault stands, whatever the fault", async () => {
  const faults = [
    "for (;;);",
    "throw 1;",
    "const a = []; for (;;) a.push({});",
    "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);",
    "return 1n;",
    "return new Promise(() => {});",
  ];
  const statuses = await Promise.all(
    faults.map(async (fault) => {
      const source = toModule(`hand_off_conversation(context, "before"); ${fault}`);
      const outcome = await open().execute({
        action: { source },
        context: chat(),
        limits: { wallMs: 60_000, cpuMs: 400 },
      });
      expect(outcome.handoff).toMatchObject({ reason: "before", state: "recorded" });
      expect(outcome.intents).toHaveLength(1);
      expect(outcome.bot).toEqual({ mayReplyNow: true, mayReplyLater: false });
      return outcome.status;
    }),
  );
  expect(statuses).not.toContain("returned");
});
