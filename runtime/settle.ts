/**
 * Completion, intents and what became of the transfer → Outcome. Pure, and the one place where a phone transfer drops the return value:
 * nothing that reads an Outcome can see a value that was discarded here.
 */
import type { Intent, IntentKind, Recorded } from "../host-api/index.ts";
import type { Completion } from "../sandbox/index.ts";
import type { FireResult, Standing } from "./handoffs/handoffs.ts";
import type { Handoff, Outcome, OutcomeError, Status, Warning } from "./outcome.ts";

export interface Facts {
  readonly executionId: string;
  readonly completion: Completion;
  readonly recorded: Recorded;
  /** What the provider said of a phone transfer; null where none was to be dialled. */
  readonly fired: FireResult | null;
  /** Where the conversation stood before the run. */
  readonly before: Standing;
  /** Where it stands now, as far as it was not this run's doing. */
  readonly after: Standing | "unknown" | null;
  /** The author's error of a run that did not return. */
  readonly error: OutcomeError | undefined;
  /** The author's warning of work that a run left open. */
  readonly leftOpen?: string | null;
}

export function settle(facts: Facts): Outcome {
  const { executionId, completion, recorded, error } = facts;
  const handoff = settleHandoff(facts);
  const hasTransferred = handoff?.kind === "phone_transfer";
  const returned = completion.end.type === "returned" ? completion.end : null;
  const rest = {
    handoff,
    intents: recorded.intents,
    bot: settleBot(facts, handoff),
    // Of a value that is discarded nothing is said.
    warnings: [
      ...warn(facts, handoff),
      ...(returned === null || hasTransferred ? [] : warnOfEmptied(returned.emptied)),
    ],
  };
  const { logs, logsDropped, usage } = completion;
  const measured = { logs, logsDropped, usage };
  if (returned !== null) {
    const ended = { executionId, status: "returned" } as const;
    if (hasTransferred) return { ...ended, returnValueDiscarded: true, ...rest, ...measured };
    return { ...ended, returnValue: returned.value, returnValueDiscarded: false, ...rest, ...measured };
  }
  const status = statusOf(completion) as Exclude<Status, "returned">;
  // The runtime describes every end that is not a return.
  return { executionId, status, returnValueDiscarded: false, ...rest, error: error as OutcomeError, ...measured };
}

export function statusOf({ end }: Completion): Status {
  switch (end.type) {
    case "bad_result":
      return "threw";
    case "no_entry":
      return "invalid";
    case "returned":
    case "threw":
    case "timed_out":
    case "out_of_memory":
    case "crashed":
    case "cancelled":
    case "refused":
      return end.type;
    default:
      return end satisfies never;
  }
}

/** What this run brought about. A transfer that the provider refused is a standard hand-off. */
function settleHandoff({ recorded, fired }: Facts): Handoff | null {
  const { effective } = recorded;
  if (effective === null) return null;
  if (effective.kind === "handoff" || effective.state === "unknown") return effective;
  if (fired === "refused") return { ...effective, kind: "handoff", phoneDestination: null, state: "recorded" };
  return { ...effective, state: fired === "unknown" ? "unknown" : "fired" };
}

function settleBot({ recorded, before, after }: Facts, handoff: Handoff | null): Outcome["bot"] {
  if (handoff !== null) return afterHandoff(handoff.kind);
  if (before.handedOff) return { mayReplyNow: false, mayReplyLater: false };
  // What cannot be asked counts as handed off: a bot that is silent is put right, one that talks into a human's call is not.
  if (after === "unknown") return { mayReplyNow: false, mayReplyLater: false };
  const concurrent = recorded.alreadyHandedOffBy ?? (after?.handedOff ? (after.kind ?? "handoff") : null);
  return concurrent === null ? { mayReplyNow: true, mayReplyLater: true } : afterHandoff(concurrent);
}

function afterHandoff(kind: IntentKind): Outcome["bot"] {
  return { mayReplyNow: kind === "handoff", mayReplyLater: false };
}

function warn({ recorded, fired, before, after, leftOpen }: Facts, handoff: Handoff | null): Warning[] {
  const warnings: Warning[] = [];
  const add = (code: Warning["code"], message: string): void => void warnings.push({ code, message });
  // A call past the limit leaves no intent, and is rejected unless the conversation was handed off.
  const called = recorded.overflowed ? !before.handedOff : recorded.intents.length > 0;
  if (called && handoff === null && recorded.intents.every(isRejected))
    add("HANDOFF_REJECTED", "The action asked for a human and every request was rejected: nobody was handed off.");
  if (after === "unknown" && handoff === null) warnings.push(STANDING_UNKNOWN);
  if (handoff?.state === "unknown" && handoff.kind === "handoff")
    add("HANDOFF_UNKNOWN", "The store never said whether the hand-off was recorded; it counts as handed off.");
  if (fired === "refused")
    add("TRANSFER_REFUSED", "The provider refused the phone transfer; it became a standard hand-off.");
  if (handoff?.state === "unknown" && handoff.kind === "phone_transfer")
    add("TRANSFER_UNKNOWN", "It is not known whether the phone transfer went through; it is not tried again.");
  if (recorded.overflowed)
    add(
      "HANDOFF_CALLS_EXCEEDED",
      "The action called hand_off_conversation more often than handOffCalls allows; the calls past it were answered without being recorded.",
    );
  if (typeof leftOpen === "string") add("WORK_LEFT_OPEN", leftOpen);
  return warnings;
}

const ADVICE: Readonly<Record<string, string>> = {
  Promise: "Await it.",
  Response: "Return what it holds, such as await response.json().",
  Request: "Return what it holds, such as its url.",
  Map: "Return Object.fromEntries(map).",
  Set: "Return [...set].",
  Headers: "Return Object.fromEntries(headers).",
  URLSearchParams: "Return Object.fromEntries(params).",
  FormData: "Return Object.fromEntries(form).",
  Error: "Return its message.",
  Generator: "Return [...generator].",
  AsyncGenerator: "Collect it with Array.fromAsync.",
};

function warnOfEmptied(emptied: string | undefined): Warning[] {
  if (emptied === undefined) return [];
  const [, kind = "object"] = /^(?:\[object )?([A-Za-z][\w. ]*)\]?$/.exec(emptied) ?? [];
  const became = kind === "function" || kind === "symbol" ? "null" : "{}";
  const advice = ADVICE[kind] ?? "Return plain data instead.";
  const message = `The action returned a value of the kind ${kind}, of which JSON keeps nothing: it became ${became}. ${advice}`;
  return [{ code: "RESULT_EMPTIED", message }];
}

/** A replay says where the conversation stands now: what was true at the end of the run may be long past. */
export function settleReplay(outcome: Outcome, now: Standing | "unknown"): Outcome {
  if (now === "unknown") {
    const bot = { mayReplyNow: false, mayReplyLater: false };
    return { ...outcome, bot, warnings: [...outcome.warnings, STANDING_UNKNOWN] };
  }
  const own = outcome.handoff !== null;
  return {
    ...outcome,
    bot: {
      // The value of a run that handed off itself is for this one turn, at the first answer as at a repeated one.
      mayReplyNow: outcome.bot.mayReplyNow && (own || !now.handedOff),
      mayReplyLater: !now.handedOff,
    },
  };
}

const STANDING_UNKNOWN: Warning = {
  code: "STANDING_UNKNOWN",
  message: "The store did not say where the conversation stands; it counts as handed off.",
};

const isRejected = ({ verdict }: Intent): boolean => verdict === "rejected";
