/** Settings of tenants: what a tenant is set to, as it is given and as it is read back: the secrets of its providers go in and never come out. */
import { z } from "zod";
import { limitsSchema } from "../../runtime/limits.ts";
import { readPath } from "../../runtime/journal/paths.ts";
import { egressPolicySchema } from "../../host-api/fetch/index.ts";

/** What stands for a secret when settings are read; given back, it keeps what is there. */
export const kept = z.strictObject({ set: z.literal(true) });
const secretText = z.union([z.string().min(1).max(10_000), kept]);
const secretTexts = z.union([z.array(secretText).min(1).max(10), kept]);

export const webhook = z.strictObject({
  type: z.literal("webhook"),
  url: z.url({ protocol: /^https?$/ }).max(2000),
  secrets: secretTexts.describe("`whsec_…`, the newest first; a rotation has two."),
  timeoutMs: z.int().min(100).max(60_000).optional(),
  headers: z.record(z.string().max(100), z.string().max(2000)).optional(),
});
export const twilio = z.strictObject({
  type: z.literal("twilio"),
  accountSid: z.string().regex(/^AC[0-9a-fA-F]{32}$/, "expected AC and 32 hexadecimal digits"),
  authToken: secretText,
  callerId: z
    .string()
    .regex(/^\+[1-9]\d{1,14}$/, "expected an E.164 number")
    .optional(),
  timeLimitSeconds: z.int().min(1).max(86_400).optional(),
  ringSeconds: z.int().min(1).max(600).optional(),
  settleAfterMs: z.int().min(1000).max(3_600_000).optional(),
  timeoutMs: z.int().min(100).max(60_000).optional(),
  apiBase: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .optional()
    .describe("Another address of the API, of a region or a test."),
});

const e164 = z.string().regex(/^\+[1-9]\d{1,14}$/, "expected an E.164 number");
const milliseconds = z.int().min(100).max(3_600_000);
const address = z.url({ protocol: /^https?$/ }).max(2000);

export const telnyx = z.strictObject({
  type: z.literal("telnyx"),
  apiKey: secretText,
  connectionId: z
    .string()
    .regex(/^\d{1,30}$/, "expected the digits of the application's id")
    .optional(),
  from: e164.optional().describe("The number that the other end sees."),
  publicKey: z
    .string()
    .refine((key) => Buffer.from(key, "base64").length === 32, "expected the account's public key, base64 of 32 bytes")
    .optional()
    .describe("Verifies what Telnyx posts to `/v1/callbacks/telnyx/{tenant}`."),
  ringSeconds: z.int().min(5).max(600).optional(),
  timeLimitSeconds: z.int().min(30).max(14_400).optional(),
  settleAfterMs: milliseconds.optional(),
  timeoutMs: milliseconds.optional(),
  apiBase: address.optional().describe("Another address of the API, for tests."),
});
export const livekit = z.strictObject({
  type: z.literal("livekit"),
  url: z
    .url({ protocol: /^(?:https?|wss?)$/ })
    .max(2000)
    .describe("The project's address."),
  apiKey: z.string().min(1).max(200),
  apiSecret: secretText,
  playDialtone: z.boolean().optional(),
  headers: z.record(z.string().max(100), z.string().max(2000)).optional().describe("SIP headers of the referral."),
  timeoutMs: milliseconds.optional(),
  settleAfterMs: milliseconds.optional(),
});
export const chatwoot = z.strictObject({
  type: z.literal("chatwoot"),
  url: address,
  accountId: z.int().min(1).max(2_147_483_647),
  apiAccessToken: secretText,
  teamId: z.int().min(1).max(2_147_483_647).optional(),
  timeoutMs: milliseconds.optional(),
});

const handoffProvider = z.discriminatedUnion("type", [webhook, chatwoot]);
const transferProvider = z.discriminatedUnion("type", [twilio, telnyx, livekit, webhook]);

const destinations = z.strictObject({
  countries: z.array(z.string().length(2)).max(300).optional(),
  numbers: z.array(z.string().max(40)).max(10_000).optional(),
  onlyNumbers: z.boolean().optional(),
  refuse: z.array(z.string().max(40)).max(10_000).optional(),
  allowTypes: z.array(z.string().max(40)).max(40).optional(),
});

/** What only the operator may open (`private`) and what is no data (`lookup`) are not a tenant's to set. */
const egress = egressPolicySchema.omit({ private: true, lookup: true });

const PATH = "expected a path into the context, such as conversation.messages[*].content";
export const redactedPath = z
  .string()
  .max(500)
  .refine((path) => readPath(path) !== null, PATH);

const recordings = z.strictObject({
  runs: z
    .enum(["none", "asked", "failures", "all"])
    .default("asked")
    .describe(
      "Which runs are recorded, to be replayed: `asked` those whose request says `record`, `none` not even those.",
    ),
  redact: z.array(redactedPath).max(100).optional().describe("Paths into the context whose values are taken out."),
});

export const tenantSettings = z.strictObject({
  displayName: z.string().max(200).optional(),
  cordon: z.string().min(1).max(200).optional().describe("Tenants of one cordon may share a worker process."),
  egress: egress.optional(),
  destinations: destinations.optional(),
  limits: limitsSchema.optional(),
  providers: z
    .strictObject({ handoffs: handoffProvider.optional(), transfers: transferProvider.optional() })
    .optional(),
  rate: z
    .strictObject({
      perSecond: z.number().positive().max(1_000_000).optional(),
      concurrent: z.int().min(1).max(100_000).optional(),
      weight: z.int().min(1).max(100).optional().describe("Its share where tenants wait for each other; default 1."),
    })
    .optional(),
  recordings: recordings.optional(),
  retention: z
    .strictObject({ days: z.number().positive().max(36_500) })
    .optional()
    .describe("After so long personal data is erased."),
});

export type TenantSettings = z.infer<typeof tenantSettings>;
export type HandoffProvider = z.infer<typeof handoffProvider>;
export type TransferProvider = z.infer<typeof transferProvider>;
