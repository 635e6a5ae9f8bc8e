/**
 * The Model Context Protocol endpoint: stateless streamable HTTP by the official server package. A call of a tool is an execution of
 * the service like any other; its context comes in `_meta.context`, and `_meta.executionId` makes a repeat of it harmless.
 */
import {
  createMcpHandler,
  localhostAllowedOrigins,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  validateOriginHeader,
  type CallToolResult,
  type ListToolsResult,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { sentenceOf } from "../../base/options.ts";
import type { Outcome } from "../../runtime/index.ts";
import { execute, executeText } from "../executions/execute.ts";
import { readRequest } from "../executions/request.ts";
import { refuseWork } from "../health.ts";
import { HostFault } from "../../runtime/index.ts";
import { ProblemError } from "../fault.ts";
import type { Call } from "../handlers/handler.ts";
import type { Parts } from "../parts.ts";
import type { RouteTable } from "../routes/index.ts";
import type { Tenant } from "../tenant.ts";
import { HAND_OFF, liveTools, mcpTool, type Tool } from "./tools.ts";

/** The hand-off as a tool is an action of ours, so that every rule of the contract is the same code. */
const HAND_OFF_SOURCE = `export function executeAction(context) {
  return hand_off_conversation(context, context.args.reason, context.args.phone_destination);
}`;

/** What stands beside a tool's arguments, but for the context. A misspelt environment must not become production. */
const metaSchema = z.looseObject({
  executionId: z.string().optional(),
  environment: z.enum(["production", "test", "mock"]).optional(),
});
const LONGEST_NAME = 200;

export async function answerMcp(parts: Parts, tenant: Tenant, call: Call<RouteTable["mcp"]>): Promise<Response> {
  refuseForeignPages(parts, call.header("origin"));
  const tools = await liveTools(parts, tenant.name);
  const { body, context } = apart(call.body);
  const handler = createMcpHandler(() => serverFor(parts, tenant, tools, context));
  const headers = new Headers({
    "content-type": "application/json",
    accept: call.header("accept") ?? "application/json, text/event-stream",
  });
  for (const name of ["mcp-protocol-version", "mcp-method", "mcp-name", "mcp-session-id"]) {
    const value = call.header(name);
    if (value !== undefined) headers.set(name, value);
  }
  const request = new Request(call.url, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    signal: call.hungUp,
  });
  return handler.fetch(request, { parsedBody: body });
}

/** The context of a call is long, perhaps, and none of the protocol's business: its schemas would look through it. */
function apart(body: unknown): { readonly body: unknown; readonly context: unknown } {
  const { params } = (body ?? {}) as { readonly params?: { readonly _meta?: { readonly context?: unknown } } };
  if (params?._meta?.context === undefined) return { body, context: undefined };
  const { context, ...meta } = params._meta;
  return { body: { ...(body as object), params: { ...params, _meta: meta } }, context };
}

/** Browsers send the origin of the page that asks; what is no browser sends none. */
function refuseForeignPages(parts: Parts, origin: string | undefined): void {
  const { publicUrl } = parts.settings;
  const allowed = publicUrl === undefined ? localhostAllowedOrigins() : [new URL(publicUrl).hostname];
  if (validateOriginHeader(origin, allowed).ok) return;
  throw new ProblemError(403, "ORIGIN_FOREIGN", "A page of another origin may not ask here.");
}

function serverFor(parts: Parts, tenant: Tenant, tools: readonly Tool[], context: unknown): Server {
  const server = new Server({ name: `baton ${tenant.name}`, version: parts.version }, { capabilities: { tools: {} } });
  server.setRequestHandler("tools/list", () => ({ tools: tools.map(mcpTool) }) as ListToolsResult);
  server.setRequestHandler("tools/call", async ({ params }, { mcpReq }) => {
    const tool = tools.find(({ name }) => name === params.name);
    if (tool === undefined) throw wrong(`Unknown tool: ${params.name.slice(0, LONGEST_NAME)}`);
    // Whether the request object carries `_meta` beside or inside its parameters is the protocol's age.
    const given = params._meta ?? (mcpReq as { _meta?: unknown })._meta ?? {};
    const meta = metaSchema.safeParse(given);
    if (!meta.success) throw wrong(`Invalid _meta: ${sentenceOf(meta.error, given)}`);
    try {
      return await callTool(parts, tenant, tool, params.arguments ?? {}, {
        ...meta.data,
        // Of a message in a batch it stands where it came.
        context: contextIn(context ?? (given as { readonly context?: unknown }).context),
      });
    } catch (error) {
      if (error instanceof ProblemError || error instanceof HostFault) return failed(`${error.code}: ${error.message}`);
      throw error;
    }
  });
  return server;
}

async function callTool(
  parts: Parts,
  tenant: Tenant,
  tool: Tool,
  args: Readonly<Record<string, unknown>>,
  { context: given, executionId: key, environment }: z.output<typeof metaSchema> & { readonly context: object | null },
): Promise<CallToolResult> {
  refuseWork(parts);
  // A copy of a long one would cost as much as reading it; nothing else holds it.
  const context: object = given === null ? { args } : Object.assign(given, { args });
  const now = parts.now();
  const request = await readRequest({
    tenant: tenant.name,
    action: tool.action ?? HAND_OFF,
    body: { context, ...(environment === undefined ? {} : { environment }) },
    key,
    keyAt: "_meta.executionId, the idempotency-key",
    deadline: undefined,
    now,
  });
  const running = { signal: null, stored: false, since: now, holdsArgs: true };
  const ended =
    tool.action === null
      ? await executeText(parts, request, tenant, running, {
          source: HAND_OFF_SOURCE,
          filename: "hand_off_conversation.js",
        })
      : await execute(parts, request, tenant, running);
  return resultOf(ended.outcome);
}

function resultOf(outcome: Outcome): CallToolResult {
  const { executionId, status, bot, handoff, error } = outcome;
  const shown = {
    executionId,
    status,
    ...("returnValue" in outcome ? { returnValue: outcome.returnValue } : {}),
    bot,
    handoff: handoff && { kind: handoff.kind, state: handoff.state },
  };
  const text =
    status === "returned" ? JSON.stringify(outcome.returnValue ?? null) : `${status}: ${error?.message ?? ""}`;
  return {
    content: [{ type: "text", text }],
    structuredContent: shown as Record<string, unknown>,
    ...(status === "returned" ? {} : { isError: true }),
  };
}

function contextIn(given: unknown): object | null {
  if (given === undefined) return null;
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return given;
  throw wrong('Invalid _meta: "context" should be an object');
}

const wrong = (sentence: string): ProtocolError => new ProtocolError(ProtocolErrorCode.InvalidParams, sentence);

const failed = (text: string): CallToolResult => ({ content: [{ type: "text", text }], isError: true });
