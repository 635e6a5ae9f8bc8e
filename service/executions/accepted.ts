/**
 * Executions that were accepted with 202: stored first, then run here, or by another node if this one is gone. Whether one that was
 * begun may run again is the ledger's word, not the row's: it says `crashed` for what was lost mid-way.
 */
import { setTimeout } from "node:timers/promises";
import { HostFault, type Outcome, type OutcomeErrorCode, type UnreturnedOutcome } from "../../runtime/index.ts";
import { parseJson } from "../../base/large-json/read.ts";
import { writeJson } from "../../base/large-json/write.ts";
import { createSlices } from "../../base/slices.ts";
import { MAX_DEPTH } from "../../sandbox/index.ts";
import { invalid, ProblemError } from "../fault.ts";
import { takesWork } from "../health.ts";
import { startLoop, type Loop } from "../loop.ts";
import type { Parts } from "../parts.ts";
import type { RunHead, RunRow } from "../store/operations/runs.ts";
import type { Tenant } from "../tenant.ts";
import { execute, newRun, record, versionFor } from "./execute.ts";
import { conversationIdIn, type Request } from "./request.ts";
import { UNKEYED } from "./unkeyed.ts";
import { lostOutcome } from "../../delivery/lost-outcome.ts";

/** What another node needs to run it. */
type StoredRequest = Omit<Request, "tenant" | "action" | "executionId" | "requestHash" | "conversationId">;

/** Null: it is stored, and under way; else the row that was there under this id. */
export async function accept(
  parts: Parts,
  request: Request,
  tenant: Tenant,
): Promise<{ version: number; existing: RunRow | null }> {
  const version = versionFor(request, tenant);
  const { body, keyed, phone, deadline, traceparent, contextChars } = request;
  const stored = { body, keyed, phone, deadline, traceparent, contextChars } satisfies StoredRequest;
  const text = await writeJson(stored, { slices: createSlices({ isSpent: true }), depth: MAX_DEPTH });
  if (typeof text !== "string") throw invalid("body.context", `nests deeper than ${MAX_DEPTH} levels`);
  const run = newRun(parts, request, version, "queued", text);
  // It stays in memory until it has run, and its caller is answered long before.
  const release = parts.underWay.hold(request.tenant, Math.max(MIN_CHARS, text.length));
  const existing = await parts.store
    .run("beginRun", { run, callback: body.callback ?? null })
    .catch((error: unknown) => {
      release();
      throw error;
    });
  if (existing !== null) release();
  else void runAccepted(parts, request, version, run.createdAt).finally(release);
  return { version: existing?.version ?? version, existing };
}

/** What an accepted request holds at least, its promises included. */
const MIN_CHARS = 1024;

/** Never rejects: whatever comes of it is written down, by another node where this one is stopped. */
async function runAccepted(parts: Parts, request: Request, version: number, since: number): Promise<void> {
  while (!(await hasRun(parts, request, version, since)) && !parts.closed.aborted)
    await setTimeout(RETRY_MS, undefined, { ref: false });
}

/** False where nothing ran, and it is to be tried again: it stays queued, and whichever node is there takes it. */
async function hasRun(parts: Parts, request: Request, version: number, since: number): Promise<boolean> {
  const { tenant: name, executionId } = request;
  try {
    const tenant = await parts.registry.tenant(name);
    // It was deleted meanwhile, and nothing of it stays.
    if (tenant === null) {
      await parts.store.run("forgetRun", { tenant: name, executionId });
      return true;
    }
    const control = parts.running.add(name, executionId);
    try {
      const started = await parts.store.run("startQueued", { tenant: name, executionId, owner: parts.node });
      if (started?.cancelledAt != null)
        throw new ProblemError(409, "EXECUTION_CANCELLED", "It was cancelled before it began.");
      await execute(parts, request, tenant, { signal: control.signal, stored: true, version, since });
    } finally {
      control.done();
    }
  } catch (error) {
    if (passes(error) || parts.draining()) return false;
    await record(parts, request, { since }, { executionId, version, outcome: neverRan(executionId, error) });
  }
  return true;
}

const RETRY_MS = 1_000;

/** The store is away, the queue is full: nothing ran, and it was promised that it would. */
function passes(error: unknown): boolean {
  if (error instanceof HostFault) return error.code !== "EXECUTION_MISMATCH";
  return error instanceof ProblemError && (error.status === 429 || error.status === 503);
}

function neverRan(executionId: string, error: unknown): UnreturnedOutcome {
  const code = error instanceof ProblemError || error instanceof HostFault ? error.code : "INTERNAL_FAULT";
  const message = error instanceof ProblemError || error instanceof HostFault ? error.message : "It could not be run.";
  return {
    executionId,
    status: code === "NOT_FOUND" ? "invalid" : "cancelled",
    returnValueDiscarded: false,
    handoff: null,
    intents: [],
    bot: { mayReplyNow: true, mayReplyLater: true },
    warnings: [],
    error: {
      code: code as OutcomeErrorCode,
      name: "NeverRan",
      message,
      retry: code === "DEADLINE_PASSED" ? "safe" : "never",
    },
    logs: [],
    logsDropped: 0,
    usage: { queuedMs: 0, wallMs: 0, hostMs: 0, cpuMs: 0, peakMemoryBytes: 0, hostCalls: 0 },
  };
}

const ADOPT_MS = 2_000;
/** A node that was not seen for so long has lost its rows. */
const NODE_GONE_MS = 10_000;
const AT_ONCE = 20;

/** Takes over what nodes that are gone left behind. */
export function startAdopter(parts: Parts): Loop {
  const busy = new Set<Promise<void>>();

  async function look(): Promise<void> {
    if (busy.size >= AT_ONCE || !takesWork(parts)) return;
    const input = { owner: parts.node, aliveSince: parts.now() - NODE_GONE_MS, limit: AT_ONCE - busy.size };
    for (const run of await parts.store.run("adoptRuns", input)) {
      const work = takeOver(parts, run)
        .catch((error: unknown) =>
          parts.log.warn(
            { tenant: run.tenant, executionId: run.executionId, error: String(error) },
            "a lost execution was not settled",
          ),
        )
        .finally(() => busy.delete(work));
      busy.add(work);
    }
  }
  return startLoop(ADOPT_MS, look, ADOPT_MS);
}

async function takeOver(parts: Parts, run: RunHead & { readonly request: string | null }): Promise<void> {
  const { tenant, action, executionId, requestHash, conversationId, version, createdAt } = run;
  parts.log.info({ tenant, executionId, from: run.owner }, "takes over an execution of a node that is gone");
  if (run.request !== null) {
    const stored = (await parseJson(run.request, createSlices({ isSpent: true }))) as unknown as StoredRequest;
    const request = {
      ...stored,
      contextChars: (stored as Partial<StoredRequest>).contextChars ?? 0,
      tenant,
      action,
      executionId,
      requestHash,
      conversationId: conversationIdIn(stored.body.context),
    };
    return runAccepted(parts, request, version, createdAt);
  }
  const bare: Request = {
    tenant, action, executionId, requestHash, conversationId, contextChars: 0, keyed: true, phone: false, deadline: null, traceparent: null,
    body: { context: null },
  }; // prettier-ignore
  if (requestHash === UNKEYED) {
    // No key, no word of the ledger: it began, and its node is gone.
    const outcome = JSON.parse(lostOutcome(executionId, [])) as Outcome;
    return record(parts, bare, { since: createdAt }, { executionId, version, outcome });
  }
  // Its caller is gone with its node; the ledger says what came of it.
  const begun = await parts.handoffs.begin({
    tenant, executionId, generatedId: false, inputHash: requestHash, conversationId, environment: "production",
  }); // prettier-ignore
  if (begun.replay === undefined) {
    await parts.handoffs.end(tenant, executionId, { ...neverRan(executionId, null), status: "refused" });
    return parts.store.run("forgetRun", { tenant, executionId });
  }
  const { version: made, ...outcome } = begun.replay as Outcome & { version?: number };
  await record(parts, bare, { since: createdAt }, { executionId, version: made ?? version, outcome });
}
