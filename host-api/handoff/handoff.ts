/**
 * The rules of `hand_off_conversation`, pure: `decide` says what one call comes to before anything is recorded, `conclude` what it came to
 * once the store has answered. Both give an Intent, and the Intent gives the answer that the action gets.
 * Calls made while the module loads, or after the run, never come here: the guest's half ends them.
 */
import { CROSSING_ID_LENGTH, REASON_CODE_POINTS } from "./call.ts";
import type { HandOffCall } from "./call.ts";
import type { Environment, HandoffAnswer, Intent, IntentKind, Verdict } from "./intent.ts";
import { message } from "./message.ts";
import { optionNote } from "./option-names.ts";
import { isE164 } from "../phone.ts";

/** What the host knows, whatever the argument says. */
export interface Facts {
  readonly conversationId: string | null;
  readonly channel: string | null;
  readonly environment: Environment;
  /** Handed off before this run in the same epoch, or earlier in this run. */
  readonly handedOff: boolean;
}

export type Decision =
  | { readonly type: "answer"; readonly intent: Intent }
  /** Nothing is recorded, and for the rest of the run the conversation counts as handed off. */
  | { readonly type: "skip"; readonly intent: Intent }
  | RecordDecision;

export interface RecordDecision {
  readonly type: "record";
  readonly conversationId: string;
  readonly kind: IntentKind;
  readonly reason: string | null;
  readonly phoneDestination: string | null;
  readonly reasonNote: ReasonNote;
  /** What a misspelt option should be called, or "". */
  readonly optionNote: string;
}

/** A reason that the host has read may be known to have been longer. */
export type HandOffReason = HandOffCall["reason"] & { readonly wasCut?: boolean };

/** What became of the reason. */
export type ReasonNote = "kept" | "cut" | "left_out";

/** What the store said; `failed` means that surely nothing was recorded. */
export type Receipt =
  | { readonly verdict: "recorded" | "unknown"; readonly intentId: string }
  | { readonly verdict: "already_handed_off"; readonly kind?: IntentKind }
  | { readonly verdict: "rejected"; readonly message?: string }
  | { readonly verdict: "failed" };

export function decide(call: HandOffCall, facts: Facts): Decision {
  const onPhone = facts.channel === "phone";
  const numberGiven = onPhone && call.phoneDestination.type !== "absent";
  const number = onPhone ? validNumber(call.phoneDestination) : null;
  const { reason, note } = keptReason(call.reason);
  const named = optionNote(call.oddKeys ?? []);
  const asked = { kind: numberGiven ? "phone_transfer" : "handoff", reason, phoneDestination: number } as const;
  const answer = (verdict: Verdict, text: string): Decision => ({
    type: "answer",
    intent: { ...asked, verdict, message: text },
  });

  if (facts.conversationId === null) return answer("rejected", message.noConversation);
  const fault = contextFault(call.context, facts.conversationId);
  if (fault !== null) return answer("rejected", fault);
  if (facts.handedOff) return answer("already_handed_off", message.alreadyHandedOff);
  if (numberGiven && number === null) return answer("rejected", message.notE164 + named);
  if (facts.environment !== "production") {
    const text = message.skipped(facts.environment) + message.reasonNote[note] + named;
    return { type: "skip", intent: { ...asked, verdict: "skipped", message: text } };
  }
  return { type: "record", conversationId: facts.conversationId, ...asked, reasonNote: note, optionNote: named };
}

export function conclude(decision: RecordDecision, receipt: Receipt): Intent {
  const { kind, reason, phoneDestination } = decision;
  const intent = (verdict: Verdict, text: string): Intent => ({
    kind,
    reason,
    phoneDestination,
    verdict,
    message: text,
  });
  switch (receipt.verdict) {
    case "recorded":
      return intent("recorded", message.recorded[kind] + message.reasonNote[decision.reasonNote] + decision.optionNote);
    case "already_handed_off":
      return intent("already_handed_off", message.alreadyHandedOff);
    case "rejected":
      return intent("rejected", receipt.message ?? message.refused);
    case "failed":
      return intent("rejected", message.recordingFailed);
    case "unknown":
      return intent("unknown", message.unknown);
  }
}

/** Success only where the customer surely has, or in a test would have had, the human. */
export function answerOf(intent: Intent): HandoffAnswer {
  return { success: succeeded(intent.verdict), message: intent.message };
}

/** The answer to a call past the run's number of calls; it leaves no intent. */
export function answerPastLimit(handedOff: boolean): HandoffAnswer {
  return handedOff
    ? { success: true, message: message.alreadyHandedOff }
    : { success: false, message: message.tooManyCalls };
}

function succeeded(verdict: Verdict): boolean {
  switch (verdict) {
    case "recorded":
    case "already_handed_off":
    case "skipped":
      return true;
    case "rejected":
    case "unknown":
      return false;
  }
}

function contextFault(context: HandOffCall["context"], conversationId: string): string | null {
  switch (context.type) {
    case "conversation":
      return context.id === conversationId.slice(0, CROSSING_ID_LENGTH) ? null : message.badContext.other_conversation;
    case "missing":
    case "not_an_object":
    case "no_conversation":
    case "unreadable":
      return message.badContext[context.type];
  }
}

function validNumber(given: HandOffCall["phoneDestination"]): string | null {
  return given.type === "string" && isE164(given.text) ? given.text : null;
}

function keptReason(given: HandOffReason): { readonly reason: string | null; readonly note: ReasonNote } {
  switch (given.type) {
    case "absent":
      return { reason: null, note: "kept" };
    case "other":
      return { reason: null, note: "left_out" };
    case "string": {
      const points = Array.from(given.text.toWellFormed());
      if (points.length <= REASON_CODE_POINTS)
        return { reason: points.join(""), note: given.wasCut === true ? "cut" : "kept" };
      return { reason: points.slice(0, REASON_CODE_POINTS).join(""), note: "cut" };
    }
  }
}
