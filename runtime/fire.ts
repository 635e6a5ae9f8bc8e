/**
 * The dial of a recorded phone transfer, made once. The keeper's `fire` is the host's code or a network away from it: no answer in time, an error
 * or nonsense are an unknown answer, because the caller's phone may be ringing already. It is never dialled again.
 */
import type { MaybePromise } from "../base/promises.ts";
import { OVERDUE, within } from "../base/time.ts";
import type { Recorded } from "../host-api/index.ts";
import type { FireResult, Handoffs } from "./handoffs/handoffs.ts";

/** Milliseconds that dialling may take where the keeper does not say: a caller is waiting. */
const FIRE_MS = 5_000;

type Dialler = Pick<Handoffs, "fire" | "fireMs">;

/** Null where there is nothing to dial. */
export function fire(handoffs: Dialler, { effective }: Recorded): MaybePromise<FireResult | null> {
  if (effective?.kind !== "phone_transfer" || effective.state !== "recorded") return null;
  return dial(handoffs, effective.intentId);
}

async function dial(handoffs: Dialler, intentId: string): Promise<FireResult> {
  const controller = new AbortController();
  try {
    // Not AbortSignal.timeout: its timer would let the process end while the outcome is still owed.
    const answer = await within(handoffs.fireMs ?? FIRE_MS, () => handoffs.fire(intentId, controller.signal));
    if (answer !== OVERDUE) return read(answer);
    controller.abort();
    return "unknown";
  } catch {
    return "unknown";
  }
}

function read(answer: FireResult): FireResult {
  return answer === "accepted" || answer === "refused" ? answer : "unknown";
}
