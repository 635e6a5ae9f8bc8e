/** Executions in the store of the service, their callbacks, and what they used. */
import { all, first, type Operation } from "../operation.ts";
import * as platform from "../statements/platform.ts";
import { LAST_NUMBER } from "../statements/audit.ts";
import * as sql from "../statements/runs.ts";
import { nextNumber, record } from "./audit.ts";
import { ofTheirTenant } from "./tenants.ts";

export interface RunHead {
  readonly tenant: string;
  readonly executionId: string;
  readonly action: string;
  readonly version: number;
  readonly requestHash: string;
  readonly conversationId: string | null;
  /** `queued`, `running`, or the status of its outcome. */
  readonly status: string;
  readonly owner: string;
  readonly createdAt: number;
  readonly settledAt: number | null;
  readonly settledN: number | null;
  readonly handoff: string | null;
  readonly cancelledAt: number | null;
}

export type RunRow = RunHead & { readonly outcome: string | null; readonly request: string | null };

export interface NewRun {
  readonly tenant: string;
  readonly executionId: string;
  readonly action: string;
  readonly version: number;
  readonly requestHash: string;
  readonly conversationId: string | null;
  readonly status: "queued" | "running";
  readonly owner: string;
  /** JSON of what another node needs to run it; null where the caller waits for it. */
  readonly request: string | null;
  readonly createdAt: number;
}

/** Null: the row is written now; else the one that was there. */
export function* beginRun(input: { readonly run: NewRun; readonly callback: string | null }): Operation<RunRow | null> {
  const { run, callback } = input;
  const { tenant, executionId, requestHash } = run;
  const isNew = (yield* first(sql.INSERT, { ...run })) !== null;
  // What is asked again while it runs, now with an address, is answered there as well; the first address stays.
  const isOpen =
    isNew || (callback !== null && (yield* first(sql.HOLD, { tenant, executionId, requestHash })) !== null);
  if (callback !== null && isOpen) yield* all(sql.INSERT_CALLBACK, { tenant, executionId, url: callback });
  return isNew ? null : yield* first<RunRow>(sql.READ, { tenant, executionId });
}

/** Beside runs that are under way: a row that is there already stays. */
export function* beginRuns({ runs }: { readonly runs: readonly NewRun[] }): Operation<void> {
  for (const run of runs) yield* first(sql.INSERT, { ...run });
}

export interface SettledRun extends Omit<NewRun, "status" | "request"> {
  readonly status: string;
  readonly settledAt: number;
  readonly outcome: string;
  readonly handoff: string | null;
  readonly usage: UsageNumbers;
}

export interface UsageNumbers {
  readonly runs: number;
  readonly failed: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly hostCalls: number;
  readonly bytes: number;
  readonly handoffs: number;
}

/**
 * A run counts once, with the commit that settles it: asked again because an answer was lost, it adds nothing. What ends after its tenant was
 * deleted leaves nothing behind.
 */
export function* settleRuns(input: { readonly runs: readonly SettledRun[] }): Operation<number> {
  const runs = yield* ofTheirTenant(input.runs, ({ createdAt }) => createdAt);
  let n = (yield* nextNumber("settled", runs.length)) - runs.length;
  const usage = new Map<string, { tenant: string; action: string; minute: number; sum: UsageNumbers }>();
  for (const run of runs) {
    n += 1;
    const { usage: used, ...row } = run;
    if ((yield* first(sql.SETTLE, { ...row, settledN: n })) === null) continue;
    const { tenant, executionId, action, settledAt } = run;
    yield* all(sql.ARM_CALLBACK, { tenant, executionId, now: settledAt });
    const minute = Math.floor(settledAt / 60_000);
    const key = JSON.stringify([tenant, minute, action]);
    const before = usage.get(key)?.sum;
    usage.set(key, { tenant, action, minute, sum: before ? added(before, used) : used });
  }
  const keys = [...usage.keys()].sort();
  for (const key of keys) {
    const { sum, ...of } = usage.get(key)!;
    yield* all(platform.ADD_USAGE, { ...of, ...sum });
  }
  return n;
}

function added(a: UsageNumbers, b: UsageNumbers): UsageNumbers {
  return {
    runs: a.runs + b.runs,
    failed: a.failed + b.failed,
    cpuMs: a.cpuMs + b.cpuMs,
    wallMs: a.wallMs + b.wallMs,
    hostCalls: a.hostCalls + b.hostCalls,
    bytes: a.bytes + b.bytes,
    handoffs: a.handoffs + b.handoffs,
  };
}

export function* readRun(input: { readonly tenant: string; readonly executionId: string }): Operation<RunRow | null> {
  return yield* first<RunRow>(sql.READ, input);
}

/** It never ran: its id is free again. */
export function* forgetRun(input: { readonly tenant: string; readonly executionId: string }): Operation<void> {
  yield* all(sql.FORGET, input);
  yield* all(sql.DROP_CALLBACKS, input);
}

export function* listRuns(input: {
  readonly tenant: string;
  readonly status: string | null;
  readonly action: string | null;
  readonly conversationId: string | null;
  readonly since: number;
  readonly before: number;
  readonly beforeId: string;
  readonly limit: number;
}): Operation<readonly RunHead[]> {
  return yield* all<RunHead>(sql.LIST, input);
}

/** Takes over what nodes that are gone left unfinished. */
export function* adoptRuns(input: {
  readonly owner: string;
  readonly aliveSince: number;
  readonly limit: number;
}): Operation<readonly (RunHead & { readonly request: string | null })[]> {
  const { owner, aliveSince, limit } = input;
  const found = yield* all<RunHead & { request: string | null }>(sql.ORPHANS, { aliveSince, limit });
  const taken = [];
  for (const run of found) {
    const { tenant, executionId } = run;
    if ((yield* first(sql.TAKE, { tenant, executionId, owner, before: run.owner })) !== null) taken.push(run);
  }
  return taken;
}

/** Null: it is not this node's, or not queued any more. */
export function* startQueued(input: {
  readonly tenant: string;
  readonly executionId: string;
  readonly owner: string;
}): Operation<{ readonly cancelledAt: number | null } | null> {
  return yield* first<{ cancelledAt: number | null }>(sql.BEGIN, input);
}

/** Null: there is no such run, or it is over. Written into the audit chain, so that the node that runs it reads of it. */
export function* cancelRun(input: {
  readonly tenant: string;
  readonly executionId: string;
  readonly actor: string;
  readonly now: number;
}): Operation<{ readonly status: string } | null> {
  const { tenant, executionId, actor, now } = input;
  const found = yield* first<{ status: string }>(sql.CANCEL, { tenant, executionId, now });
  if (found !== null) yield* record({ actor, action: "run.cancel", tenant, subject: executionId, now });
  return found;
}

export function* settledAfter(input: {
  readonly tenant: string;
  readonly action: string | null;
  readonly after: number;
  readonly limit: number;
}): Operation<readonly (RunHead & { readonly outcome: string | null })[]> {
  return yield* all(sql.SETTLED_AFTER, input);
}

export function* lastSettled(_input: null): Operation<number> {
  return (yield* first<{ n: number }>(LAST_NUMBER, { name: "settled" }))?.n ?? 0;
}

export function* purgeRuns(input: {
  readonly tenant: string;
  readonly conversationId: string | null;
}): Operation<void> {
  yield* all(sql.PURGE, input);
}

export function* dropRuns(input: { readonly before: number; readonly tenant: string | null }): Operation<void> {
  yield* all(sql.DROP, input);
  yield* all(sql.DROP_CALLBACKS, { tenant: input.tenant, executionId: null });
}

export interface CallbackState {
  /** `pending` until the execution is settled, then `waiting` until it is `delivered`, or `dead`. */
  readonly status: string;
  readonly attempts: number;
  readonly code: string | null;
}

/** Null: none was asked for. */
export function* readCallback(input: {
  readonly tenant: string;
  readonly executionId: string;
}): Operation<CallbackState | null> {
  return yield* first<CallbackState>(sql.READ_CALLBACK, input);
}

export interface DueCallback {
  readonly tenant: string;
  readonly executionId: string;
  readonly url: string;
  readonly attempts: number;
  readonly action: string;
  readonly version: number;
  readonly outcome: string | null;
  readonly settledAt: number;
}

/** Callbacks that are due, each leased to this node by its count of attempts. */
export function* leaseCallbacks(input: {
  readonly now: number;
  readonly until: number;
  readonly limit: number;
}): Operation<readonly DueCallback[]> {
  const { now, until, limit } = input;
  const leased: DueCallback[] = [];
  for (const due of yield* all<DueCallback>(sql.DUE_CALLBACKS, { now, limit })) {
    const { tenant, executionId, attempts } = due;
    const held = yield* first<{ attempts: number }>(sql.LEASE_CALLBACK, { tenant, executionId, attempts, until });
    if (held !== null) leased.push({ ...due, attempts: held.attempts });
  }
  return leased;
}

export function* settleCallback(input: {
  readonly tenant: string;
  readonly executionId: string;
  readonly attempts: number;
  readonly status: "delivered" | "dead" | "waiting";
  readonly code: string | null;
  readonly nextAt: number;
}): Operation<void> {
  yield* all(sql.SETTLE_CALLBACK, input);
}
