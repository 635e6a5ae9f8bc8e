/** Outcomes that the ledger makes itself: of an execution that was lost mid-way, and of one whose personal data was erased. */
import type { Handoff, Outcome, Warning } from "../runtime/outcome.ts";
import type { Entry } from "./rows.ts";

/** JSON of the Outcome of an execution whose process died. Only what was recorded is known of its calls. */
export function lostOutcome(executionId: string, recorded: readonly Entry[]): string {
  const entry = recorded[0];
  const fired = entry !== undefined && entry.kind === "phone_transfer";
  const outcome: Outcome = {
    executionId,
    status: "crashed",
    returnValueDiscarded: false,
    handoff: entry === undefined ? null : handoffOf(entry),
    intents: recorded.map((row) => ({
      kind: row.kind,
      reason: row.reason,
      phoneDestination: row.phoneDestination,
      verdict: "recorded",
      message: "Recorded before the execution was lost.",
    })),
    bot: { mayReplyNow: !fired, mayReplyLater: entry === undefined },
    warnings: [],
    error: {
      code: "EXECUTION_LOST",
      name: "ExecutionLost",
      message: "The process that ran this execution stopped before it could say how it ended. It was not run again.",
      retry: "unsafe",
    },
    logs: [],
    logsDropped: 0,
    usage: { queuedMs: 0, wallMs: 0, hostMs: 0, cpuMs: 0, peakMemoryBytes: 0, hostCalls: 0 },
  };
  return JSON.stringify(outcome);
}

function handoffOf(entry: Entry): Handoff {
  const { kind, intentId, reason, phoneDestination } = entry;
  return { kind, intentId, reason, phoneDestination, state: handoffState(entry) };
}

function handoffState(entry: Entry): Handoff["state"] {
  switch (entry.state) {
    case "transferred":
      return "fired";
    case "transfer_unknown":
      return "unknown";
    case "transferring":
      // On its way to the provider or not, the process that knew is gone.
      return entry.outbox.status === "sending" ? "unknown" : "recorded";
    case "handed_off":
    case "transfer_failed":
      return entry.outbox.status === "delivered" ? "delivered" : entry.outbox.status === "dead" ? "failed" : "recorded";
  }
}

/** The same outcome without personal data: the fact stays, what was said and returned goes. */
export function erasedOutcome(json: string): string {
  const outcome = JSON.parse(json) as Outcome;
  const redacted = {
    ...outcome,
    ...("returnValue" in outcome ? { returnValue: null } : {}),
    handoff: outcome.handoff && { ...outcome.handoff, reason: null, phoneDestination: null },
    intents: outcome.intents.map((intent) => ({ ...intent, reason: null, phoneDestination: null, message: "" })),
    warnings: [{ code: "PURGED", message: "The personal data of this outcome was erased." }] satisfies Warning[],
    logs: [],
    logsDropped: outcome.logsDropped + outcome.logs.length,
    ...(outcome.error
      ? { error: { code: outcome.error.code, name: outcome.error.name, message: "", retry: outcome.error.retry } }
      : {}),
  };
  return JSON.stringify(redacted);
}

/** What may be stored for replays: never a value that a fired transfer discarded, in whichever process it settled. */
export function storableOutcome(outcome: Outcome): string {
  const fired = outcome.handoff?.kind === "phone_transfer" || outcome.returnValueDiscarded;
  if (!fired || !("returnValue" in outcome)) return JSON.stringify(outcome);
  const { returnValue: _discarded, ...rest } = outcome;
  return JSON.stringify(rest);
}
