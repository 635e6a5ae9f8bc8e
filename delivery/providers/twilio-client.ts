/** The three things we ask of Twilio's SDK, with its HTTP client replaced by ours: so timeouts, addresses and egress rules are the host's. */
import { HostFault } from "../../base/fault.ts";
import { isObject, isVendors, type JsonAnswer } from "./json-api.ts";
import type { IncomingResponse, Send } from "./transport.ts";

/** One exchange with Twilio: how long it may take, and whether anything was sent. */
export interface Exchange {
  readonly signal: AbortSignal;
  /** Set once a request is handed to the network. */
  sent: boolean;
}

export interface TwilioOptions {
  readonly accountSid: string;
  /** The account's auth token; or an API key and its secret. */
  readonly authToken?: string;
  /** "SK…", with `apiSecret`. */
  readonly apiKey?: string;
  readonly apiSecret?: string;
  /** Where the account's data is kept, "ie1"; the credentials must be that region's own. */
  readonly region?: string;
  /** Where Twilio's network is entered, "dublin". */
  readonly edge?: string;
  /** The number that the destination sees, E.164; without it, the caller's. */
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

export interface TwilioClient {
  updateCall(callSid: string, twiml: string, exchange: Exchange): Promise<void>;
  callStatus(callSid: string, exchange: Exchange): Promise<string>;
  childCalls(callSid: string, exchange: Exchange): Promise<readonly ChildCall[]>;
}

export interface ChildCall {
  readonly to: string;
  readonly status: string;
  /** Milliseconds since 1970, by Twilio's clock; null where Twilio does not say. */
  readonly createdAt: number | null;
}

type Sdk = typeof import("twilio");

export async function openTwilioClient(options: TwilioOptions, send: Send): Promise<TwilioClient> {
  const twilio = await loadSdk();
  const { accountSid, region, edge } = options;
  const [user, password] =
    options.apiKey === undefined ? [accountSid, options.authToken] : [options.apiKey, options.apiSecret];
  const calls = (exchange: Exchange) =>
    twilio(user, password, {
      accountSid,
      httpClient: requestClient(twilio, options, send, exchange),
      autoRetry: false,
      ...(region === undefined ? {} : { region }),
      ...(edge === undefined ? {} : { edge }),
    }).calls;
  return {
    async updateCall(callSid, twiml, exchange) {
      await calls(exchange)(callSid).update({ twiml });
    },
    async callStatus(callSid, exchange) {
      return (await calls(exchange)(callSid).fetch()).status;
    },
    async childCalls(callSid, exchange) {
      // One page: the SDK's `list` leaves a promise of its own behind that nothing awaits where a page fails.
      const { instances } = await calls(exchange).page({ parentCallSid: callSid, pageSize: 50 });
      return instances.map(({ to, status, dateCreated }) => {
        const time = dateCreated instanceof Date ? dateCreated.getTime() : Number.NaN;
        return { to, status, createdAt: Number.isNaN(time) ? null : time };
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

function requestClient(twilio: Sdk, options: TwilioOptions, send: Send, exchange: Exchange) {
  const { apiBase, timeoutMs = 5000 } = options;
  const form = (fields: Record<string, string>): string => new URLSearchParams(fields).toString();
  class HostRequestClient extends twilio.RequestClient {
    override async request(opts: never): Promise<never> {
      const { method, uri, username = "", password = "", headers = {}, params, data } = opts as SdkRequest;
      const url = new URL(uri);
      if (params) url.search = form(params);
      const target = apiBase === undefined ? url.href : new URL(url.pathname + url.search, apiBase).href;
      const request = {
        method: method.toUpperCase() === "POST" ? ("POST" as const) : ("GET" as const),
        url: target,
        headers: {
          ...headers,
          authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
        },
        ...(data ? { body: form(data) } : {}),
        signal: AbortSignal.any([exchange.signal, AbortSignal.timeout(timeoutMs)]),
      };
      exchange.sent = true;
      const response = await send(request);
      if (!isTwilios(request.method, response)) throw new TypeError("This is no answer of Twilio's.");
      return { statusCode: response.status, body: parse(response.body), headers: response.headers } as never;
    }
  }
  return new HostRequestClient();
}

/** A page with status 200, of whatever stands between, says nothing: of a question it would be read as a call that ended. */
function isTwilios(method: "GET" | "POST", { status, headers, body }: IncomingResponse): boolean {
  if (status < 200 || status > 299) return true;
  const answer: JsonAnswer = { status, headers, body: parse(body) };
  return isObject(answer.body) || (method === "POST" && body === "" && isVendors({ ...answer, body: null }));
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
