/**
 * Takes the secrets of an invocation out of what its action made: texts and the result, never the words of ours around them. A secret that
 * reads like one of these (a status, a verdict) must not change what an outcome says.
 */
import type { Redactor } from "../host-api/fetch/index.ts";
import { REASON_CODE_POINTS } from "../host-api/call.ts";
import type { Outcome } from "./outcome.ts";

export function redactOutcome(outcome: Outcome, redactor: Redactor): Outcome {
  const { error, handoff, intents, logs } = outcome;
  const { text } = redactor;
  return {
    ...outcome,
    ...(outcome.returnValue === undefined ? {} : { returnValue: redactor.json(outcome.returnValue) }),
    handoff: handoff && { ...handoff, reason: redactReason(handoff.reason, redactor) },
    intents: intents.map((intent) => ({ ...intent, reason: redactReason(intent.reason, redactor) })),
    logs: logs.map((line) => ({ ...line, message: text(line.message) })),
    ...(error === undefined
      ? {}
      : {
          error: {
            ...error,
            name: text(error.name),
            message: text(error.message),
            ...(error.stack === undefined ? {} : { stack: text(error.stack) }),
            ...(error.frame === undefined ? {} : { frame: text(error.frame) }),
          },
        }),
  };
}

/** Still no longer than a reason may be. */
export function redactReason(reason: string | null, { text }: Redactor): string | null {
  if (reason === null) return null;
  const clean = text(reason);
  // Most reasons hold no secret, and were cut to their length before.
  return clean === reason ? reason : Array.from(clean).slice(0, REASON_CODE_POINTS).join("");
}
