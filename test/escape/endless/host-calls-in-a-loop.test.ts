import { describeAttacks } from "../harness.ts";

const asked = (outcome: { intents: readonly unknown[] }): void => {
  if (outcome.intents.length !== 20) throw new Error(`${outcome.intents.length} intents`);
};

describeAttacks("host calls without end", {
  "in a loop": { source: "for (;;) hand_off_conversation(context);", ends: "timed_out CPU_LIMIT", check: asked },
  "a million of them": {
    source: "for (let i = 0; i < 1e6; i++) hand_off_conversation(context, 'r'); return 1;",
    ends: ["returned", "timed_out CPU_LIMIT"],
    check: asked,
  },
  "after an await each": {
    source:
      "export async function execute_action(context) { for (;;) { hand_off_conversation(context); await null; } }",
    ends: "timed_out CPU_LIMIT",
    check: asked,
  },
  "by a getter of their own argument": {
    source:
      "const c = { get conversation() { return hand_off_conversation(c); } }; hand_off_conversation(c); return 1;",
    ends: ["returned", "threw ACTION_THREW", "timed_out CPU_LIMIT"],
  },
});
