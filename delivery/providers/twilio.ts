/**
 * Transfers live calls that Twilio carries: the call is updated with TwiML that dials the destination. Twilio has no idempotency key for
 * that, so it is asked once; what came of a lost answer is read from the call's own children. The SDK (`twilio`) is loaded before the first transfer.
 */
import { HostFault } from "../../base/fault.ts";
import { Unreached, type Provider, type TransferRequest, type TransferResult } from "../provider.ts";
import { sendByFetch, type Send } from "./transport.ts";
import { openTwilioClient, type ChildCall, type TwilioClient } from "./twilio-client.ts";

export interface TwilioOptions {
  readonly accountSid: string;
  readonly authToken: string;
  /** The number that the destination sees; without it, the caller's. */
  readonly callerId?: string;
  /** How long the transferred call may last. */
  readonly timeLimitSeconds?: number;
  /** How long the destination rings. */
  readonly ringSeconds?: number;
  /** Twilio reports there how the dial went; it gets `?intent=ID`. See twilio-result.ts. */
  readonly actionUrl?: string;
  /** After so long without a child call an unknown transfer counts as not made. */
  readonly settleAfterMs?: number;
  readonly timeoutMs?: number;
  /** Another address for the API, for tests. */
  readonly apiBase?: string;
  readonly send?: Send;
}

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

export function twilioProvider(options: TwilioOptions): Provider {
  if (!/^AC[0-9a-fA-F]{32}$/.test(options.accountSid)) {
    throw new HostFault("TWILIO_INVALID", "accountSid is AC and 32 hexadecimal digits.", "never");
  }
  const { send = sendByFetch, settleAfterMs = 60_000 } = options;
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
      const twilio = await open();
      try {
        await twilio.updateCall(callSid, dialTwiml(transfer, options), signal);
        return { type: "accepted" };
      } catch (error) {
        return resultOf(error);
      }
    },
    async reconcile(transfer, signal) {
      const callSid = callSidOf(transfer);
      if (callSid === null) return { type: "refused", code: "not_a_twilio_call" };
      const twilio = await open();
      try {
        const children = await twilio.childCalls(callSid, signal);
        if (children.some((child) => isOfThisDial(child, transfer))) return { type: "accepted" };
        const status = await twilio.callStatus(callSid, signal);
        if (!IN_PROGRESS.has(status)) return { type: "refused", code: "call_ended" };
        // A request that is still under way would have had its effect by then.
        return transfer.ageMs > settleAfterMs
          ? { type: "refused", code: "dial_never_arrived" }
          : { type: "unknown", code: "dial_pending" };
      } catch (error) {
        const result = resultOf(error);
        return result.type === "refused" && result.code === "call_not_found"
          ? result
          : { type: "unknown", code: result.code };
      }
    },
  };
}

/** How far Twilio's clock, which counts whole seconds, may be behind the store's. */
const CLOCKS_APART_MS = 5000;

/** A child call to the same number may be of an earlier transfer, before the bot had the call back: that one says nothing of this. */
function isOfThisDial({ to, createdAt }: ChildCall, { phoneDestination, recordedAt }: TransferRequest): boolean {
  if (to !== phoneDestination) return false;
  return createdAt === null || createdAt >= Date.parse(recordedAt) - CLOCKS_APART_MS;
}

/** `conversation.call` says which call, and that it is Twilio's. */
function callSidOf({ call }: TransferRequest): string | null {
  if (call === null || (call.provider !== undefined && call.provider !== "twilio")) return null;
  return /^CA[0-9a-fA-F]{32}$/.test(call.id) ? call.id : null;
}

const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

export function dialTwiml({ intentId, phoneDestination }: TransferRequest, options: TwilioOptions): string {
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
  if (error instanceof Unreached) return { type: "refused", code: "provider_unreached" };
  const { status, code } = (error ?? {}) as { status?: unknown; code?: unknown };
  if (typeof code === "number" && REFUSALS[code] !== undefined) return { type: "refused", code: REFUSALS[code] };
  if (typeof status !== "number") return { type: "unknown", code: "provider_no_answer" };
  if (status === 429) return { type: "refused", code: "provider_rate_limit" };
  if (status === 404) return { type: "refused", code: "call_not_found" };
  if (status >= 500 || status === 408) return { type: "unknown", code: `provider_${status}` };
  return { type: "refused", code: typeof code === "number" ? `twilio_${code}` : `provider_${status}` };
}
