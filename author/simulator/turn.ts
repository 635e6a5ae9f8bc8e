/** Turns of a conversation: what one says of its outcome, and how much of it a page is sent. */
import type { Json, Outcome } from "../../runtime/index.ts";
import type { Entry, Turn } from "./history.ts";

const SHOWN_LOGS = 200;

/** Every change sends the whole history to the page, and each turn's context holds all messages before it: of that, the arguments are enough. */
export function forPage(entry: Entry): Entry {
  if (entry.type !== "run") return entry;
  const { turn } = entry;
  const { args = {} } = turn.context as { readonly args?: Json };
  const logs = turn.outcome.logs.slice(0, SHOWN_LOGS);
  return { ...entry, turn: { ...turn, context: { args }, http: [], outcome: { ...turn.outcome, logs } } };
}

/** What the provider answered to a dial of this run. */
export function dialledOf({ handoff, warnings }: Outcome): Turn["transfer"] {
  if (warnings.some(({ code }) => code === "TRANSFER_REFUSED")) return "refused";
  if (handoff?.kind !== "phone_transfer") return null;
  return handoff.state === "unknown" ? "unknown" : "accepted";
}
