/**
 * The interface of a keeper of hand-offs: what the runtime needs of one, and no more. The in-memory default stands in memory.ts; the program
 * that composes the two passes a durable one in.
 */
import type { EventSource } from "../../base/events.ts";
import type { HandoffEvent } from "./events.ts";
import type { Environment, IntentKind, RecordReceipt, RecordRequest } from "../../host-api/index.ts";
import type { Outcome } from "../outcome.ts";

export type { LiveCall, RecordReceipt, RecordRequest } from "../../host-api/index.ts";

export interface Handoffs {
  /** What becomes of deliveries, for `runtime.subscribe`; absent where nothing is delivered. */
  readonly events?: EventSource<HandoffEvent>;
  /**
   * Claims `executionId` within its tenant and reads where the conversation stands.
   * Waits while the same execution runs elsewhere and then gives its stored outcome as `replay`; an execution that was lost mid-way
   * comes back as a replay with status `crashed`. Throws a HostFault `EXECUTION_MISMATCH` if the id was used for another input.
   * The runtime waits for its answer no longer than `storeMs`; an answer that comes later is ended as `refused`, since nothing ran.
   */
  begin(run: BeginRequest): Promise<Begun>;
  /**
   * Claims the hand-off of this conversation and epoch. Resolves once the claim is as durable as the store makes it.
   * A rejected promise means that surely nothing was recorded; `unknown` that the store's answer to the commit never came.
   */
  record(request: RecordRequest): Promise<RecordReceipt>;
  /** Milliseconds that `record` may take before its answer counts as unknown; 2,000 unless given. */
  readonly recordMs?: number;
  /** Dials a recorded phone transfer, at most once. Without a provider a transfer counts as accepted once it is recorded. */
  fire(intentId: string, signal: AbortSignal): Promise<FireResult>;
  /** Milliseconds that `fire` may take before its answer counts as unknown; 5,000 unless given. */
  readonly fireMs?: number;
  /** Where the conversation stands now; asked after a run that handed nothing off itself. */
  standing(conversation: { readonly tenant: string; readonly conversationId: string }): Promise<Standing>;
  /** Stores the outcome for replays (7 days). An outcome `refused` frees the execution id instead: it never ran. */
  end(tenant: string, executionId: string, outcome: Outcome): Promise<void>;
}

export interface BeginRequest {
  readonly tenant: string;
  readonly executionId: string;
  /** True where the runtime made the id up, so that no caller can ask for it again. */
  readonly generatedId: boolean;
  readonly inputHash: string;
  readonly conversationId: string | null;
  readonly environment: Environment;
  /**
   * To be called once the store has said that the same execution runs elsewhere: it answers, and what is waited for is that execution.
   * From then on the runtime does not give `begin` up by itself.
   */
  readonly waiting?: () => void;
}

export type Begun = { readonly replay: Outcome } | ({ readonly replay?: undefined } & Standing);

export interface Standing {
  readonly epoch: number;
  readonly handedOff: boolean;
  /** How it was handed off in this epoch. */
  readonly kind?: IntentKind;
}

export type FireResult = "accepted" | "refused" | "unknown";
