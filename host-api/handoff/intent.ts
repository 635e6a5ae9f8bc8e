/** Intents: what one call of `hand_off_conversation` asked for, and the verdict that it got. */
export type IntentKind = "handoff" | "phone_transfer";

export type Verdict = "recorded" | "already_handed_off" | "skipped" | "rejected" | "unknown";

export type Environment = "production" | "test" | "mock";

export interface Intent {
  readonly kind: IntentKind;
  readonly reason: string | null;
  /** Null unless it is a valid number on the phone channel. */
  readonly phoneDestination: string | null;
  readonly verdict: Verdict;
  /** The message that the action got. */
  readonly message: string;
}

/** What the action gets back. */
export interface HandoffAnswer {
  readonly success: boolean;
  readonly message: string;
}
