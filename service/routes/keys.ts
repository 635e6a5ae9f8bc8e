/** Keys and what they open. */
import { z } from "zod";
import { SCOPES } from "../tokens.ts";
import { instant, next, page, tenantName, time } from "./parts.ts";
import type { Routes } from "./route.ts";

const keyView = z.object({
  id: z.string(),
  tenant: z.string().nullable(),
  scopes: z.array(z.enum(SCOPES)),
  note: z.string().nullable(),
  createdAt: time,
  expiresAt: time.nullable(),
  revokedAt: time.nullable(),
});
/** What is none is not asked of the store. */
const keyParams = z.object({ id: z.string().regex(/^[\w-]{1,100}$/, "expected the id of a key") });
const made = z.object({ id: z.string(), key: z.string().describe("Shown this once.") });
const admin = { of: "platform", scopes: ["admin"] } as const;

export const keyRoutes = {
  createKey: {
    method: "POST",
    path: "/v1/keys",
    summary: "Make a key",
    tag: "Keys",
    access: admin,
    body: z.strictObject({
      tenant: tenantName.optional().describe("The one tenant that it is for; without it, all."),
      scopes: z.array(z.enum(SCOPES)).min(1),
      expiresAt: instant.optional(),
      note: z.string().max(500).optional(),
    }),
    answers: { 201: made },
  },
  listKeys: {
    method: "GET",
    path: "/v1/keys",
    summary: "List keys; the keys themselves are not kept",
    tag: "Keys",
    access: admin,
    query: z.object({ ...page, tenant: tenantName.optional() }),
    answers: { 200: z.object({ keys: z.array(keyView), next }) },
  },
  rotateKey: {
    method: "POST",
    path: "/v1/keys/:id/rotate",
    summary: "Make a key that takes another's place; the old one serves on for a while",
    tag: "Keys",
    access: admin,
    params: keyParams,
    body: z.strictObject({ overlapSeconds: z.int().min(0).max(31_536_000).default(86_400) }).optional(),
    answers: { 201: made },
    problems: [404],
  },
  revokeKey: {
    method: "DELETE",
    path: "/v1/keys/:id",
    summary: "Revoke a key, on all nodes within a second",
    tag: "Keys",
    access: admin,
    params: keyParams,
    answers: { 204: null },
    problems: [404],
  },
} satisfies Routes;
