/**
 * One execution of the service: a place in the queue, the version, the run, and how it ended written down. The ledger beneath decides
 * what a repeated key is answered; the service adds which version made the answer.
 */
import { jsonText } from "../../base/large-json/write.ts";
import type { ActionSource, Outcome } from "../../runtime/index.ts";
import { notFound, ProblemError } from "../fault.ts";
import type { Served } from "../handoffs.ts";
import type { Traced } from "../telemetry.ts";
import type { Parts } from "../parts.ts";
import type { RunRow } from "../store/operations/runs.ts";
import { limitsFor, type Tenant } from "../tenant.ts";
import { sourceOf } from "../versions.ts";
import { conversationKey } from "./recorder.ts";
import { pick, placeOf } from "./live.ts";
import type { Request } from "./request.ts";
import { deadlinePassed, draining } from "./scheduler.ts";

export interface Ended {
  readonly executionId: string;
  readonly version: number;
  readonly outcome: Outcome;
}

export interface Running {
  /** Aborted when its caller is to cancel it; null: that never happens. */
  readonly signal: AbortSignal | null;
  /** The row of the store is there already: it was accepted before. */
  readonly stored: boolean;
  /** The version that it was promised. */
  readonly version?: number;
  /** When it was asked for. */
  readonly since: number;
  /** What asks is a model: its arguments are held to the version's own schema before anything runs. */
  readonly holdsArgs?: boolean;
}

interface Loaded {
  readonly action: ActionSource;
  /** The JSON Schema of its arguments, as text. */
  readonly args: string | null;
}

const CONCURRENT = 32;

export async function execute(parts: Parts, request: Request, tenant: Tenant, running: Running): Promise<Ended> {
  const version = running.version ?? versionFor(request, tenant);
  const load = async (): Promise<Loaded> => {
    const content = await parts.registry.version(tenant.name, request.action, version);
    if (content === null) throw notFound("version");
    return { action: await sourceOf(parts.folders, content), args: content.args };
  };
  return inTurn(parts, request, tenant, { ...running, version, load });
}

/** An action of the service's own: version 0, on the tenant's account. */
export async function executeText(
  parts: Parts,
  request: Request,
  tenant: Tenant,
  running: Running,
  text: ActionSource,
): Promise<Ended> {
  return inTurn(parts, request, tenant, { ...running, version: 0, load: async () => ({ action: text, args: null }) });
}

async function inTurn(parts: Parts, request: Request, tenant: Tenant, running: Chosen): Promise<Ended> {
  const traced = parts.telemetry.execution(request);
  try {
    const ended = await whenItMay(parts, request, tenant, { ...running, traced });
    traced.ended(ended.outcome, ended.version);
    return ended;
  } catch (error) {
    const { code } = (error ?? {}) as { code?: unknown };
    traced.failed(typeof code === "string" ? code : "INTERNAL_FAULT");
    throw error;
  }
}

async function whenItMay(
  parts: Parts,
  request: Request,
  tenant: Tenant,
  running: Chosen & { traced: Traced },
): Promise<Ended> {
  const { traced } = running;
  const asked = performance.now();
  const leave = await traced.part("baton.queue", () => enter(parts, request, tenant, running));
  parts.metrics.queued((performance.now() - asked) / 1000);
  const control = parts.running.add(request.tenant, request.executionId);
  try {
    const signal = eitherOf(control.signal, running.signal);
    return await run(parts, request, tenant, { ...running, signal });
  } finally {
    control.done();
    leave();
  }
}

/** A tenant's own bounds hold on all nodes together where they share a store; what it has none of is bounded by each node. */
async function enter(
  { scheduler, shares, settings }: Parts,
  request: Request,
  tenant: Tenant,
  { stored, signal }: Running,
): Promise<() => void> {
  const { name } = tenant;
  const { perSecond, concurrent, weight = 1 } = tenant.settings.rate ?? {};
  // What was accepted before has paid already.
  const rate = stored ? null : (perSecond ?? null);
  if (shares !== null && rate !== null) await shares.token(name, rate);
  const most = concurrent ?? Math.min(CONCURRENT, settings.concurrency);
  return scheduler.enter({
    tenant: name,
    phone: request.phone,
    weight,
    concurrent: shares !== null && concurrent !== undefined ? () => shares.places(name, most) : most,
    perSecond: shares === null ? rate : null,
    deadline: request.deadline,
    signal,
  });
}

/** Throws what the caller is to be answered where nothing can answer it. */
export function versionFor(request: Request, tenant: Tenant): number {
  const { action, body, conversationId, executionId } = request;
  const row = tenant.actions.get(action);
  if (row === undefined) throw notFound("action");
  if (body.version !== undefined) return body.version;
  const version = row.live && pick(row.live, placeOf(tenant.name, action, conversationId ?? executionId));
  if (version === null) throw new ProblemError(404, "ACTION_NOT_LIVE", "No version of this action is live.");
  return version;
}

type Chosen = Running & { readonly version: number; readonly load: () => Promise<Loaded> };

async function run(
  parts: Parts,
  request: Request,
  tenant: Tenant,
  running: Chosen & { traced: Traced },
): Promise<Ended> {
  const { executionId, keyed, body, conversationId, requestHash } = request;
  const { version, traced } = running;
  const { action, args } = await traced.part("baton.load", running.load);
  const overdue = overdueSignal(request.deadline, parts.now());
  const served: Served = {
    executionId,
    conversationId,
    requestHash,
    record: body.record,
    version,
    tenant,
    traced,
    replayed: false,
    replayVersion: null,
    neverRan: ({ status, usage }) => status === "cancelled" && overdue.isPast() && usage.wallMs === 0,
  };
  const beginning = keyed && !running.stored ? begin(parts, request, version) : null;
  const tracked = keyed || running.stored ? null : parts.unkeyed.add(newRun(parts, request, version, "running", null));
  // It is awaited below; until then its failure must not count as unhandled.
  beginning?.catch(() => {});
  try {
    const work = (): Promise<Outcome> =>
      parts.runtime.execute({
        action,
        context: body.context,
        argsSchema:
          running.holdsArgs === true && args !== null ? (JSON.parse(args) as Record<string, unknown>) : undefined,
        environment: body.environment,
        tenant: tenant.name,
        cordon: tenant.settings.cordon,
        // Without a key no request can ask for the id again, and the ledger keeps none.
        executionId: keyed || running.stored ? executionId : undefined,
        limits: boundedLimits(parts, tenant, request),
        // None at all is read without a schema.
        secrets: tenant.secretHeads.length === 0 ? undefined : tenant.secrets,
        now: body.now,
        seed: body.seed,
        signal: eitherOf(overdue.signal, running.signal) ?? undefined,
      });
    const outcome = await parts.serve(served, () => traced.part("baton.run", work, { version }));
    if (served.neverRan(outcome)) throw deadlinePassed();
    if (outcome.status === "refused") throw refused(parts, outcome);
    const existing = await beginning;
    const made = served.replayed ? (served.replayVersion ?? existing?.version ?? version) : version;
    const ended = { executionId, version: made, outcome: { ...outcome, executionId } };
    if (!served.replayed || running.stored || existing?.settledAt === null)
      await record(parts, request, running, ended);
    return ended;
  } catch (error) {
    // Where a row of this request was made and nothing ran, the id is free again.
    if (beginning !== null && (await beginning.catch(() => undefined)) === null) await forget(parts, request);
    await tracked?.forget();
    throw error;
  } finally {
    tracked?.done();
    overdue.clear();
  }
}

function begin(parts: Parts, request: Request, version: number): Promise<RunRow | null> {
  return parts.store.run("beginRun", { run: newRun(parts, request, version, "running", null), callback: null });
}

export function newRun(
  parts: Parts,
  request: Request,
  version: number,
  status: "queued" | "running",
  text: string | null,
) {
  const { tenant, executionId, action, requestHash, conversationId } = request;
  const createdAt = parts.now();
  return {
    tenant,
    executionId,
    action,
    version,
    requestHash,
    conversationId: conversationKey(conversationId),
    status,
    owner: parts.node,
    request: text,
    createdAt,
  };
}

async function forget(parts: Parts, { tenant, executionId }: Request): Promise<void> {
  await parts.store.run("forgetRun", { tenant, executionId }).catch(() => {});
}

/** A run that ended by no doing of its action: to be asked again, later. */
function refused(parts: Parts, outcome: Outcome): ProblemError {
  if (parts.draining()) return draining();
  const { code = "QUEUE_FULL", message = "The run could not begin." } = outcome.error ?? {};
  return new ProblemError(429, code, message, { retryAfter: 1 });
}

function boundedLimits(parts: Parts, tenant: Tenant, { body, deadline }: Request) {
  const limits = limitsFor(parts.baseLimits, tenant, body.limits);
  if (deadline === null) return limits;
  const left = Math.max(1, Math.ceil(deadline - parts.now()));
  return { ...limits, wallMs: Math.min(left, limits.wallMs ?? parts.baseLimits.wallMs ?? left) };
}

/** A signal of signals costs more than the rest of a request's way to its queue: it is made where there are two. */
const eitherOf = (one: AbortSignal | null, other: AbortSignal | null): AbortSignal | null =>
  one === null || other === null ? (one ?? other) : AbortSignal.any([one, other]);

interface Overdue {
  readonly signal: AbortSignal | null;
  isPast(): boolean;
  clear(): void;
}

/** Cancels what still waits, inside the runtime, when the deadline passes; what runs by then is ended by its wall limit. */
function overdueSignal(deadline: number | null, now: number): Overdue {
  if (deadline === null) return { signal: null, isPast: () => false, clear: () => {} };
  const controller = new AbortController();
  // A little later than the wall limit, which names the author's line that ran.
  const timer = setTimeout(() => controller.abort(), Math.min(deadline - now + 250, 2 ** 31 - 1));
  const { signal } = controller;
  return { signal, isPast: () => signal.aborted, clear: () => clearTimeout(timer) };
}

export async function record(
  parts: Parts,
  request: Request,
  running: { readonly since: number },
  ended: Ended,
): Promise<void> {
  const { tenant, action, executionId, requestHash, conversationId } = request;
  const { outcome, version } = ended;
  // A long one is written in slices, and its caller waits for that: the outcome is there to be asked for.
  const text = await jsonText(outcome);
  const { usage, status, handoff } = outcome;
  parts.metrics.settled(outcome);
  parts.recorder.settled({
    tenant, executionId, action, version, requestHash, owner: parts.node, status,
    conversationId: conversationKey(conversationId),
    createdAt: running.since,
    settledAt: parts.now(),
    outcome: text,
    handoff: handoff?.kind ?? null,
    usage: {
      runs: 1,
      failed: status === "returned" ? 0 : 1,
      cpuMs: usage.cpuMs,
      wallMs: usage.wallMs,
      hostCalls: usage.hostCalls,
      bytes: request.contextChars + text.length,
      handoffs: handoff === null ? 0 : 1,
    },
  }); // prettier-ignore
}
