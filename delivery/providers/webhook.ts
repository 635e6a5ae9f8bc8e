/**
 * The provider of a platform behind HTTP: CloudEvents-shaped JSON, signed by the Standard Webhooks scheme with the store's time. An event's id is the same at
 * every attempt, so a receiver that drops what it has seen (receiver.ts) gets each event once.
 */
import { z } from "zod";
import { flag, fn, milliseconds } from "../../base/options.ts";
import { readGiven } from "../given.ts";
import type { EgressClient } from "../../host-api/fetch/index.ts";
import {
  isUnreached,
  type DeliveryResult,
  type HandoffDelivery,
  type Provider,
  type TransferRequest,
  type TransferResult,
} from "../provider.ts";
import { clientFor, sendThrough } from "./egress-send.ts";
import { eventOf, type HandoffEvent } from "./events.ts";
import { retryAfterMs } from "./retry-after.ts";
import { secretsSchema, sign } from "./signature.ts";
import {
  headersSchema,
  isHopeless,
  privateSchema,
  readingAnswers,
  urlSchema,
  type IncomingResponse,
  type Send,
} from "./transport.ts";

export interface WebhookOptions {
  readonly url: string;
  /** The newest first; give the old one too while the receiver changes over. */
  readonly secrets: readonly string[];
  readonly timeoutMs?: number;
  /** Sent along, in lower case; `content-type` and `user-agent` take the place of ours. */
  readonly headers?: Readonly<Record<string, string>>;
  /** True where the receiver transfers live calls itself: a 2xx answer means that it took the call over. */
  readonly transfers?: boolean;
  /** "host:port" exceptions from the rule that only public addresses are reached. */
  readonly private?: readonly string[];
  /** Instead of a client that reaches the URL's host alone. */
  readonly send?: Send;
  /** The time to sign with where a delivery does not say when it is sent. */
  readonly now?: () => number;
}

const shape = {
  url: urlSchema("an absolute http(s) URL, such as https://desk.example/hooks/baton"),
  secrets: secretsSchema,
  timeoutMs: milliseconds().optional(),
  headers: headersSchema(["webhook-id", "webhook-timestamp", "webhook-signature"]).optional(),
  transfers: flag().optional(),
  private: privateSchema.optional(),
  send: fn<Send>().optional(),
  now: fn<() => number>().optional(),
} satisfies Record<keyof WebhookOptions, z.ZodType>;

export function webhookProvider(given: WebhookOptions): Provider {
  const options = readGiven(z.strictObject(shape), given, "webhookProvider", { code: "WEBHOOK_INVALID" });
  const { url, secrets, timeoutMs = 10_000, now = Date.now } = options;
  const client = options.send ? null : clientFor(new URL(url), options.private ?? []);
  const send = options.send ? readingAnswers(options.send) : sendThrough(client as EgressClient);

  const post = (event: HandoffEvent, signal: AbortSignal): Promise<IncomingResponse> => {
    const body = JSON.stringify(event);
    return send({
      method: "POST",
      url,
      headers: {
        "content-type": "application/cloudevents+json; charset=utf-8",
        "user-agent": "baton-runtime",
        ...options.headers,
        ...sign(event.id, Math.floor(sentAt(event.data, now) / 1000), body, secrets),
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
  };
  const deliver = async (event: HandoffEvent, signal: AbortSignal): Promise<DeliveryResult> => {
    try {
      return deliveryResult(await post(event, signal), sentAt(event.data, now));
    } catch (error) {
      if (!isUnreached(error)) return { type: "retry", code: "webhook_no_answer" };
      // What this side will not send, it will not send tomorrow either.
      return { type: isHopeless(error.code) ? "dead" : "retry", code: unreachedCode(error.code) };
    }
  };

  return {
    name: "webhook",
    endpoint: new URL(url).origin,
    async close() {
      await client?.close();
    },
    deliver: (handoff, signal) => deliver(eventOf("baton.handoff.recorded", handoff), signal),
    withdraw: (handoff, signal) => deliver(eventOf("baton.handoff.withdrawn", handoff), signal),
    ...(options.transfers
      ? {
          async transfer(transfer: TransferRequest, signal: AbortSignal): Promise<TransferResult> {
            try {
              return transferResult(await post(eventOf("baton.phone_transfer.requested", transfer), signal));
            } catch (error) {
              if (isUnreached(error)) return { type: "refused", code: unreachedCode(error.code) };
              return { type: "unknown", code: "webhook_no_answer" };
            }
          },
        }
      : {}),
  };
}

/** "webhook_unreached" where no server listens; every other reason is named. */
const unreachedCode = (reason: string): string =>
  reason === "ECONNREFUSED" ? "webhook_unreached" : `webhook_unreached_${reason.toLowerCase()}`;

function sentAt({ sentAt: at }: HandoffDelivery, now: () => number): number {
  const time = Date.parse(at);
  return Number.isNaN(time) ? now() : time;
}

/**
 * The receiver's word is final only where it is clear: 410, or `Baton-Reject: permanent`. Anything else may be a receiver that is being
 * rolled out, a proxy in front of one that is down, or a secret that is changed at this side first.
 */
export function deliveryResult({ status, headers }: IncomingResponse, sent: number, what = "webhook"): DeliveryResult {
  if (status >= 200 && status < 300) return { type: "delivered" };
  const code = `${what}_${status}`;
  if (status === 410) return { type: "dead", code };
  if (headers["baton-reject"]?.trim().toLowerCase() === "permanent") return { type: "dead", code: `${code}_rejected` };
  const afterMs = retryAfterMs(headers, sent);
  return { type: "retry", code, ...(afterMs === null ? {} : { afterMs }) };
}

function transferResult({ status }: IncomingResponse): TransferResult {
  if (status >= 200 && status < 300) return { type: "accepted" };
  const code = `webhook_${status}`;
  return status >= 500 || status === 408 ? { type: "unknown", code } : { type: "refused", code };
}
