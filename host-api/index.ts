/**
 * The host API: a table of host functions by the name that the guest's half uses on the bridge.
 * The shape is written out here because this room and the sandbox do not know each other; the runtime joins them.
 */
import { type MaybePromise, following } from "../base/promises.ts";
import { handOffCallSchema } from "./handoff/call.ts";
import { recogniseCall } from "./handoff/recognise.ts";
import type { HandoffAnswer } from "./handoff/intent.ts";
import { message } from "./handoff/message.ts";
import type { Recorder } from "./handoff/recorder.ts";

export { isE164 } from "./phone.ts";
export { HAND_OFF_PRELUDE } from "./preludes.ts";
export { Recorder } from "./handoff/recorder.ts";
export type { EffectiveHandoff, Recorded, RecorderOptions, RecorderRun } from "./handoff/recorder.ts";
export type { HandoffKeeper, LiveCall, RecordReceipt, RecordRequest } from "./handoff/keeper.ts";
export type { Environment, HandoffAnswer, Intent, IntentKind, Verdict } from "./handoff/intent.ts";

/** A host function that the guest waits for. */
export interface SyncFunction {
  readonly mode: "sync";
  readonly budget: number;
  handle(call: FunctionCall): MaybePromise<{ readonly value: { readonly success: boolean; readonly message: string } }>;
}

export interface FunctionCall {
  readonly args: unknown;
  readonly signal: AbortSignal;
}

export interface ActionFunctions {
  readonly hand_off_conversation: SyncFunction;
  readonly [name: string]: SyncFunction;
}

/** The functions of one run. */
export function actionFunctions(run: { readonly recorder: Recorder }): ActionFunctions {
  return { hand_off_conversation: handOffFunction(run.recorder) };
}

/** What the hand-off's prelude is given at the start of a run. */
export function handOffPreludeData(recorder: Recorder): { readonly handOffCalls: number } {
  return { handOffCalls: recorder.handOffCalls };
}

function handOffFunction(recorder: Recorder): SyncFunction {
  return {
    mode: "sync",
    // One more than the action may make: the first call past them crosses too, for the warning.
    budget: recorder.handOffCalls + 1,
    handle({ args }) {
      return following(answer(recorder, args), (value) => ({ value }));
    },
  };
}

/** Once the run has ended the recorder is closed, and says so. */
function answer(recorder: Recorder, args: unknown): MaybePromise<HandoffAnswer> {
  const known = recogniseCall(args);
  if (known !== null) return recorder.handOff(known);
  const call = handOffCallSchema.safeParse(args);
  if (!call.success) return { success: false, message: message.unreadableCall };
  return recorder.handOff(call.data);
}
