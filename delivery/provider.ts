/**
 * The interface of a provider: what brings hand-offs to humans. It is small, so that a platform writes its own in an afternoon;
 * provider-check.ts holds any of them to what is written here.
 */
import { nameOf } from "../base/thrown.ts";
import type { LiveCall } from "../runtime/handoffs/handoffs.ts";

export interface Provider {
  readonly name: string;
  /**
   * Delivers a standard hand-off. It is asked again after a failure or a crash, always with the same `intentId`: that is the
   * idempotency key, and the receiver drops what it has seen. A provider without it leaves standard hand-offs waiting in the outbox.
   */
  deliver?(handoff: HandoffDelivery, signal: AbortSignal): Promise<DeliveryResult>;
  /**
   * Takes back a hand-off that may have been delivered: the bot has the conversation again, in an epoch after the hand-off's. Without it the
   * receiver keeps what it has.
   */
  withdraw?(handoff: HandoffDelivery, signal: AbortSignal): Promise<DeliveryResult>;
  /** Who answers, as `https://desk.example`: deliveries to one endpoint share its places, and wait for it together when it hangs. */
  readonly endpoint?: string;
  /** The same of one tenant, for a provider with a desk for each: undefined while that is not known. It is asked before each delivery, and must not wait. */
  endpointOf?(tenant: string): string | undefined;
  /**
   * Transfers a live call. It is asked at most once for an `intentId`, and must not ask the carrier twice itself.
   * It never throws: what it cannot know is `unknown`. A provider without it refuses every transfer.
   */
  transfer?(transfer: TransferRequest, signal: AbortSignal): Promise<TransferResult>;
  /** Finds out what came of a transfer whose answer was lost. It only asks, it never dials. */
  reconcile?(transfer: TransferRequest, signal: AbortSignal): Promise<TransferResult>;
  /** What takes long the first time, before a customer waits for it. */
  prepare?(): Promise<void>;
  close?(): Promise<void>;
}

export interface HandoffDelivery {
  /** The idempotency key: the same at every attempt. */
  readonly intentId: string;
  readonly tenant: string;
  readonly conversationId: string;
  readonly epoch: number;
  readonly executionId: string;
  readonly reason: string | null;
  /** Where a phone transfer came to nothing and a standard hand-off took its place: why. */
  readonly code: string | null;
  readonly call: LiveCall | null;
  /** ISO 8601. */
  readonly recordedAt: string;
  /** How long ago that is, by the clock that all machines share: this one's own may be wrong. */
  readonly ageMs: number;
  /** ISO 8601: the moment of this attempt, by that same clock. What is signed is signed with it. */
  readonly sentAt: string;
  /** 1 for the first. */
  readonly attempt: number;
}

export interface TransferRequest extends HandoffDelivery {
  /** E.164. */
  readonly phoneDestination: string;
}

export type DeliveryResult =
  /** The desk has the hand-off. `code` says what could not be done along with it, where that is not worth another attempt: it is logged and kept. */
  | { readonly type: "delivered"; readonly code?: string }
  /** It may pass: the relay comes back, not before `afterMs` where that is given. */
  | { readonly type: "retry"; readonly code: string; readonly afterMs?: number }
  /** It will not pass: to the dead letters. */
  | { readonly type: "dead"; readonly code: string };

export type TransferResult =
  /** The provider took the call over. */
  | { readonly type: "accepted" }
  /** It surely did not, and will not. */
  | { readonly type: "refused"; readonly code: string }
  | { readonly type: "unknown"; readonly code: string };

/**
 * Thrown by a provider, or by its `send`, where surely nothing left this machine: a transfer is then refused, and not unknown.
 * Anything else that is thrown leaves it open.
 */
export class Unreached extends Error {
  /** Why, as the network or the egress policy calls it. */
  readonly code: string;
  constructor(code: string, options?: ErrorOptions) {
    super(`The request was not sent: ${code}.`, options);
    this.name = "Unreached";
    this.code = code;
  }
}

/** By its name: a provider may come with a copy of this package of its own. */
export const isUnreached = (error: unknown): error is Unreached => nameOf(error) === "Unreached";
