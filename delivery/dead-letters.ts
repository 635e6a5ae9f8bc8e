/**
 * Dead letters: rows that no relay tries again. Each is logged at error and reported to the host's `onDead`, which may hand it to a second
 * provider; where that one says `delivered`, the row is delivered after all.
 */
import { readDelivery } from "./answers.ts";
import { within } from "./clock.ts";
import type { DeliveryContext } from "./context.ts";
import { deliveryOf } from "./requests.ts";
import type { HandoffDelivery } from "./provider.ts";
import { idsOf } from "./row-log.ts";
import type { Entry, HandoffState } from "./rows.ts";

export interface DeadLetter extends Omit<HandoffDelivery, "code"> {
  /** Why it was given up. */
  readonly code: string;
  /** `transfer_unknown`: whether the caller was transferred is not known, and no question can clear it any more. */
  readonly state: HandoffState;
  readonly phoneDestination: string | null;
}

/** What `onDead` gives back is read as an answer of `deliver`; nothing at all is fine. */
export type OnDead = (letter: DeadLetter, signal: AbortSignal) => unknown;

/** True: another took it, and the row counts as delivered. */
export async function reportDead(context: DeliveryContext, entry: Entry, code: string): Promise<boolean> {
  const { onDead } = context;
  if (onDead === null) {
    context.rowLog.dead(entry, code, false);
    return false;
  }
  const { state, phoneDestination } = entry;
  const letter: DeadLetter = { ...deliveryOf(entry, context.now()), code, state, phoneDestination };
  const ask = async (signal: AbortSignal): Promise<unknown> => onDead(letter, signal);
  const ms = context.settings.deliverMs;
  try {
    const timely = await within(context.clock, ms, ask);
    const answer = timely.type === "answered" ? timely.value : undefined;
    const taken = readDelivery({ name: "on_dead" }, answer).type === "delivered";
    if (!taken) context.rowLog.dead(entry, code, timely.type === "answered");
    else
      context.logger?.warn({ ...idsOf(entry), code }, "A hand-off was given up, and onDead had it delivered elsewhere");
    return taken;
  } catch (error) {
    context.logger?.error({ ...idsOf(entry), error: Error.isError(error) ? error.name : "thrown" }, "onDead threw");
    context.rowLog.dead(entry, code, false);
    return false;
  }
}
