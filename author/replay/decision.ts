/** A run's decision in a word or two, for a table of many. */
import type { Outcome } from "../../runtime/outcome.ts";

export function decisionOf({ status, handoff, intents, bot, error }: Outcome): string {
  const ended = status === "returned" ? "" : `${error?.code ?? status}, `;
  if (handoff !== null) {
    const kind = handoff.kind === "phone_transfer" ? `transfer to ${handoff.phoneDestination}` : "hand-off";
    return `${ended}${kind}${handoff.state === "unknown" ? " (unknown)" : ""}`;
  }
  if (intents.length > 0 && intents.every(({ verdict }) => verdict === "rejected")) return `${ended}rejected`;
  if (intents.some(({ verdict }) => verdict === "skipped")) return `${ended}skipped`;
  if (!bot.mayReplyNow) return `${ended}silent`;
  return ended === "" ? "answers" : ended.slice(0, -2);
}
