/**
 * A history: what actions were answered, what receivers and dialled ends saw, and what the store says at the end. It is written by the scene of
 * the chaos and read by a checker (check.ts) that imports nothing of the product.
 */
export type Verdict = "recorded" | "already_handed_off" | "skipped" | "rejected" | "unknown";

export interface Place {
  readonly tenant: string;
  readonly conversationId: string;
}

export type Entry =
  /** An execution began, in a process that says so. */
  | { readonly saw: "run"; readonly executionId: string }
  /** What an action was answered to one call. */
  | ({
      readonly saw: "answer";
      readonly executionId: string;
      readonly environment: "production" | "test" | "mock";
      readonly channel: string;
      readonly epoch: number;
      readonly intentId: string;
      readonly kind: "handoff" | "phone_transfer";
      readonly verdict: Verdict;
    } & Place)
  /** What the caller of an execution was given. */
  | {
      readonly saw: "outcome";
      readonly executionId: string;
      readonly replay: boolean;
      readonly lost: boolean;
      readonly transferred: boolean;
      /** Whether the value that the action returned can be found in it. */
      readonly showsValue: boolean;
      /** Without what is of now and not of then. */
      readonly digest: string;
    }
  /** A support desk was asked to take a hand-off, and took it. */
  | { readonly saw: "delivery"; readonly intentId: string }
  /** A carrier was asked to put a caller through, and did. */
  | { readonly saw: "dial"; readonly intentId: string }
  /** The bot asked whether it may speak. */
  | ({ readonly saw: "may_reply"; readonly may: boolean; readonly rows: readonly Row[] } & Place)
  | { readonly saw: "store"; readonly rows: readonly Row[] };

/** One hand-off as the store has it; `status` is null where its row in the outbox is missing. */
export interface Row extends Place {
  readonly intentId: string;
  readonly executionId: string;
  readonly epoch: number;
  readonly kind: string;
  readonly state: string;
  readonly handedBack: boolean;
  readonly task: string | null;
  readonly status: string | null;
  readonly code: string | null;
}
