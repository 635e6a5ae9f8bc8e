/** Conversations, the outbox of hand-offs, and what providers report. */
import { z } from "zod";
import { conversationName, json, next, page, tenantName, tenantParams, time } from "./parts.ts";
import { anyOf, type Routes } from "./route.ts";

const conversationParams = tenantParams.extend({ conversation: conversationName });
const conversationView = z.object({
  tenant: z.string(),
  conversationId: z.string(),
  state: z.string().describe("`bot` while the bot has it."),
  epoch: z.int(),
  canReply: z.boolean(),
  handoff: z.record(z.string(), json).nullable(),
});
const status = z.enum(["waiting", "sending", "delivered", "dead"]);
const entry = z.looseObject({ intentId: z.string(), tenant: z.string(), status: z.string(), attempts: z.int() });
const outboxPage = z.object({
  entries: z.array(entry),
  next,
  counts: z.looseObject({}).describe("Rows by status, and the age in seconds of the oldest that waits."),
});
const filters = { ...page, status: status.optional(), conversation: z.string().max(1000).optional() };
const intentParams = tenantParams.extend({ id: z.string().min(1).max(200) });
const watches = { of: "tenant", scopes: anyOf("outbox", "read") } as const;
const tends = { of: "tenant", scopes: anyOf("outbox") } as const;

export const conversationRoutes = {
  getConversation: {
    method: "GET",
    path: "/v1/tenants/:tenant/conversations/:conversation",
    summary: "Where a conversation stands: ask before the bot says anything",
    tag: "Conversations",
    access: { of: "tenant", scopes: anyOf("conversations", "read") },
    params: conversationParams,
    answers: { 200: conversationView },
  },
  handBack: {
    method: "POST",
    path: "/v1/tenants/:tenant/conversations/:conversation/hand-back",
    summary: "Give the conversation back to the bot, in the next epoch",
    tag: "Conversations",
    access: { of: "tenant", scopes: anyOf("conversations") },
    params: conversationParams,
    answers: { 200: conversationView },
  },
  purgeConversation: {
    method: "DELETE",
    path: "/v1/tenants/:tenant/conversations/:conversation",
    summary: "Erase a conversation's personal data, and keep the fact",
    tag: "Conversations",
    access: { of: "tenant", scopes: anyOf("conversations") },
    params: conversationParams,
    answers: { 204: null },
  },
  tenantOutbox: {
    method: "GET",
    path: "/v1/tenants/:tenant/outbox",
    summary: "Hand-offs that wait, are delivered, or died",
    tag: "Outbox",
    access: watches,
    params: tenantParams,
    query: z.object(filters),
    answers: { 200: outboxPage },
  },
  outbox: {
    method: "GET",
    path: "/v1/outbox",
    summary: "The outbox of all tenants",
    tag: "Outbox",
    access: { of: "platform", scopes: anyOf("outbox", "read") },
    query: z.object({ ...filters, tenant: tenantName.optional() }),
    answers: { 200: outboxPage },
  },
  retryOne: {
    method: "POST",
    path: "/v1/tenants/:tenant/outbox/:id/retry",
    summary: "Put a waiting or dead hand-off to the front",
    tag: "Outbox",
    access: tends,
    params: intentParams,
    answers: { 200: entry },
    problems: [409],
  },
  dropOne: {
    method: "POST",
    path: "/v1/tenants/:tenant/outbox/:id/drop",
    summary: "Let a hand-off go",
    tag: "Outbox",
    access: tends,
    params: intentParams,
    answers: { 200: entry },
    problems: [409],
  },
  retryMany: {
    method: "POST",
    path: "/v1/tenants/:tenant/outbox/retry",
    summary: "Retry all that the filter finds; without one, the dead",
    tag: "Outbox",
    access: tends,
    params: tenantParams,
    body: z
      .strictObject({
        status: z.enum(["waiting", "dead"]).optional(),
        code: z.string().max(100).optional(),
        conversation: z.string().max(1000).optional(),
      })
      .optional(),
    answers: { 200: z.object({ retried: z.int() }) },
  },
  transferResult: {
    method: "POST",
    path: "/v1/transfers/:intent/result",
    summary: "Say what became of a phone transfer",
    tag: "Conversations",
    access: { of: "own", scopes: anyOf("conversations", "outbox") },
    params: z.object({ intent: z.string().min(1).max(200) }),
    body: z.strictObject({
      result: z.enum(["answered", "failed"]),
      code: z
        .string()
        .regex(/^[A-Za-z0-9_.-]{1,100}$/)
        .optional(),
    }),
    answers: { 200: z.object({ intentId: z.string(), state: z.string() }) },
    problems: [404],
  },
  twilioCallback: {
    method: "POST",
    path: "/v1/callbacks/twilio/:tenant",
    summary: "Twilio's report of a dial, by Twilio's signature",
    tag: "Conversations",
    access: { of: "open" },
    params: z.object({ tenant: tenantName }),
    query: z.object({ intent: z.string().max(200).optional() }).loose(),
    body: z.record(z.string(), z.string()).optional(),
    bodyMedia: "application/x-www-form-urlencoded",
    media: "text/xml",
    answers: { 200: z.string() },
    problems: [403],
  },
  telnyxCallback: {
    method: "POST",
    path: "/v1/callbacks/telnyx/:tenant",
    summary: "Telnyx' report of a leg, by Telnyx' signature",
    tag: "Conversations",
    access: { of: "open" },
    params: z.object({ tenant: tenantName }),
    body: z.string().describe("The event as Telnyx signed it."),
    rawBody: true,
    answers: { 200: z.object({ taken: z.boolean() }) },
    problems: [403],
  },
} satisfies Routes;
export { time };
