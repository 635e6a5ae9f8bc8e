/**
 * One HTTP exchange over undici, no redirects, no policy. Its agent and request function are imported by their own paths because the
 * package's index puts its dispatcher in the place of the embedding process's global one. No proxy variable is read, no cookie kept.
 */
import { createRequire } from "node:module";
import type { Readable } from "node:stream";
import { callbackify } from "node:util";
import type { Agent, buildConnector, Dispatcher } from "undici";
import type { Connector } from "./connector.ts";
import { EgressError } from "./refusal.ts";

export interface Exchange {
  readonly url: URL;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | undefined;
  readonly signal: AbortSignal;
}

export interface RawResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Readable;
}

export interface Transport {
  exchange(exchange: Exchange): Promise<RawResponse>;
  destroy(): Promise<void>;
}

export interface TransportOptions {
  readonly responseHeaderBytes: number;
  readonly timeoutMs: number;
}

/** Answers before the answer: 100, 102, 103. */
const MAX_INTERIM = 20;
/** How long a connection is kept for the next request. */
const KEEP_ALIVE_MS = 4_000;

type Request = (this: Dispatcher, options: Dispatcher.RequestOptions) => Promise<Dispatcher.ResponseData>;

export function createTransport(connector: Connector, options: TransportOptions): Transport {
  const require = createRequire(import.meta.url);
  const AgentClass = require("undici/lib/dispatcher/agent.js") as typeof Agent;
  const { request } = require("undici/lib/api/index.js") as { request: Request };
  const agent = new AgentClass({
    connect: callbackify(connector.connect) as unknown as buildConnector.connector,
    maxHeaderSize: options.responseHeaderBytes,
    headersTimeout: options.timeoutMs + 1_000,
    bodyTimeout: options.timeoutMs + 1_000,
    pipelining: 1,
    allowH2: false,
    useMilo: false,
    // A server may ask for less, not for more.
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
  });
  return {
    async exchange({ url, method, headers, body, signal: outer }) {
      const flooded = new AbortController();
      const signal = AbortSignal.any([outer, flooded.signal]);
      let interim = 0;
      const onInfo = () => {
        interim += 1;
        if (interim <= MAX_INTERIM) return;
        const text = `the server sent more than ${MAX_INTERIM} interim answers`;
        flooded.abort(new EgressError("EGRESS_RESPONSE_HEADERS", text));
      };
      const answered = request.call(agent, {
        origin: url.origin,
        // From the whole address: `search` is the same without a query and with an empty one.
        path: url.href.slice(url.origin.length).replace(/#.*$/s, ""),
        method,
        headers: headers.flat(),
        body: body ?? null,
        signal,
        onInfo,
        responseHeaders: "raw",
      });
      try {
        const answer = await unlessAborted(answered, signal);
        const raw = answer.headers as unknown as readonly string[];
        const pairs = Array.from(
          { length: raw.length / 2 },
          (_, at) => [raw[2 * at] ?? "", raw[2 * at + 1] ?? ""] as const,
        );
        return { status: answer.statusCode, statusText: answer.statusText, headers: pairs, body: answer.body };
      } catch (error) {
        throw toEgressError(error);
      }
    },
    async destroy() {
      connector.destroy();
      await agent.destroy();
    },
  };
}

/** undici obeys a signal only once a connection is there; no request waits for one longer than its signal. */
async function unlessAborted(answered: Promise<Dispatcher.ResponseData>, signal: AbortSignal) {
  const ending = Promise.withResolvers<never>();
  const onAbort = () => ending.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  // A response that comes all the same is thrown away.
  answered.then(({ body }) => signal.aborted && body.on("error", () => {}).destroy(), () => {}); // prettier-ignore
  try {
    return await Promise.race([answered, ending.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** What undici and Node call it, in the catalogue's words. */
export function toEgressError(error: unknown): EgressError {
  if (error instanceof EgressError) return error;
  const { code = "" } = (error ?? {}) as { code?: string };
  const text = error instanceof Error ? error.message : String(error);
  if (code === "UND_ERR_HEADERS_OVERFLOW" || code === "HPE_HEADER_OVERFLOW") {
    return new EgressError("EGRESS_RESPONSE_HEADERS", "the response's headers are over the limit", { cause: error });
  }
  if (code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT") {
    return new EgressError("EGRESS_TIMEOUT", "the answer did not come in time", { cause: error });
  }
  if (code === "UND_ERR_INVALID_ARG") {
    return new EgressError("EGRESS_HEADER", `the request cannot be sent: ${text}`, { cause: error });
  }
  return new EgressError("EGRESS_NETWORK", `the connection failed: ${code === "" ? text : code}`, { cause: error });
}
