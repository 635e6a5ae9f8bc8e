/** Tenants, their settings and secrets. */
import { z } from "zod";
import { hosts, next, page, secretBody, secretName, tenantParams, time } from "./parts.ts";
import { anyOf, type Routes } from "./route.ts";
import { tenantSettings } from "./tenant-settings.ts";

export const tenantView = tenantSettings.extend({ tenant: z.string(), createdAt: time, updatedAt: time });
const admin = { of: "platform", scopes: ["admin"] } as const;
const secretParams = tenantParams.extend({ name: secretName });

export const tenantRoutes = {
  putTenant: {
    method: "PUT",
    path: "/v1/tenants/:tenant",
    summary: "Make a tenant, or set all of its settings anew",
    tag: "Tenants",
    access: admin,
    params: tenantParams,
    body: tenantSettings,
    answers: { 200: tenantView, 201: tenantView },
    // Two lists of ten thousand numbers.
    bodyValues: 25_000,
  },
  getTenant: {
    method: "GET",
    path: "/v1/tenants/:tenant",
    summary: "Read a tenant's settings, without the secrets of its providers",
    tag: "Tenants",
    access: { of: "tenant", scopes: anyOf("read", "deploy") },
    params: tenantParams,
    answers: { 200: tenantView },
  },
  listTenants: {
    method: "GET",
    path: "/v1/tenants",
    summary: "List tenants",
    tag: "Tenants",
    access: admin,
    query: z.object(page),
    answers: { 200: z.object({ tenants: z.array(tenantView), next }) },
  },
  deleteTenant: {
    method: "DELETE",
    path: "/v1/tenants/:tenant",
    summary: "Delete a tenant and erase its personal data",
    tag: "Tenants",
    access: admin,
    params: tenantParams,
    answers: { 204: null },
    problems: [404],
  },
  putSecret: {
    method: "PUT",
    path: "/v1/tenants/:tenant/secrets/:name",
    summary: "Set a secret; it is used by placeholder and never read back",
    tag: "Secrets",
    access: { of: "tenant", scopes: anyOf("deploy") },
    params: secretParams,
    body: secretBody,
    answers: { 204: null },
  },
  deleteSecret: {
    method: "DELETE",
    path: "/v1/tenants/:tenant/secrets/:name",
    summary: "Delete a secret",
    tag: "Secrets",
    access: { of: "tenant", scopes: anyOf("deploy") },
    params: secretParams,
    answers: { 204: null },
  },
  listSecrets: {
    method: "GET",
    path: "/v1/tenants/:tenant/secrets",
    summary: "List the names of secrets and their hosts",
    tag: "Secrets",
    access: { of: "tenant", scopes: anyOf("deploy", "read") },
    params: tenantParams,
    answers: { 200: z.object({ secrets: z.array(z.object({ name: z.string(), hosts, updatedAt: time })) }) },
  },
} satisfies Routes;
