/**
 * Dead letters: rows that no relay tries again. Each is logged at error and reported to the host's `onDead`, which may hand it to a second
 * provider; where that one says `delivered`, the row is delivered after all.
 */
import { nameOf } from "../base/thrown.ts";
import { readDelivery } from "./answers.ts";
import { within } from "./clock.ts";
import type { DeliveryContext } from "./context.ts";
import type { DeadLetter } from "./dead-letter.ts";
import { deliveryOf } from "./requests.ts";
import { idsOf } from "./row-log.ts";
import type { Entry } from "./rows.ts";

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
    context.logger?.error({ ...idsOf(entry), error: nameOf(error) }, "onDead threw");
    context.rowLog.dead(entry, code, false);
    return false;
  }
}
