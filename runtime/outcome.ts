/** What the host hands to the bot platform when an execution is settled. */
import type { Intent, IntentKind } from "../host-api/intent.ts";
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

export interface Outcome {
  readonly executionId: string;
  readonly status: Status;
  /** Only if `status` is "returned" and no phone transfer fired; an action that returns undefined returned null. */
  readonly returnValue?: Json;
  /** True only if a phone transfer fired and the action had returned. */
  readonly returnValueDiscarded: boolean;
  /** What this run brought about. */
  readonly handoff: Handoff | null;
  /** Every call of `hand_off_conversation`, in order. */
  readonly intents: readonly Intent[];
  readonly bot: { readonly mayReplyNow: boolean; readonly mayReplyLater: boolean };
  readonly warnings: readonly Warning[];
  readonly error?: OutcomeError;
  readonly logs: readonly LogLine[];
  readonly logsDropped: number;
  readonly usage: Usage;
}

export interface Handoff {
  readonly kind: IntentKind;
  readonly intentId: string;
  readonly reason: string | null;
  readonly phoneDestination: string | null;
  readonly state: "recorded" | "fired" | "delivered" | "failed" | "unknown";
}

export interface Warning {
  readonly code: string;
  readonly message: string;
}

export interface OutcomeError {
  readonly code: string;
  readonly name: string;
  readonly message: string;
  /** The author's own lines, by file name, line and column. */
  readonly stack?: string;
  readonly frame?: string;
  /** Whether the same invocation may be repeated. */
  readonly retry: "safe" | "unsafe" | "never";
}
