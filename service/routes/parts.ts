/** The schemas that several routes share. */
import { z } from "zod";
import { secretsSchema } from "../../host-api/fetch/index.ts";

const NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,98}[A-Za-z0-9_-])?$/;
const named = (what: string) =>
  z.string().regex(NAME, `expected the name of ${what}: letters, digits, _ . and -, at most 100`);

export const tenantName = named("a tenant").describe("A tenant");
export const actionName = named("an action").describe("An action");
export const executionName = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !/\p{Cc}/u.test(text), "holds a control character");
export const conversationName = z.string().min(1).max(1000);
/** As a run takes them: what is accepted here is no reason for a run to be refused. */
export const secretName = secretsSchema.keyType;
export const secretBody = secretsSchema.valueType;
export const hosts = z.array(z.string().min(1).max(255)).max(1000);

export const tenantParams = z.object({ tenant: tenantName });
export const actionParams = z.object({ tenant: tenantName, action: actionName });
export const versionNumber = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

export const page = {
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe("Rows at most."),
  cursor: z.string().max(1000).optional().describe("From `next` of the page before."),
};
export const instant = z.iso.datetime({ offset: true });
export const time = z.string().describe("ISO 8601");
export const next = z.string().nullable().describe("Give it as `cursor` for the page that follows; null at the end.");

export const ifMatch = z.object({
  "if-match": z.string().max(200).optional().describe("The ETag of what is to be replaced."),
});

export const diagnostic = z.looseObject({ code: z.string(), message: z.string() });

export const json: z.ZodType = z.unknown();
export const jsonObject = z.record(z.string(), z.unknown());
