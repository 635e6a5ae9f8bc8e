/** Executions: run, accepted, looked up, cancelled. */
import { HostFault } from "../../runtime/index.ts";
import { parseJson } from "../../base/large-json/read.ts";
import { createSlices } from "../../base/slices.ts";
import { recordingText } from "../../runtime/journal/recordings.ts";
import { accept } from "../executions/accepted.ts";
import { execute, type Ended } from "../executions/execute.ts";
import { readKept, withoutPaths } from "../executions/recordings.ts";
import { conversationKey, rowOf } from "../executions/recorder.ts";
import { readRequest, type Request } from "../executions/request.ts";
import { refuseWork } from "../health.ts";
import { invalid, notFound, ProblemError } from "../fault.ts";
import type { Parts } from "../parts.ts";
import { signingSecrets } from "../providers/sealing.ts";
import type { executionRoutes } from "../routes/executions.ts";
import type { RunHead, RunRow } from "../store/operations/runs.ts";
import { pageOf, readCursor, writeCursor } from "./cursor.ts";
import { actorOf, iso, isoOrNull, ok, tenantOf, type Answer, type Call, type Handlers } from "./handler.ts";
import { announce } from "./keys.ts";

const JSON_TYPE = "application/json; charset=utf-8";

type ExecuteCall = Call<typeof executionRoutes.execute>;

export const executionHandlers: Handlers<keyof typeof executionRoutes> = {
  async execute(parts, call) {
    refuseWork(parts);
    const { headers, body, params } = call;
    const now = parts.now();
    const request = await readRequest({
      ...params, body, now, key: headers["idempotency-key"], deadline: headers["baton-deadline"], traceparent: headers.traceparent,
    }); // prettier-ignore
    checkBody(request);
    if (prefersAsync(headers.prefer)) return acceptIt(parts, call, request);
    if (body.callback !== undefined) throw invalid("body.callback", "needs the header Prefer: respond-async");
    const signal = headers["baton-on-disconnect"] === "cancel" ? call.hungUp : null;
    const ended = await execute(parts, request, tenantOf(call), { signal, stored: false, since: now });
    return ok(ended satisfies Ended);
  },
  async listExecutions(parts, { params, query }) {
    await parts.recorder.flush().catch(() => {});
    const [before = query.until === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(query.until), beforeId = ""] =
      readCursor(query.cursor, "number", "string") ?? [];
    const found = await parts.store.run("listRuns", {
      tenant: params.tenant,
      status: query.status ?? null,
      action: query.action ?? null,
      conversationId: conversationKey(query.conversation ?? null),
      since: query.since === undefined ? 0 : Date.parse(query.since),
      before,
      beforeId,
      limit: query.limit + 1,
    });
    const { rows, next } = pageOf(found, query.limit, (row) => writeCursor([row.createdAt, row.executionId]));
    return ok({ executions: rows.map(runView), next });
  },
  async getExecution(parts, { params }) {
    const { tenant, id: executionId } = params;
    const row = await findRun(parts, tenant, executionId);
    if (row === null) throw notFound("execution");
    const callback = await parts.store.run("readCallback", { tenant, executionId });
    return ok({ ...runView(row), outcome: await outcomeOf(row), callback });
  },
  async getRecording(parts, { params, query }) {
    const { tenant, id: executionId } = params;
    await parts.runtime.recorded();
    await parts.recordings.flush().catch(() => {});
    const kept = await parts.store.run("readRecording", { tenant, executionId });
    if (kept === null) {
      if ((await findRun(parts, tenant, executionId)) === null) throw notFound("execution");
      throw new ProblemError(404, "NOT_RECORDED", "There is no recording of this execution.");
    }
    const recording = await withoutPaths(await readKept(kept, query.source === "true"), [query.redact ?? []].flat());
    const name = executionId.replaceAll(/[^\w.-]/g, "_");
    const headers = {
      "content-type": JSON_TYPE,
      "content-disposition": `attachment; filename="${name}.recording.json"`,
    };
    return { status: 200, headers, stream: recordingText(recording) };
  },
  async cancelExecution(parts, call) {
    const { tenant, id: executionId } = call.params;
    // What has ended here and is not written yet is over.
    await parts.recorder.flush().catch(() => {});
    const here = parts.running.cancel(tenant, executionId);
    const found = await parts.store.run("cancelRun", { tenant, executionId, actor: actorOf(call), now: parts.now() });
    announce(parts);
    if (found === null && !here) {
      if ((await findRun(parts, tenant, executionId)) === null) throw notFound("execution");
      throw new ProblemError(409, "EXECUTION_SETTLED", "The execution is over.");
    }
    return { status: 202, body: { executionId, status: found?.status ?? "running" } };
  },
};

/** RFC 7240: a list of preferences, an empty value being none; what stands in quotes is the value of another one. */
function prefersAsync(prefer = ""): boolean {
  const unquoted = prefer.replaceAll(/"[^"]*"/g, (quoted) => (quoted === '""' ? '""' : '"?"'));
  return unquoted.split(",").some((one) => /^respond-async(?:\s*=\s*"")?(?:\s*;|$)/i.test(one.trim()));
}

/** What the action's own schema would say of it comes as an outcome; what is no object at all is no request. */
function checkBody({ body }: Request): void {
  if (body.context === undefined) throw invalid("body.context", "is missing");
}

async function acceptIt(parts: Parts, call: ExecuteCall, request: Request): Promise<Answer> {
  const tenant = tenantOf(call);
  const { callback } = request.body;
  if (callback !== undefined && signingSecrets(tenant).length === 0) {
    throw new ProblemError(422, "CALLBACK_UNSIGNED", "The tenant has no webhook whose secrets could sign a callback.");
  }
  const { version, existing } = await accept(parts, request, tenant);
  const { executionId } = request;
  if (existing !== null && existing.requestHash !== request.requestHash) {
    throw new HostFault("EXECUTION_MISMATCH", `The key ${executionId} was used for another request.`, "never");
  }
  const outcome = existing === null ? null : await outcomeOf(existing);
  if (outcome !== null) return ok({ executionId, version, outcome });
  const location = `/v1/tenants/${encodeURIComponent(tenant.name)}/executions/${encodeURIComponent(executionId)}`;
  const body = { executionId, version, status: existing?.status ?? "queued" };
  return { status: 202, body, headers: { location, "preference-applied": "respond-async" } };
}

async function findRun(parts: Parts, tenant: string, executionId: string): Promise<RunRow | null> {
  const pending = parts.recorder.pending(tenant, executionId);
  return pending === null ? parts.store.run("readRun", { tenant, executionId }) : rowOf(pending);
}

async function outcomeOf({ outcome }: RunRow): Promise<unknown> {
  return outcome === null ? null : parseJson(outcome, createSlices({ isSpent: true }));
}

function runView({
  executionId,
  action,
  version,
  status,
  conversationId,
  handoff,
  createdAt,
  settledAt,
}: RunHead): object {
  return {
    executionId,
    action,
    version,
    status,
    conversationId,
    handoff,
    createdAt: iso(createdAt),
    settledAt: isoOrNull(settledAt),
  };
}
