/** Executions: asked for, looked up, cancelled. */
import { z } from "zod";
import { limitsSchema } from "../../runtime/limits.ts";
import type { Outcome } from "../../runtime/index.ts";
import {
  actionParams,
  executionName,
  instant,
  json,
  jsonObject,
  next,
  page,
  tenantParams,
  time,
  versionNumber,
} from "./parts.ts";
import { anyOf, type Routes } from "./route.ts";
import { redactedPath } from "./tenant-settings.ts";

const MEBIBYTE = 1024 * 1024;

export const executionBody = z.strictObject({
  context: json.describe("The JSON object that the action receives."),
  environment: z.enum(["production", "test", "mock"]).optional(),
  version: versionNumber.optional().describe("This version; without it, what is live."),
  now: z.string().max(40).optional(),
  seed: z.string().max(1000).optional(),
  limits: limitsSchema.optional().describe("Lower than the tenant's, or as they are."),
  record: z
    .boolean()
    .optional()
    .describe("Whether this run is recorded, where the tenant's `recordings` leave it open."),
  callback: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .optional()
    .describe("With `Prefer: respond-async`: where the end is sent."),
});
const executionHeaders = z.object({
  "idempotency-key": z
    .string()
    .max(202)
    .optional()
    .describe("The execution id. A repeated key returns the stored outcome."),
  prefer: z.string().max(200).optional().describe("`respond-async` answers 202 once the request is stored."),
  "baton-deadline": z
    .string()
    .max(40)
    .optional()
    .describe("Milliseconds from now, or an ISO time: bounds waiting and running."),
  "baton-on-disconnect": z.enum(["cancel", "continue"]).optional(),
  traceparent: z.string().max(200).optional(),
});
const ended = z.object({
  executionId: z.string(),
  version: z.int().describe("The version that made this outcome."),
  outcome: jsonObject.describe("The Outcome of the contract."),
});
const accepted = z.object({ executionId: z.string(), version: z.int(), status: z.string() });
const head = z.object({
  executionId: z.string(),
  action: z.string(),
  version: z.int(),
  status: z.string().describe("`queued`, `running`, or the outcome's."),
  conversationId: z.string().nullable(),
  handoff: z.string().nullable(),
  createdAt: time,
  settledAt: time.nullable(),
});
const callback = z
  .object({ status: z.string(), attempts: z.int(), code: z.string().nullable() })
  .nullable()
  .optional()
  .describe(
    "Of the `callback` that was asked for: `pending`, `waiting`, `delivered` or `dead`, and why. A node of the release before leaves it out.",
  );
type Asked = Outcome["status"] | "queued" | "running" | "open" | "failed";
/** A misspelt one would find nothing, as if there were nothing. */
const STATUSES = [
  ...(["queued", "running", "open", "failed", "returned", "threw", "timed_out", "out_of_memory", "crashed"] as const),
  ...(["cancelled", "refused", "invalid"] as const),
] as const satisfies readonly Asked[];
const filter = (most: number) =>
  z
    .string()
    .max(most)
    .refine((text) => !text.includes("\0"), "holds a null character");
const executionParams = tenantParams.extend({ id: executionName });

export const executionRoutes = {
  execute: {
    method: "POST",
    path: "/v1/tenants/:tenant/actions/:action/executions",
    summary: "Execute an action; settled, the answer is 200 whatever the action did",
    tag: "Executions",
    access: { of: "tenant", scopes: anyOf("execute") },
    params: actionParams,
    headers: executionHeaders,
    body: executionBody,
    answers: { 200: ended, 202: accepted },
    problems: [409, 413, 422, 429, 504],
    bodyBytes: 17 * MEBIBYTE,
    contextAt: ["context"],
  },
  listExecutions: {
    method: "GET",
    path: "/v1/tenants/:tenant/executions",
    summary: "List executions, the newest first",
    tag: "Executions",
    access: { of: "tenant", scopes: anyOf("read") },
    params: tenantParams,
    query: z.object({
      ...page,
      status: z
        .enum(STATUSES)
        .optional()
        .describe(
          "`queued`, `running` or an outcome's; `open` for those not settled, `failed` for all but `returned`.",
        ),
      action: filter(100).optional(),
      conversation: filter(1000).optional(),
      since: instant.optional(),
      until: instant.optional(),
    }),
    answers: { 200: z.object({ executions: z.array(head), next }) },
  },
  getExecution: {
    method: "GET",
    path: "/v1/tenants/:tenant/executions/:id",
    summary: "Read an execution, with its outcome once it is settled",
    tag: "Executions",
    access: { of: "tenant", scopes: anyOf("read", "execute") },
    params: executionParams,
    answers: { 200: head.extend({ outcome: jsonObject.nullable(), callback }) },
  },
  getRecording: {
    method: "GET",
    path: "/v1/tenants/:tenant/executions/:id/recording",
    summary: "The recording of an execution, a file for `baton replay`",
    tag: "Executions",
    access: { of: "tenant", scopes: anyOf("read") },
    params: executionParams,
    query: z.object({
      source: z.enum(["true", "false"]).default("true").describe("Whether what the action was compiled to is in it."),
      redact: z
        .union([redactedPath, z.array(redactedPath).max(100)])
        .optional()
        .describe("A path into the context whose value is taken out, as often as needed."),
    }),
    answers: { 200: jsonObject.describe("By the schema recording.v1.schema.json of the package's docs.") },
  },
  cancelExecution: {
    method: "POST",
    path: "/v1/tenants/:tenant/executions/:id/cancel",
    summary: "Cancel an execution, on whichever node it is",
    tag: "Executions",
    access: { of: "tenant", scopes: anyOf("execute") },
    params: executionParams,
    answers: { 202: z.object({ executionId: z.string(), status: z.string() }) },
    problems: [409],
  },
} satisfies Routes;
