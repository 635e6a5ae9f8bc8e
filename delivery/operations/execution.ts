/** Executions by id: claimed once, waited for, stored for replays, or found lost mid-way. */
import { standingOf } from "../../runtime/handoffs/claims.ts";
import type { Standing } from "../../runtime/handoffs/handoffs.ts";
import { lostOutcome, erasedOutcome } from "../lost-outcome.ts";
import type { ExecutionRow } from "../rows.ts";
import { nameIn } from "../store-names.ts";
import { ask, type Operation, type Rewind } from "../statements/questions.ts";

export type Begin =
  | { readonly type: "begun"; readonly standing: Standing }
  | { readonly type: "replay"; readonly outcome: string }
  /** It runs in a process that is alive. */
  | { readonly type: "running" }
  | { readonly type: "mismatch" };

export interface BeginInput {
  readonly execution: ExecutionRow;
  readonly now: number;
  /** By which an outcome is forgotten; `now`, where a clock was not set ahead lately. */
  readonly lasting?: number;
  /** Since when this process has had answers from the store without a break. */
  readonly answeredSince: number;
}

/**
 * While a store was away no process could say that it lives. So a lease is judged only once its owner had time for a heartbeat since, which
 * comes after a third of a lease.
 */
function isLost(found: ExecutionRow, { execution, now, answeredSince }: BeginInput): boolean {
  const leaseMs = found.leaseMs ?? execution.leaseMs ?? 0;
  // One that reaches further than any lease was given by a clock that has been set back since.
  const isOver = found.leaseUntil <= now || (leaseMs > 0 && found.leaseUntil > now + 2 * leaseMs);
  return isOver && answeredSince + (2 * leaseMs) / 3 <= now;
}

export function* begin(input: BeginInput): Operation<Begin> {
  const { execution, now, lasting = now } = input;
  const { tenant, executionId } = execution;
  // A few rounds, since the row found may be gone or changed by the time it is acted on.
  for (let round = 0; round < 8; round += 1) {
    if (yield* ask("insertExecution", execution)) return { type: "begun", standing: yield* standingFor(execution) };
    const found = yield* ask("readExecution", { tenant, executionId });
    if (found === null) continue;
    if (found.outcome !== null && found.expiresAt <= lasting) {
      yield* ask("deleteExecution", { tenant, executionId, owner: found.owner, running: false });
      continue;
    }
    if (found.inputHash !== execution.inputHash) return { type: "mismatch" };
    // The same attempt, asked again because its answer was lost.
    if (found.owner === execution.owner && found.outcome === null) {
      return { type: "begun", standing: yield* standingFor(execution) };
    }
    if (found.outcome !== null) return { type: "replay", outcome: found.outcome };
    if (!isLost(found, input)) return { type: "running" };
    const outcome = lostOutcome(nameIn(found), yield* ask("handoffsOfExecution", { tenant, executionId }));
    const settled = yield* ask("finishExecution", {
      tenant,
      executionId,
      owner: found.owner,
      leaseUntil: found.leaseUntil,
      purged: found.purgedAt !== null,
      outcome: found.purgedAt === null ? outcome : erasedOutcome(outcome),
      expiresAt: execution.expiresAt,
      lostAt: now,
      overLost: false,
    });
    if (settled) return { type: "replay", outcome: found.purgedAt === null ? outcome : erasedOutcome(outcome) };
  }
  return { type: "running" };
}

/** An execution whose id no caller can ask for again: no row of it is kept, so its beginning writes nothing and waits for no commit. */
export function* beginUnkept(of: Pick<ExecutionRow, "tenant" | "conversationId">): Operation<Begin> {
  return { type: "begun", standing: yield* standingFor(of) };
}

function* standingFor({
  tenant,
  conversationId,
}: Pick<ExecutionRow, "tenant" | "conversationId">): Operation<Standing> {
  if (conversationId === null) return { epoch: 0, handedOff: false };
  return standingOf(yield* ask("latestHandoff", { tenant, conversationId }));
}

export interface EndInput {
  readonly tenant: string;
  readonly executionId: string;
  readonly owner: string;
  readonly outcome: string;
  readonly expiresAt: number;
}

/**
 * An execution that was found lost, and was not, takes its own outcome in place of that: nothing ran in its stead. False: its row is gone,
 * or has an outcome already.
 */
export function* end(input: EndInput): Operation<boolean> {
  const late = { ...input, leaseUntil: null, lostAt: null, overLost: true };
  if (yield* ask("finishExecution", { ...late, purged: false })) return true;
  return yield* ask("finishExecution", { ...late, outcome: erasedOutcome(input.outcome), purged: true });
}

export function* execution(input: {
  readonly tenant: string;
  readonly executionId: string;
}): Operation<ExecutionRow | null> {
  return yield* ask("readExecution", input);
}

/** It never ran: its id is free again. */
export function* release(input: {
  readonly tenant: string;
  readonly executionId: string;
  readonly owner: string;
}): Operation<boolean> {
  return yield* ask("deleteExecution", { ...input, running: true });
}

export function* heartbeat(input: {
  readonly owners: readonly string[];
  readonly leaseUntil: number;
}): Operation<void> {
  yield* ask("extendExecutions", input);
}

/**
 * What reaches further ahead than any lease or pause was written by a clock that has been set back since, and would hold a row for as long as
 * the clock was wrong.
 */
export function* rewind(input: Rewind): Operation<void> {
  yield* ask("rewindPauses", input);
  yield* ask("rewindLeases", input);
  yield* ask("rewindTransfers", input);
}

export function* dropExpired(input: { readonly now: number; readonly changesBefore: number }): Operation<void> {
  yield* ask("dropExpired", input);
}
