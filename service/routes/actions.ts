/** Actions: their versions, what is live, and everything at once. */
import { z } from "zod";
import { LANGUAGE_NAMES } from "./languages.ts";
import {
  actionName, actionParams, diagnostic, ifMatch, json, next, page, secretBody, secretName, tenantParams, time, versionNumber,
} from "./parts.ts"; // prettier-ignore
import { anyOf, type Routes } from "./route.ts";
import { tenantSettings } from "./tenant-settings.ts";

const MEBIBYTE = 1024 * 1024;
const deploys = { of: "tenant", scopes: anyOf("deploy") } as const;
const looks = { of: "tenant", scopes: anyOf("deploy", "read") } as const;

const hasFew = (tags: object): boolean => Object.keys(tags).length <= 50;
const fileName = z.string().min(1).max(200);
const content = {
  source: z.string().optional().describe("The text of an action of one file."),
  files: z.record(fileName, z.string()).optional().describe("The texts of an action of several files, by path."),
  entry: fileName.optional().describe("The file with the entry point. Default `action` with the language's ending."),
  language: z
    .enum(LANGUAGE_NAMES)
    .optional()
    .describe("Default: by the ending of `entry`, else TypeScript."),
  packages: z
    .array(z.string().min(1).max(214))
    .max(200)
    .optional()
    .describe("Names of packages that the operator offers."),
  note: z.string().max(2000).optional(),
  tags: z.union([z.array(z.string().max(100)).max(50), z.record(z.string().max(100), z.string().max(1000)).refine(hasFew, "more than 50 tags")]).optional(),
}; // prettier-ignore
const oneOfBoth = (given: { source?: string | undefined; files?: unknown }): boolean =>
  (given.source === undefined) !== (given.files === undefined);
const ONE_OF_BOTH = "expected either source or files";

export const versionBody = z.strictObject(content).refine(oneOfBoth, ONE_OF_BOTH);

const share = z.strictObject({ version: versionNumber, percent: z.number().min(0).max(100) });
const split = z
  .array(share)
  .min(1)
  .max(20)
  .refine(
    (shares) => Math.abs(shares.reduce((sum, { percent }) => sum + percent, 0) - 100) < 1e-6,
    "the percents do not make 100",
  )
  .refine(
    (shares) => new Set(shares.map(({ version }) => version)).size === shares.length,
    "a version stands in it twice",
  );
const liveBody = z.union([z.strictObject({ version: versionNumber }), z.strictObject({ split })]);
const liveView = z.object({
  action: z.string(),
  deployment: z.int(),
  version: z.int().optional(),
  split: z.array(z.object({ version: z.int(), percent: z.number() })),
});
const head = z.object({
  action: z.string(),
  version: z.int(),
  hash: z.string(),
  entry: z.string(),
  language: z.string(),
  packages: z.array(z.string()),
  note: z.string().nullable(),
  tags: z.union([z.array(z.string()), z.record(z.string(), z.string())]),
  args: json.describe("The JSON Schema of the action's arguments, or null."),
  diagnostics: z.array(diagnostic),
  createdAt: time,
  createdBy: z.string(),
});
const full = head.extend({ source: z.string().optional(), files: z.record(z.string(), z.string()) });
const actionView = z.object({
  action: z.string(),
  newest: z.int(),
  deployment: z.int(),
  live: z.array(z.object({ version: z.int(), percent: z.number() })).nullable(),
  createdAt: time,
  updatedAt: time,
});
const liveOfDeployment = z.union([
  z.literal(true).describe("The version of this deployment, for all."),
  z.strictObject({ version: versionNumber }),
  z.strictObject({
    split: z
      .array(
        z.strictObject({ version: z.union([versionNumber, z.literal("new")]), percent: z.number().min(0).max(100) }),
      )
      .min(1)
      .max(20),
  }),
]);
const deployedAction = z.union([
  z.strictObject({ ...content, live: liveOfDeployment.optional() }).refine(oneOfBoth, ONE_OF_BOTH),
  z.strictObject({ version: versionNumber, live: liveOfDeployment.optional() }),
]);

export const actionRoutes = {
  createVersion: {
    method: "POST",
    path: "/v1/tenants/:tenant/actions/:action/versions",
    summary: "Compile a version and keep it; nothing is live by that",
    tag: "Actions",
    access: deploys,
    params: actionParams,
    body: versionBody,
    answers: { 200: head, 201: head },
    problems: [413, 422],
    bodyBytes: 12 * MEBIBYTE,
  },
  listVersions: {
    method: "GET",
    path: "/v1/tenants/:tenant/actions/:action/versions",
    summary: "List versions, the newest first",
    tag: "Actions",
    access: looks,
    params: actionParams,
    query: z.object(page),
    answers: { 200: z.object({ versions: z.array(head), next }) },
  },
  getVersion: {
    method: "GET",
    path: "/v1/tenants/:tenant/actions/:action/versions/:version",
    summary: "Read a version with its source",
    tag: "Actions",
    access: looks,
    params: actionParams.extend({ version: z.coerce.number().int().min(1) }),
    answers: { 200: full },
  },
  listActions: {
    method: "GET",
    path: "/v1/tenants/:tenant/actions",
    summary: "List actions",
    tag: "Actions",
    access: looks,
    params: tenantParams,
    answers: { 200: z.object({ actions: z.array(actionView) }) },
  },
  deleteAction: {
    method: "DELETE",
    path: "/v1/tenants/:tenant/actions/:action",
    summary: "Delete an action with all of its versions",
    tag: "Actions",
    access: deploys,
    params: actionParams,
    answers: { 204: null },
  },
  putLive: {
    method: "PUT",
    path: "/v1/tenants/:tenant/actions/:action/live",
    summary: "Say which version is live, or how the conversations are split between several",
    tag: "Actions",
    access: deploys,
    params: actionParams,
    headers: ifMatch,
    body: liveBody,
    answers: { 200: liveView },
    problems: [412, 422],
  },
  getLive: {
    method: "GET",
    path: "/v1/tenants/:tenant/actions/:action/live",
    summary: "Read what is live; its ETag is for If-Match",
    tag: "Actions",
    access: looks,
    params: actionParams,
    answers: { 200: liveView },
  },
  listDeployments: {
    method: "GET",
    path: "/v1/tenants/:tenant/actions/:action/deployments",
    summary: "The history of what was live, the newest first",
    tag: "Actions",
    access: looks,
    params: actionParams,
    query: z.object({ limit: page.limit }),
    answers: {
      200: z.object({
        deployments: z.array(
          z.object({
            deployment: z.int(),
            at: time,
            by: z.string(),
            split: z.array(z.object({ version: z.int(), percent: z.number() })),
          }),
        ),
      }),
    },
  },
  deploy: {
    method: "POST",
    path: "/v1/tenants/:tenant/deployments",
    summary: "Deploy code, secrets and policy as one change: all of it or nothing",
    tag: "Actions",
    access: deploys,
    params: tenantParams,
    body: z.strictObject({
      actions: z.record(actionName, deployedAction).default({}),
      secrets: z
        .record(secretName, z.union([secretBody, z.null()]))
        .optional()
        .describe("null deletes one."),
      ...tenantSettings.omit({ limits: true, rate: true, cordon: true, retention: true, recordings: true }).shape,
    }),
    answers: {
      200: z.object({
        actions: z.record(
          z.string(),
          z.object({ version: z.int(), hash: z.string().nullable(), deployment: z.int().nullable() }),
        ),
      }),
    },
    problems: [409, 413, 422],
    bodyBytes: 24 * MEBIBYTE,
    bodyValues: 25_000,
  },
} satisfies Routes;
