/** Dead letters as the host's `onDead` gets them. */
import type { HandoffDelivery } from "./provider.ts";
import type { HandoffState } from "./rows.ts";

export interface DeadLetter extends Omit<HandoffDelivery, "code"> {
  /** Why it was given up. */
  readonly code: string;
  /** `transfer_unknown`: whether the caller was transferred is not known, and no question can clear it any more. */
  readonly state: HandoffState;
  readonly phoneDestination: string | null;
}

/** What `onDead` gives back is read as an answer of `deliver`; nothing at all is fine. */
export type OnDead = (letter: DeadLetter, signal: AbortSignal) => unknown;
