/** Routes of the platform: what can be watched: events, logs, usage, the audit chain, nodes, metrics, health; and the tools for models. */
import { z } from "zod";
import { actionParams, instant, json, jsonObject, next, page, tenantName, tenantParams, time } from "./parts.ts";
import { anyOf, type Routes } from "./route.ts";

const reads = { of: "tenant", scopes: anyOf("read") } as const;
const open = { of: "open" } as const;
const lastEventId = z.object({
  "last-event-id": z
    .string()
    .regex(/^\d{1,19}(?::\d{1,19})?$/, "expected the id of an event")
    .optional(),
});
const health = z.object({ status: z.string(), checks: z.record(z.string(), z.string()).optional() });
const span = {
  by: z.enum(["minute", "hour", "day"]).default("hour"),
  since: instant.optional(),
  until: instant.optional(),
};
const sums = z.record(z.string(), z.number());
const EVENTS = "text/event-stream";

export const platformRoutes = {
  tenantEvents: {
    method: "GET",
    path: "/v1/tenants/:tenant/events",
    summary: "What happens to hand-offs, as server-sent events",
    tag: "Events",
    access: reads,
    params: tenantParams,
    headers: lastEventId,
    answers: { 200: z.string() },
    media: EVENTS,
  },
  events: {
    method: "GET",
    path: "/v1/events",
    summary: "The events of all tenants",
    tag: "Events",
    access: { of: "platform", scopes: anyOf("read") },
    headers: lastEventId,
    answers: { 200: z.string() },
    media: EVENTS,
  },
  logs: {
    method: "GET",
    path: "/v1/tenants/:tenant/actions/:action/logs",
    summary: "Follow an action's log lines, as server-sent events",
    tag: "Events",
    access: reads,
    params: actionParams,
    query: z.object({ since: instant.optional(), follow: z.enum(["true", "false"]).default("true") }),
    headers: lastEventId,
    answers: { 200: z.string() },
    media: EVENTS,
  },
  tools: {
    method: "GET",
    path: "/v1/tenants/:tenant/tools",
    summary: "The live actions as tools for a model",
    tag: "Models",
    access: { of: "tenant", scopes: anyOf("read", "execute") },
    params: tenantParams,
    query: z.object({ format: z.enum(["openai", "anthropic", "mcp"]).default("openai") }),
    answers: { 200: z.object({ tools: z.array(jsonObject) }) },
  },
  mcp: {
    method: "POST",
    path: "/v1/tenants/:tenant/mcp",
    summary: "A Model Context Protocol endpoint: stateless streamable HTTP",
    tag: "Models",
    access: { of: "tenant", scopes: anyOf("execute") },
    params: tenantParams,
    body: json,
    answers: { 200: json, 202: null },
    foreign: [400, 404, 406],
    problems: [406, 413, 429],
    contextAt: ["params", "_meta", "context"],
  },
  allUsage: {
    method: "GET",
    path: "/v1/usage",
    summary: "What all tenants used together, and the tenants that failed or ran most",
    tag: "Platform",
    access: { of: "platform", scopes: anyOf("read") },
    query: z.object(span),
    answers: {
      200: z.object({
        by: z.string(),
        total: sums,
        usage: z.array(z.looseObject({ at: time, runs: z.int(), cpuMs: z.number() })),
        tenants: z.array(z.looseObject({ tenant: z.string(), runs: z.int(), failed: z.int() })),
      }),
    },
  },
  usage: {
    method: "GET",
    path: "/v1/tenants/:tenant/usage",
    summary: "What a tenant used, by minute, hour or day",
    tag: "Platform",
    access: reads,
    params: tenantParams,
    query: z.object(span),
    answers: {
      200: z.object({
        by: z.string(),
        total: sums,
        usage: z.array(z.looseObject({ at: time, action: z.string(), runs: z.int(), cpuMs: z.number() })),
      }),
    },
  },
  audit: {
    method: "GET",
    path: "/v1/audit",
    summary: "Who changed what, chained by hash, the newest first",
    tag: "Platform",
    access: { of: "platform", scopes: ["admin"] },
    query: z.object({ ...page, tenant: tenantName.optional() }),
    answers: {
      200: z.object({
        entries: z.array(
          z.object({
            n: z.int(),
            at: time,
            actor: z.string(),
            action: z.string(),
            tenant: z.string().nullable(),
            subject: z.string(),
            detail: json,
            previous: z.string(),
            hash: z.string(),
          }),
        ),
        next,
        intact: z.boolean().describe("Whether the hashes of this page fit."),
      }),
    },
  },
  nodes: {
    method: "GET",
    path: "/v1/nodes",
    summary: "The nodes of this store",
    tag: "Platform",
    access: { of: "platform", scopes: ["admin"] },
    answers: {
      200: z.object({
        nodes: z.array(z.looseObject({ node: z.string(), version: z.string(), startedAt: time, lastSeenAt: time })),
      }),
    },
  },
  livez: {
    method: "GET",
    path: "/livez",
    summary: "Whether the process answers",
    tag: "Health",
    access: open,
    answers: { 200: health },
  },
  readyz: {
    method: "GET",
    path: "/readyz",
    summary: "Whether this node takes work: store, walls, not draining",
    tag: "Health",
    access: open,
    answers: { 200: health, 503: health },
  },
  metrics: {
    method: "GET",
    path: "/metrics",
    summary: "Metrics in Prometheus' text form",
    tag: "Health",
    access: open,
    answers: { 200: z.string() },
    media: "text/plain",
  },
  openapi: {
    method: "GET",
    path: "/openapi.json",
    summary: "This document",
    tag: "Health",
    access: open,
    answers: { 200: jsonObject },
  },
  docs: {
    method: "GET",
    path: "/docs",
    summary: "This document for people",
    tag: "Health",
    access: open,
    answers: { 200: z.string() },
    media: "text/html",
  },
} satisfies Routes;
