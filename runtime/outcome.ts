/** The outcome: what the host hands to the bot platform when an execution is settled. */
import type { OutcomeErrorCode, WarningCode } from "../base/catalogue.ts";
import type { Intent, IntentKind } from "../host-api/handoff/intent.ts";
import type { Json, LogLine, Usage } from "../sandbox/index.ts";

export type Status =
  | "returned"
  | "threw"
  | "timed_out"
  | "out_of_memory"
  | "crashed"
  | "cancelled"
  | "refused"
  | "invalid";

/** One execution, settled. `status` discriminates the shapes: what did not return has an error, what returned has none. */
export type Outcome = ReturnedOutcome | DiscardedOutcome | UnreturnedOutcome;

interface Settled {
  readonly executionId: string;
  /** What this run brought about. */
  readonly handoff: Handoff | null;
  /** Every call of `hand_off_conversation`, in order. */
  readonly intents: readonly Intent[];
  readonly bot: { readonly mayReplyNow: boolean; readonly mayReplyLater: boolean };
  readonly warnings: readonly Warning[];
  readonly logs: readonly LogLine[];
  readonly logsDropped: number;
  readonly usage: Usage;
}

/** It returned, and no phone transfer fired; an action that returns undefined returned null. */
export interface ReturnedOutcome extends Settled {
  readonly status: "returned";
  readonly returnValue: Json;
  readonly returnValueDiscarded: false;
  readonly error?: undefined;
}

/** It returned, and a phone transfer fired: what it returned is nowhere. */
export interface DiscardedOutcome extends Settled {
  readonly status: "returned";
  readonly returnValue?: undefined;
  readonly returnValueDiscarded: true;
  readonly error?: undefined;
}

export interface UnreturnedOutcome extends Settled {
  readonly status: Exclude<Status, "returned">;
  readonly returnValue?: undefined;
  readonly returnValueDiscarded: false;
  readonly error: OutcomeError;
}

export interface Handoff {
  readonly kind: IntentKind;
  readonly intentId: string;
  readonly reason: string | null;
  readonly phoneDestination: string | null;
  readonly state: "recorded" | "fired" | "delivered" | "failed" | "unknown";
}

export interface Warning {
  readonly code: WarningCode;
  readonly message: string;
}

export interface OutcomeError {
  readonly code: OutcomeErrorCode;
  readonly name: string;
  readonly message: string;
  /** The author's own lines, by file name, line and column. */
  readonly stack?: string;
  readonly frame?: string;
  /** The errors inside it (causes, the errors of an AggregateError, what was suppressed), each with the author's line. */
  readonly inner?: readonly InnerError[];
  /** Whether the same invocation may be repeated. */
  readonly retry: "safe" | "unsafe" | "never";
}

export interface InnerError {
  /** `Caused by`, `Error 1 of 3`, `Suppressed`; of Python `Caused by`, `While handling`, `One of`. */
  readonly label: string;
  /** Its name and message. */
  readonly title: string;
  readonly frame?: string;
}

const NOT_BEGUN: OutcomeError = {
  code: "WORKER_UNAVAILABLE",
  name: "RefusedError",
  message: "The run could not begin.",
  retry: "safe",
};
const NOTHING_USED: Usage = { queuedMs: 0, wallMs: 0, hostMs: 0, cpuMs: 0, peakMemoryBytes: 0, hostCalls: 0 };

/** The outcome of an execution that never ran. */
function neverRan(
  executionId: string,
  status: "invalid" | "refused",
  error: OutcomeError,
  before: { readonly handedOff: boolean },
): Outcome {
  const { code, name, message, frame, retry } = error;
  const mayReply = !before.handedOff;
  return {
    executionId,
    status,
    returnValueDiscarded: false,
    handoff: null,
    intents: [],
    bot: { mayReplyNow: mayReply, mayReplyLater: mayReply },
    warnings: [],
    error: { code, name, message, ...(frame === undefined ? {} : { frame }), retry },
    logs: [],
    logsDropped: 0,
    usage: NOTHING_USED,
  };
}

/** `before` is where the conversation stood, as far as that is known: a bot that was silent stays silent. */
export function invalidOutcome(
  executionId: string,
  error: OutcomeError,
  before: { readonly handedOff: boolean } = { handedOff: false },
): Outcome {
  return neverRan(executionId, "invalid", error, before);
}

/** Without more it is what the keeper of hand-offs is given, to free an execution id whose run could not begin. */
export function refusedOutcome(
  executionId: string,
  error: OutcomeError = NOT_BEGUN,
  before: { readonly handedOff: boolean } = { handedOff: false },
): Outcome {
  return neverRan(executionId, "refused", error, before);
}
