import { expect } from "@jest/globals";
import { describeAttacks } from "../harness.ts";

describeAttacks("a result that calls the bridge while it becomes text", {
  "a getter": {
    source: "return { get x() { return hand_off_conversation(context, 'from a getter'); } };",
    ends: "returned",
    check: ({ handoff, returnValue }) => {
      expect(handoff?.reason).toBe("from a getter");
      expect(returnValue).toMatchObject({ x: { success: true } });
    },
  },
  toJSON: {
    source: "return { toJSON: () => hand_off_conversation(context, 'from toJSON') };",
    ends: "returned",
    check: ({ handoff }) => expect(handoff?.reason).toBe("from toJSON"),
  },
  "toJSON, without end": {
    source: "return { toJSON() { for (;;) hand_off_conversation(context, 'again'); } };",
    ends: "timed_out CPU_LIMIT",
    check: ({ handoff, intents }) => {
      expect(handoff?.reason).toBe("again");
      expect(intents).toHaveLength(20);
    },
  },
  "a getter, and then it is no JSON": {
    source: "return { get x() { hand_off_conversation(context, 'kept'); return 1n; } };",
    ends: "threw RESULT_NOT_JSON",
    check: ({ handoff }) => expect(handoff?.reason).toBe("kept"),
  },
  "a getter of a thrown error": {
    source: "throw { get message() { hand_off_conversation(context, 'thrown'); return 'm'; } };",
    ends: "threw ACTION_THREW",
    check: ({ handoff }) => expect(handoff?.reason).toBe("thrown"),
  },
});
