/** The three things we ask of Twilio's SDK, with its HTTP client replaced by ours: so timeouts, addresses and egress rules are the host's. */
import { HostFault } from "../../base/fault.ts";
import type { Send } from "./transport.ts";
import type { TwilioOptions } from "./twilio.ts";

export interface TwilioClient {
  updateCall(callSid: string, twiml: string, signal: AbortSignal): Promise<void>;
  callStatus(callSid: string, signal: AbortSignal): Promise<string>;
  childCalls(callSid: string, signal: AbortSignal): Promise<readonly ChildCall[]>;
}

export interface ChildCall {
  readonly to: string;
  /** Milliseconds since 1970, by Twilio's clock; null where Twilio does not say. */
  readonly createdAt: number | null;
}

type Sdk = typeof import("twilio");

export async function openTwilioClient(options: TwilioOptions, send: Send): Promise<TwilioClient> {
  const twilio = await loadSdk();
  const { accountSid, authToken } = options;
  const calls = (signal: AbortSignal) =>
    twilio(accountSid, authToken, {
      httpClient: requestClient(twilio, options, send, signal),
      autoRetry: false,
    }).calls;
  return {
    async updateCall(callSid, twiml, signal) {
      await calls(signal)(callSid).update({ twiml });
    },
    async callStatus(callSid, signal) {
      return (await calls(signal)(callSid).fetch()).status;
    },
    async childCalls(callSid, signal) {
      const children = await calls(signal).list({ parentCallSid: callSid, limit: 50 });
      return children.map(({ to, dateCreated }) => {
        const time = dateCreated instanceof Date ? dateCreated.getTime() : Number.NaN;
        return { to, createdAt: Number.isNaN(time) ? null : time };
      });
    },
  };
}

async function loadSdk(): Promise<Sdk> {
  try {
    const module = (await import("twilio")) as unknown as { default: Sdk };
    return module.default;
  } catch (cause) {
    throw new HostFault(
      "PROVIDER_SDK_MISSING",
      "The twilio provider needs the package twilio: npm install twilio",
      "never",
      {
        cause,
      },
    );
  }
}

interface SdkRequest {
  readonly method: string;
  readonly uri: string;
  readonly username?: string;
  readonly password?: string;
  readonly headers?: Record<string, string>;
  readonly params?: Record<string, string>;
  readonly data?: Record<string, string>;
}

function requestClient(twilio: Sdk, options: TwilioOptions, send: Send, signal: AbortSignal) {
  const { apiBase, timeoutMs = 5000 } = options;
  const form = (fields: Record<string, string>): string => new URLSearchParams(fields).toString();
  class HostRequestClient extends twilio.RequestClient {
    override async request(opts: never): Promise<never> {
      const { method, uri, username = "", password = "", headers = {}, params, data } = opts as SdkRequest;
      const url = new URL(uri);
      if (params) url.search = form(params);
      const target = apiBase === undefined ? url.href : new URL(url.pathname + url.search, apiBase).href;
      const response = await send({
        method: method.toUpperCase() === "POST" ? "POST" : "GET",
        url: target,
        headers: {
          ...headers,
          authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
        },
        ...(data ? { body: form(data) } : {}),
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      return { statusCode: response.status, body: parse(response.body), headers: response.headers } as never;
    }
  }
  return new HostRequestClient();
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
