/**
 * Tells a platform by HTTP: CloudEvents-shaped JSON, signed by the Standard Webhooks scheme. The event's id is the intent id at every
 * attempt, so a receiver that drops what it has seen (receiver.ts) gets each hand-off once.
 */
import { HostFault } from "../../base/fault.ts";
import {
  Unreached,
  type DeliveryResult,
  type HandoffDelivery,
  type Provider,
  type TransferRequest,
  type TransferResult,
} from "../provider.ts";
import type { EgressClient } from "../../host-api/fetch/index.ts";
import { clientFor, sendThrough } from "./egress-send.ts";
import { checkSecret, sign } from "./signature.ts";
import { type IncomingResponse, type Send } from "./transport.ts";

export interface WebhookOptions {
  readonly url: string;
  /** The newest first; give the old one too while the receiver changes over. */
  readonly secrets: readonly string[];
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** True where the receiver transfers live calls itself: a 2xx answer means that it took the call over. */
  readonly transfers?: boolean;
  /** "host:port" exceptions from the rule that only public addresses are reached. */
  readonly private?: readonly string[];
  /** Instead of a client that reaches the URL's host alone. */
  readonly send?: Send;
  readonly now?: () => number;
}

/** What the receiver reads: a CloudEvent 1.0 in structured JSON. */
export interface HandoffEvent {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly type: "baton.handoff.recorded" | "baton.phone_transfer.requested";
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: "application/json";
  readonly data: HandoffDelivery & { readonly phoneDestination?: string };
}

export function webhookProvider(options: WebhookOptions): Provider {
  const { url, secrets, timeoutMs = 10_000, now = Date.now } = options;
  if (!/^https?:\/\//.test(url)) throw new HostFault("WEBHOOK_INVALID", "A webhook needs an http(s) URL.", "never");
  if (secrets.length === 0) throw new HostFault("WEBHOOK_INVALID", "A webhook needs a secret.", "never");
  secrets.forEach(checkSecret);
  const client = options.send ? null : clientFor(new URL(url), options.private ?? []);
  const send = options.send ?? sendThrough(client as EgressClient);

  const post = (event: HandoffEvent, signal: AbortSignal): Promise<IncomingResponse> => {
    const body = JSON.stringify(event);
    return send({
      method: "POST",
      url,
      headers: {
        ...options.headers,
        "content-type": "application/cloudevents+json; charset=utf-8",
        "user-agent": "baton-runtime",
        ...sign(event.id, Math.floor(now() / 1000), body, secrets),
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
  };

  return {
    name: "webhook",
    async close() {
      await client?.close();
    },
    async deliver(handoff, signal) {
      try {
        return deliveryResult(await post(eventOf("baton.handoff.recorded", handoff), signal), now);
      } catch (error) {
        return { type: "retry", code: error instanceof Unreached ? "webhook_unreached" : "webhook_no_answer" };
      }
    },
    ...(options.transfers
      ? {
          async transfer(transfer: TransferRequest, signal: AbortSignal): Promise<TransferResult> {
            try {
              return transferResult(await post(eventOf("baton.phone_transfer.requested", transfer), signal));
            } catch (error) {
              if (error instanceof Unreached) return { type: "refused", code: "webhook_unreached" };
              return { type: "unknown", code: "webhook_no_answer" };
            }
          },
        }
      : {}),
  };
}

function eventOf(type: HandoffEvent["type"], data: HandoffEvent["data"]): HandoffEvent {
  return {
    specversion: "1.0",
    id: data.intentId,
    source: `/baton/${encodeURIComponent(data.tenant)}`,
    type,
    subject: data.conversationId,
    time: data.recordedAt,
    datacontenttype: "application/json",
    data,
  };
}

/** 408, 425, 429 and 5xx may pass; a redirect or any other 4xx is a mistake that does not heal by itself. */
function deliveryResult({ status, headers }: IncomingResponse, now: () => number): DeliveryResult {
  if (status >= 200 && status < 300) return { type: "delivered" };
  const code = `webhook_${status}`;
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const afterMs = retryAfterMs(headers["retry-after"], now);
    return { type: "retry", code, ...(afterMs === null ? {} : { afterMs }) };
  }
  return { type: "dead", code };
}

function transferResult({ status }: IncomingResponse): TransferResult {
  if (status >= 200 && status < 300) return { type: "accepted" };
  const code = `webhook_${status}`;
  return status >= 500 || status === 408 ? { type: "unknown", code } : { type: "refused", code };
}

function retryAfterMs(header: string | undefined, now: () => number): number | null {
  if (header === undefined) return null;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now();
  return Number.isFinite(ms) && ms >= 0 ? ms : null;
}
