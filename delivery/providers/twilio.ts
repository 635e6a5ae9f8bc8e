/**
 * Transfers live calls that Twilio carries: the call is updated with TwiML that dials the destination. Twilio has no idempotency key for
 * that, so it is asked once; what came of a lost answer is read from the call's own children. The SDK (`twilio`) is loaded before the first transfer.
 */
import { z } from "zod";
import { fn, milliseconds, whole } from "../../base/options.ts";
import { readGiven } from "../given.ts";
import { isUnreached, type Provider, type TransferRequest, type TransferResult } from "../provider.ts";
import { readingAnswers, sendByFetch, tokenSchema, urlSchema, type Send } from "./transport.ts";
import {
  openTwilioClient,
  type ChildCall,
  type Exchange,
  type TwilioClient,
  type TwilioOptions,
} from "./twilio-client.ts";
import { FAILED_DIALS } from "./twilio-result.ts";

export type { TwilioOptions } from "./twilio-client.ts";

const E164 = "an E.164 number such as +15550001111";
const shape = {
  accountSid: z.string("AC and 32 hexadecimal digits").regex(/^AC[0-9a-fA-F]{32}$/, "AC and 32 hexadecimal digits"),
  authToken: tokenSchema("the account's auth token, or left out beside apiKey and apiSecret").optional(),
  apiKey: z
    .string("SK and 32 hexadecimal digits")
    .regex(/^SK[0-9a-fA-F]{32}$/, "SK and 32 hexadecimal digits")
    .optional(),
  apiSecret: tokenSchema("the secret of the API key").optional(),
  region: z
    .string("a region such as ie1")
    .regex(/^[a-z]{2}\d$/, "a region such as ie1")
    .optional(),
  edge: z
    .string("an edge such as dublin")
    .regex(/^[a-z]+(?:-[a-z0-9]+)*$/, "an edge such as dublin")
    .optional(),
  callerId: z
    .string(E164)
    .regex(/^\+[1-9]\d{1,14}$/, E164)
    .optional(),
  timeLimitSeconds: whole(1, 86_400).optional(),
  ringSeconds: whole(1, 600).optional(),
  actionUrl: urlSchema("an absolute http(s) URL that Twilio can reach").optional(),
  settleAfterMs: milliseconds().optional(),
  timeoutMs: milliseconds().optional(),
  apiBase: urlSchema("an absolute http(s) URL").optional(),
  send: fn<Send>().optional(),
} satisfies Record<keyof TwilioOptions, z.ZodType>;

const optionsSchema = z.strictObject(shape).superRefine((options, context) => {
  const need = (key: string, message: string): void => context.addIssue({ code: "custom", message, path: [key] });
  if (options.apiKey !== undefined && options.apiSecret === undefined) need("apiSecret", "the secret of the API key");
  if (options.apiSecret !== undefined && options.apiKey === undefined) need("apiKey", "the API key of the secret");
  if (options.authToken === undefined && options.apiKey === undefined)
    need("authToken", "the account's auth token (or give apiKey and apiSecret)");
});

/** What Twilio says when it surely did not transfer the call. */
const REFUSALS: Readonly<Record<number, string>> = {
  21220: "call_ended",
  13224: "number_unroutable",
  21216: "destination_forbidden",
  21215: "destination_forbidden",
  21219: "destination_unverified",
  20404: "call_not_found",
};
const IN_PROGRESS: ReadonlySet<string> = new Set(["queued", "ringing", "in-progress"]);

export function twilioProvider(given: TwilioOptions): Provider {
  const options = readGiven(optionsSchema, given, "twilioProvider", { code: "TWILIO_INVALID" }) as TwilioOptions;
  const { settleAfterMs = 60_000 } = options;
  const send = readingAnswers(options.send ?? sendByFetch);
  let client: Promise<TwilioClient> | null = null;
  const open = (): Promise<TwilioClient> => (client ??= openTwilioClient(options, send));

  return {
    name: "twilio",
    async prepare() {
      await open();
    },
    async transfer(transfer, signal) {
      const callSid = callSidOf(transfer);
      if (callSid === null) return { type: "refused", code: "not_a_twilio_call" };
      const exchange: Exchange = { signal, sent: false };
      try {
        const twilio = await open();
        await twilio.updateCall(callSid, dialTwiml(transfer, options), exchange);
        return { type: "accepted" };
      } catch (error) {
        // Whatever the SDK throws before it asks: the caller is where they were.
        return exchange.sent ? resultOf(error) : { type: "refused", code: "provider_not_asked" };
      }
    },
    async reconcile(transfer, signal) {
      const callSid = callSidOf(transfer);
      if (callSid === null) return { type: "refused", code: "not_a_twilio_call" };
      const exchange: Exchange = { signal, sent: false };
      try {
        const twilio = await open();
        const dial = dialOf(await twilio.childCalls(callSid, exchange), transfer);
        // A child call that was not answered is no transfer: the human is owed still.
        if (dial !== null)
          return FAILED_DIALS.has(dial.status)
            ? { type: "refused", code: `dial_${dial.status}` }
            : { type: "accepted" };
        const status = await twilio.callStatus(callSid, exchange);
        if (!IN_PROGRESS.has(status)) return { type: "refused", code: "call_ended" };
        // A request that is still under way would have had its effect by then.
        return transfer.ageMs > settleAfterMs
          ? { type: "refused", code: "dial_never_arrived" }
          : { type: "unknown", code: "dial_pending" };
      } catch (error) {
        const result = resultOf(error);
        // Twilio's own word that it has no such call, and not a 404 of whatever stands between.
        return (error as { readonly code?: unknown } | null)?.code === 20404
          ? result
          : { type: "unknown", code: result.code };
      }
    },
  };
}

/** How far Twilio's clock, which counts whole seconds, may be behind the store's. */
const CLOCKS_APART_MS = 5000;

/**
 * The child call that this transfer made, or null. A child call to the same number may be of an earlier transfer, before the bot had the
 * call back: that one says nothing of this. Of several, one that was taken counts.
 */
function dialOf(children: readonly ChildCall[], { phoneDestination, recordedAt }: TransferRequest): ChildCall | null {
  const since = Date.parse(recordedAt) - CLOCKS_APART_MS;
  const own = children.filter(
    ({ to, createdAt }) => to === phoneDestination && (createdAt === null || createdAt >= since),
  );
  return own.find(({ status }) => !FAILED_DIALS.has(status)) ?? own[0] ?? null;
}

/** `conversation.call` says which call, and that it is Twilio's. */
function callSidOf({ call }: TransferRequest): string | null {
  if (call === null || (call.provider !== undefined && call.provider !== "twilio")) return null;
  return /^CA[0-9a-fA-F]{32}$/.test(call.id) ? call.id : null;
}

const escapeXml = (raw: string): string =>
  raw.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

function dialTwiml({ intentId, phoneDestination }: TransferRequest, options: TwilioOptions): string {
  const attributes = [
    `timeout="${options.ringSeconds ?? 30}"`,
    `timeLimit="${options.timeLimitSeconds ?? 14_400}"`,
    'answerOnBridge="true"',
  ];
  if (options.callerId !== undefined) attributes.push(`callerId="${escapeXml(options.callerId)}"`);
  if (options.actionUrl !== undefined) {
    const action = new URL(options.actionUrl);
    action.searchParams.set("intent", intentId);
    attributes.push(`action="${escapeXml(action.href)}"`, 'method="POST"');
  }
  return `<?xml version="1.0" encoding="UTF-8"?><Response><Dial ${attributes.join(" ")}><Number>${escapeXml(phoneDestination)}</Number></Dial></Response>`;
}

function resultOf(error: unknown): Exclude<TransferResult, { type: "accepted" }> {
  if (isUnreached(error)) return { type: "refused", code: "provider_unreached" };
  const { status, code } = (error ?? {}) as { status?: unknown; code?: unknown };
  if (typeof code === "number" && REFUSALS[code] !== undefined) return { type: "refused", code: REFUSALS[code] };
  if (typeof status !== "number") return { type: "unknown", code: "provider_no_answer" };
  if (status === 429) return { type: "refused", code: "provider_rate_limit" };
  if (status === 404) return { type: "refused", code: "call_not_found" };
  if (status >= 500 || status === 408) return { type: "unknown", code: `provider_${status}` };
  return { type: "refused", code: typeof code === "number" ? `twilio_${code}` : `provider_${status}` };
}
