/** Erases personal data and keeps the fact: that there was a hand-off, when, of which kind, and how it ended. */
import { erasedOutcome } from "../lost-outcome.ts";
import { changeOf } from "./change.ts";
import { ask, type Operation } from "../statements/questions.ts";

export interface PurgeInput {
  readonly tenant: string;
  readonly conversationId: string | null;
  readonly before: number | null;
  readonly now: number;
  /** Rows of each kind in one transaction; the caller asks again until nothing is left. */
  readonly limit: number;
}

export interface PurgedPart {
  readonly handoffs: number;
  readonly executions: number;
  /** Rows that were looked at. One of them may have changed meanwhile: until none is found, something may be left. */
  readonly found: number;
}

export function* purge(input: PurgeInput): Operation<PurgedPart> {
  const { tenant, conversationId, before, now, limit } = input;
  const entries = yield* ask("handoffsToPurge", { tenant, conversationId, before, limit });
  for (const { intentId } of entries) {
    const entry = yield* ask("lockEntry", { intentId });
    if (entry === null) continue;
    const { outbox: _outbox, ...handoff } = entry;
    yield* ask("writeHandoff", { ...handoff, reason: null, phoneDestination: null, call: null, purgedAt: now });
    yield* ask("insertChange", changeOf(handoff, "purged", now));
  }
  const executions = yield* ask("executionsToPurge", { tenant, conversationId, before, limit });
  let purgedExecutions = 0;
  for (const { executionId, outcome } of executions) {
    const done = yield* ask("purgeExecution", {
      tenant,
      executionId,
      outcome: outcome === null ? null : erasedOutcome(outcome),
      purgedAt: now,
    });
    if (done) purgedExecutions += 1;
  }
  return { handoffs: entries.length, executions: purgedExecutions, found: entries.length + executions.length };
}
