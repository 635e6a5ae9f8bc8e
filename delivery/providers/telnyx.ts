/**
 * Transfers live calls that Telnyx carries, by its Call Control command. The command carries the intent id as its `command_id`, by which Telnyx drops
 * copies, and marks the new leg with it, by which a lost answer is asked about: a live leg of that mark says that the transfer is under way.
 */
import { baseUrl } from "../../base/base-url.ts";
import { createPublicKey, verify } from "node:crypto";
import { z } from "zod";
import { fn, milliseconds, whole } from "../../base/options.ts";
import { readGiven } from "../given.ts";
import type { Provider, TransferRequest, TransferResult } from "../provider.ts";
import { askJson, isFine, isVendors, type Asked } from "./json-api.ts";
import { readingAnswers, sendByFetch, tokenSchema, urlSchema, type Send } from "./transport.ts";
import type { DialReport } from "./twilio-result.ts";

export interface TelnyxOptions {
  readonly apiKey: string;
  /** The Call Control application, by whose active calls a lost answer is asked about; without it such a transfer waits for a person. */
  readonly connectionId?: string;
  /** The number that the destination sees, E.164; without it, the number that was called. */
  readonly from?: string;
  /** How long the destination rings. */
  readonly ringSeconds?: number;
  /** How long the transferred call may last. */
  readonly timeLimitSeconds?: number;
  /** After so long without a leg of its own an unknown transfer counts as not made. Default 60,000. */
  readonly settleAfterMs?: number;
  readonly timeoutMs?: number;
  /** Another address for the API, for tests. */
  readonly apiBase?: string;
  readonly send?: Send;
}

const E164 = "an E.164 number such as +15550001111";
const shape = {
  apiKey: tokenSchema("the API key"),
  connectionId: z
    .string("digits")
    .regex(/^\d{1,30}$/, "the digits of the application's id")
    .optional(),
  from: z
    .string(E164)
    .regex(/^\+[1-9]\d{1,14}$/, E164)
    .optional(),
  ringSeconds: whole(5, 600).optional(),
  timeLimitSeconds: whole(30, 14_400).optional(),
  settleAfterMs: milliseconds().optional(),
  timeoutMs: milliseconds().optional(),
  apiBase: urlSchema("an absolute http(s) URL").optional(),
  send: fn<Send>().optional(),
} satisfies Record<keyof TelnyxOptions, z.ZodType>;

export function telnyxProvider(given: TelnyxOptions): Provider {
  const options = readGiven(z.strictObject(shape), given, "telnyxProvider") as TelnyxOptions;
  const { timeoutMs = 5000, settleAfterMs = 60_000 } = options;
  const send = readingAnswers(options.send ?? sendByFetch);
  const base = baseUrl(options.apiBase ?? "https://api.telnyx.com");
  const ask = (method: "GET" | "POST", path: string, signal: AbortSignal, body?: object): Promise<Asked> =>
    askJson(send, {
      method,
      url: `${base}/v2${path}`,
      headers: { authorization: `Bearer ${options.apiKey}` },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
  const hasOwnLeg = async (mark: string, signal: AbortSignal): Promise<boolean | null> => {
    if (options.connectionId === undefined) return null;
    const asked = await ask("GET", `/connections/${options.connectionId}/active_calls?page[limit]=250`, signal);
    if (asked.type !== "answered" || !isFine(asked)) return null;
    const legs = (asked.body as { readonly data?: readonly { readonly client_state?: unknown }[] } | null)?.data;
    return Array.isArray(legs) ? legs.some((leg: { client_state?: unknown }) => leg.client_state === mark) : null;
  };

  return {
    name: "telnyx",
    async transfer(transfer, signal) {
      const id = callControlIdOf(transfer);
      if (id === null) return { type: "refused", code: "not_a_telnyx_call" };
      const command = {
        to: transfer.phoneDestination,
        command_id: transfer.intentId,
        target_leg_client_state: markOf(transfer.intentId),
        timeout_secs: options.ringSeconds ?? 30,
        ...(options.from === undefined ? {} : { from: options.from }),
        ...(options.timeLimitSeconds === undefined ? {} : { time_limit_secs: options.timeLimitSeconds }),
      };
      return transferResult(await ask("POST", `/calls/${encodeURIComponent(id)}/actions/transfer`, signal, command));
    },
    async reconcile(transfer, signal) {
      const id = callControlIdOf(transfer);
      if (id === null) return { type: "refused", code: "not_a_telnyx_call" };
      const own = await hasOwnLeg(markOf(transfer.intentId), signal);
      if (own === true) return { type: "accepted" };
      const asked = await ask("GET", `/calls/${encodeURIComponent(id)}`, signal);
      if (asked.type !== "answered") return { type: "unknown", code: "provider_no_answer" };
      // A 404 of a proxy says nothing about a call.
      if (asked.status === 404 && errorsOf(asked.body) !== null) return { type: "refused", code: "call_ended" };
      const alive = (asked.body as { readonly data?: { readonly is_alive?: unknown } } | null)?.data?.is_alive;
      if (alive === false) return { type: "refused", code: "call_ended" };
      if (alive !== true || own === null) return { type: "unknown", code: "transfer_pending" };
      return transfer.ageMs > settleAfterMs
        ? { type: "refused", code: "transfer_never_happened" }
        : { type: "unknown", code: "transfer_pending" };
    },
  };
}

const markOf = (intentId: string): string => Buffer.from(`baton:${intentId}`).toString("base64");

/** "v3:…"; text that no URL can hold is none. */
const CALL_CONTROL_ID = /^[\x21-\x7e]{1,512}$/;

/** `conversation.call`: its id is Telnyx's `call_control_id`. */
function callControlIdOf({ call }: TransferRequest): string | null {
  return call !== null && call.provider === "telnyx" && CALL_CONTROL_ID.test(call.id) ? call.id : null;
}

const REFUSALS: Readonly<Record<string, string>> = {
  "90018": "call_ended",
  "90015": "call_not_found",
  "10010": "provider_403",
};

function errorsOf(body: unknown): readonly { readonly code?: unknown }[] | null {
  const errors = (body as { readonly errors?: unknown } | null)?.errors;
  return Array.isArray(errors) ? (errors as readonly { readonly code?: unknown }[]) : null;
}

function transferResult(asked: Asked): TransferResult {
  if (asked.type === "unreached") return { type: "refused", code: "provider_unreached" };
  if (asked.type === "no_answer") return { type: "unknown", code: "provider_no_answer" };
  if (isFine(asked))
    return isVendors(asked) ? { type: "accepted" } : { type: "unknown", code: "telnyx_answer_invalid" };
  const { status } = asked;
  if (status >= 500 || status === 408) return { type: "unknown", code: `provider_${status}` };
  if (status === 404) return { type: "refused", code: "call_not_found" };
  if (status === 429) return { type: "refused", code: "provider_rate_limit" };
  const given = errorsOf(asked.body)?.[0]?.code;
  const code = typeof given === "string" || typeof given === "number" ? String(given) : "";
  if (REFUSALS[code] !== undefined) return { type: "refused", code: REFUSALS[code] };
  return { type: "refused", code: /^\d{4,6}$/.test(code) ? `telnyx_${code}` : `provider_${status}` };
}

export interface TelnyxWebhook {
  /** The raw body, before anything parsed it. */
  readonly body: string | Uint8Array;
  /** The header telnyx-signature-ed25519. */
  readonly signature: string | readonly string[] | undefined;
  /** The header telnyx-timestamp. */
  readonly timestamp: string | readonly string[] | undefined;
  /** The account's public key, base64, as the portal shows it. */
  readonly publicKey: string;
  readonly toleranceSeconds?: number;
  readonly now?: () => number;
}

const KEY = "the account's public key, base64 of 32 bytes";
const webhookSchema = z.object({
  publicKey: z.string(KEY).refine((key) => Buffer.from(key, "base64").length === 32, KEY),
  toleranceSeconds: whole(1, 86_400).optional(),
  now: fn<() => number>().optional(),
});

/** What an unanswered leg's hang-up is called. "time_limit" is none: it ends a call that two people have talked in. */
const FAILED_LEGS: ReadonlySet<string> = new Set(
  "busy call_rejected no_answer not_found originator_cancel timeout unallocated_number unspecified user_busy".split(
    " ",
  ),
);

/** Null: not from Telnyx, too old, or not about the leg of a transfer of ours. Give the report to `reportTransfer`. */
export function readTelnyxEvent(given: TelnyxWebhook): DialReport | null {
  return isTelnyx(given) ? reportOf(textOf(given.body) ?? "") : null;
}

/** Whether Telnyx signed this, lately: an event may be its own and be about no transfer of ours. */
export function isTelnyx(given: TelnyxWebhook): boolean {
  const { publicKey, toleranceSeconds = 300, now = Date.now } = readGiven(webhookSchema, given, "readTelnyxEvent");
  const body = textOf(given.body);
  const [signature, timestamp] = [headerOf(given.signature), headerOf(given.timestamp)];
  if (body === null || signature === null || timestamp === null || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now() / 1000 - Number(timestamp)) > toleranceSeconds) return false;
  const key = createPublicKey({
    format: "jwk",
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey, "base64").toString("base64url") },
  });
  return verify(null, Buffer.from(`${timestamp}|${body}`), key, Buffer.from(signature, "base64"));
}

const textOf = (body: unknown): string | null =>
  typeof body === "string" ? body : body instanceof Uint8Array ? Buffer.from(body).toString() : null;

/** A header that came twice is none. */
function headerOf(given: unknown): string | null {
  const one: unknown = Array.isArray(given) && given.length === 1 ? given[0] : given;
  return typeof one === "string" ? one : typeof one === "number" ? String(one) : null;
}

const eventSchema = z.object({
  data: z.object({
    event_type: z.string(),
    payload: z.object({ client_state: z.string(), hangup_cause: z.string().nullish() }),
  }),
});

function reportOf(body: string): DialReport | null {
  let parsed;
  try {
    parsed = eventSchema.safeParse(JSON.parse(body));
  } catch {
    return null;
  }
  if (!parsed.success) return null;
  const { event_type: type, payload } = parsed.data.data;
  const mark = Buffer.from(payload.client_state, "base64").toString();
  if (!mark.startsWith("baton:")) return null;
  const intentId = mark.slice("baton:".length);
  if (type === "call.bridged" || type === "call.answered") return { intentId, result: "answered" };
  const cause = payload.hangup_cause ?? "";
  return type === "call.hangup" && FAILED_LEGS.has(cause)
    ? { intentId, result: "failed", code: `dial_${cause}` }
    : null;
}
