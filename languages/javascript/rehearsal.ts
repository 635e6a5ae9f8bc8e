/**
 * The rehearsal: what every isolate plays once before its run: a small action of ours that reads its context, hands off and returns. Nothing of it is
 * recorded.
 */
import { HAND_OFF_PRELUDE } from "../../host-api/preludes.ts";
import type { Rehearsal } from "../../sandbox/index.ts";

export const REHEARSAL: Rehearsal = {
  code: `(function (exports, module) {
  exports.rehearse = (context) => {
    const { success } = hand_off_conversation(context, "rehearsal");
    return { success, echo: context.args.text };
  };
})`,
  entryPoint: "rehearse",
  input: { conversation: { id: "rehearsal", latestChannel: "chat", messages: [] }, args: { text: "rehearsal" } },
  preludeData: { [HAND_OFF_PRELUDE]: { handOffCalls: 1 } },
  answer: { success: true, message: "rehearsed" },
};
