import { expect } from "@jest/globals";
import { describeAttacks } from "../harness.ts";

const onlyFirst = ({ intents }: { intents: readonly { reason: string | null }[] }): void =>
  expect(intents.map(({ reason }) => reason)).toEqual(["in time"]);

describeAttacks("a call that is kept for after the run", {
  "in a microtask after the result": {
    source:
      "hand_off_conversation(context, 'in time'); const r = new Promise((ok) => { ok(1); }); r.then(() => Promise.resolve()).then(() => null).then(() => null).then(() => hand_off_conversation(context, 'late')); return 1;",
    ends: "returned",
    check: onlyFirst,
  },
  "in a loop of microtasks": {
    source:
      "hand_off_conversation(context, 'in time'); (async () => { for (;;) { await null; hand_off_conversation(context, 'late'); } })(); return 1;",
    ends: "returned",
    check: onlyFirst,
  },
  "while it loads": {
    source: "export const execute_action = () => 1; hand_off_conversation({}, 'early');",
    ends: "threw ACTION_THREW",
    check: ({ intents }) => expect(intents).toEqual([]),
  },
});
