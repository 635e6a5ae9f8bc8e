/**
 * The Model Context Protocol endpoint: stateless streamable HTTP by the official server package. A call of a tool is an execution of
 * the service like any other; its context comes in `_meta.context`, and `_meta.executionId` makes a repeat of it harmless.
 */
import { createMcpHandler, Server, type CallToolResult, type ListToolsResult } from "@modelcontextprotocol/server";
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

export async function answerMcp(parts: Parts, tenant: Tenant, call: Call<RouteTable["mcp"]>): Promise<Response> {
  const tools = await liveTools(parts, tenant.name);
  const { body, context } = apart(call.body);
  const handler = createMcpHandler(() => serverFor(parts, tenant, tools, context, call.hungUp));
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

function serverFor(
  parts: Parts,
  tenant: Tenant,
  tools: readonly Tool[],
  context: unknown,
  hungUp: AbortSignal,
): Server {
  const server = new Server({ name: `baton ${tenant.name}`, version: parts.version }, { capabilities: { tools: {} } });
  server.setRequestHandler("tools/list", () => ({ tools: tools.map(mcpTool) }) as ListToolsResult);
  server.setRequestHandler("tools/call", async ({ params }, { mcpReq }) => {
    const tool = tools.find(({ name }) => name === params.name);
    if (tool === undefined) return failed(`There is no tool ${params.name}.`);
    // Whether the request object carries `_meta` beside or inside its parameters is the protocol's age.
    const meta = (params._meta ?? (mcpReq as { _meta?: Record<string, unknown> })._meta ?? {}) as Record<
      string,
      unknown
    >;
    try {
      return await callTool(parts, tenant, tool, params.arguments ?? {}, { context, ...meta }, hungUp);
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
  meta: Readonly<Record<string, unknown>>,
  _hungUp: AbortSignal,
): Promise<CallToolResult> {
  refuseWork(parts);
  const given = meta["context"];
  // A copy of a long one would cost as much as reading it; nothing else holds it.
  const context: object = given !== null && typeof given === "object" ? Object.assign(given, { args }) : { args };
  const { executionId: key, environment } = meta;
  const now = parts.now();
  const request = await readRequest({
    tenant: tenant.name,
    action: tool.action ?? HAND_OFF,
    body: { context, ...(environment === "test" || environment === "mock" ? { environment } : {}) },
    key: typeof key === "string" ? key : undefined,
    deadline: undefined,
    now,
  });
  const running = { signal: new AbortController().signal, stored: false, since: now };
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

const failed = (text: string): CallToolResult => ({ content: [{ type: "text", text }], isError: true });
