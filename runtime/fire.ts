/**
 * Dials a recorded phone transfer, once. Whoever dials is the host's code or a network away from it: no answer in time, an error or nonsense
 * are an unknown answer, because the caller may be ringing through already. It is never dialled again.
 */
import type { Recorded } from "../host-api/index.ts";
import type { FireResult, Handoffs } from "./handoffs/handoffs.ts";

/** Milliseconds that dialling may take: a caller is waiting. */
const FIRE_MS = 5_000;

/** Null where there is nothing to dial. */
export async function fire(handoffs: Pick<Handoffs, "fire">, { effective }: Recorded): Promise<FireResult | null> {
  if (effective?.kind !== "phone_transfer" || effective.state !== "recorded") return null;
  const controller = new AbortController();
  const { promise: overdue, resolve } = Promise.withResolvers<FireResult>();
  // Not AbortSignal.timeout: its timer would let the process end while the outcome is still owed.
  const timer = setTimeout(() => {
    controller.abort();
    resolve("unknown");
  }, FIRE_MS);
  try {
    return read(await Promise.race([handoffs.fire(effective.intentId, controller.signal), overdue]));
  } catch {
    return "unknown";
  } finally {
    clearTimeout(timer);
  }
}

function read(answer: FireResult): FireResult {
  return answer === "accepted" || answer === "refused" ? answer : "unknown";
}
