/** Patience with a store: a question is repeated until its answer is clear, or until so much time is over. */
import { answerLost, isPermanent } from "../storage/store.ts";
import { inTime } from "./clock.ts";
import type { DeliveryContext } from "./context.ts";

/**
 * Asks until the store says something clear, for up to `ms`; null: it never did. Rejects only where surely nothing happened: at once, or,
 * where `patient`, once a store that refuses for a passing reason (a restart, a failover, too many connections) did so for all of that time.
 */
export async function untilClear<Answer>(
  { clock }: DeliveryContext,
  ms: number,
  ask: () => Promise<Answer>,
  patience: "patient" | "at once" = "at once",
): Promise<Answer | null> {
  const deadline = clock.elapsed() + ms;
  let doubt = false;
  let refusal: unknown = null;
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 250)) {
    const left = deadline - clock.elapsed();
    if (left <= 0) {
      // Every answer was a refusal, however late this machine came to ask again: nothing happened.
      if (refusal !== null && !doubt) throw refusal;
      return null;
    }
    try {
      const timely = await inTime(clock, left, ask());
      return timely.type === "late" ? null : timely.value;
    } catch (error) {
      if (answerLost(error)) doubt = true;
      else if (!doubt && (patience === "at once" || willStay(error) || deadline - clock.elapsed() <= pauseMs))
        throw error;
      else refusal = error;
    }
    await clock.sleep(Math.min(pauseMs, Math.max(0, deadline - clock.elapsed())));
  }
}

/** A full store says so at once: it takes a person to make room. And a store that was closed here stays so. */
function willStay(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return isPermanent(error) || code === "STORE_FULL" || code === "HANDOFFS_CLOSED";
}

/** Repeats what may be repeated for up to `recordMs`. */
export async function insist({ clock, settings }: DeliveryContext, work: () => Promise<void>): Promise<void> {
  const deadline = clock.elapsed() + settings.recordMs;
  for (let pauseMs = 20; ; pauseMs *= 2) {
    try {
      await work();
      return;
    } catch (error) {
      if (clock.elapsed() + pauseMs >= deadline) throw error;
      await clock.sleep(pauseMs);
    }
  }
}
