/** The keeper of hand-offs as a run asks it: the record of one hand-off, and its receipt. The runtime's interface (`Handoffs`) has these and more. */
import type { MaybePromise } from "../../base/promises.ts";
import type { IntentKind } from "./intent.ts";

export interface HandoffKeeper {
  /** A rejected promise means that surely nothing was recorded. */
  record(request: RecordRequest): MaybePromise<RecordReceipt>;
}

export interface RecordRequest {
  /** Made up by the runtime for this attempt, so that its fate can be asked for even if the answer never came. */
  readonly intentId: string;
  readonly tenant: string;
  readonly executionId: string;
  readonly conversationId: string;
  readonly epoch: number;
  readonly kind: IntentKind;
  readonly reason: string | null;
  readonly phoneDestination: string | null;
  /** `conversation.call` of the context, for the provider that transfers the live call. */
  readonly call: LiveCall | null;
}

export interface LiveCall {
  readonly id: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly provider?: string | undefined;
  readonly [key: string]: unknown;
}

export interface RecordReceipt {
  readonly intentId: string;
  /** `rejected`: the tenant's policy refuses this hand-off (a forbidden destination, say); nothing was recorded. */
  readonly verdict: "recorded" | "already_handed_off" | "rejected" | "unknown";
  /** With `already_handed_off`: how the conversation was handed off. */
  readonly kind?: IntentKind;
  /** With `rejected`: the message that the action gets. */
  readonly message?: string;
}
