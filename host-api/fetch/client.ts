/**
 * The one client that sends requests for others: for actions, through functions.ts, and for webhooks. Every hop of a redirect is asked of
 * the policy like a first request, the connector checks what a name resolves to and who answered, and everything has a cap.
 */
import { ACCEPTED_ENCODINGS, cappedBody } from "./body.ts";
import { createConnector } from "./connector.ts";
import { DEFAULT_FETCH_LIMITS } from "./limits.ts";
import type { FetchLimits } from "./limits.ts";
import { decideUrl, egressPolicySchema, reachesExceptionsOnly } from "./policy.ts";
import type { EgressPolicy, Target } from "./policy.ts";
import { isRedirect, nextHop } from "./redirect.ts";
import type { Hop } from "./redirect.ts";
import { EgressError, refuse } from "./refusal.ts";
import { createTenantNetwork } from "./tenant-network.ts";
import type { TenantNetwork } from "./tenant-network.ts";
import { createTransport } from "./transport.ts";
import type { RawResponse, Transport } from "./transport.ts";
import { mostWireBytes } from "./wire.ts";

export interface EgressRequest {
  readonly url: string;
  readonly method?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: Uint8Array;
  readonly redirect?: "follow" | "error" | "manual";
  readonly signal?: AbortSignal;
  readonly limits?: Partial<FetchLimits>;
  /** Called for each server that answered, redirects included, before anything of its answer is given out. */
  readonly onAnswer?: (target: Target) => void;
  /** Asked once the last server has answered: whether a body in a coding that is not known may be given out as it came. */
  readonly mayPassCoded?: () => boolean;
  /** Puts secrets in the place of placeholders, hop by hop. */
  readonly secrets?: {
    holds(text: string): boolean;
    /** Placeholders in the text. */
    count(text: string): number;
    open(value: string, target: Target, plainHttpAllowed: boolean): string;
  };
}

export interface EgressResponse {
  readonly status: number;
  readonly statusText: string;
  /** Of the last hop, without its fragment. */
  readonly url: string;
  readonly redirected: boolean;
  /** Names in lower case. */
  readonly headers: readonly (readonly [string, string])[];
  /** Decompressed; throws an EgressError past its cap. Ending the iteration early ends the connection. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the request where its body is not wanted. */
  cancel(): void;
}

export interface EgressClient {
  /** Rejects with an EgressError for whatever keeps the answer from coming. */
  request(request: EgressRequest): Promise<EgressResponse>;
  /** Ends every connection. */
  close(): Promise<void>;
}

export interface EgressClientOptions {
  readonly limits?: Partial<FetchLimits>;
  /** Stands in for the network: no name is looked up and nothing is connected to. */
  readonly transport?: Transport;
  /** What this client shares with the others of its tenant. */
  readonly tenantNetwork?: TenantNetwork;
  /** Stands before the network, and sees what goes over it. */
  readonly through?: (network: Transport) => Transport;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// oxlint-disable-next-line no-control-regex -- what a header value may be made of
const FIELD_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;
/** In all headers of one request: each may stand for a value of 8 KiB. */
const MAX_PLACEHOLDERS = 16;
/** Framing and hops belong to the client. What an action says of them is left out, as browsers do: clients of APIs set them by habit. */
const RESERVED_HEADERS = new Set([
  "accept-encoding", "connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "proxy-authenticate", "proxy-authorization",
  "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "via",
]); // prettier-ignore

export function createEgressClient(policy: EgressPolicy | null, options: EgressClientOptions = {}): EgressClient {
  const checked = policy === null ? null : egressPolicySchema.parse(policy);
  const base: FetchLimits = { ...DEFAULT_FETCH_LIMITS, ...options.limits };
  let transport: Transport | undefined = options.transport;
  let closed = false;
  const open = (allowed: EgressPolicy) =>
    (transport ??= (options.through ?? itself)(
      createTransport(
        createConnector(allowed, {
          connectMs: base.connectMs,
          wireBytes: mostWireBytes(base.responseBytes),
          network: options.tenantNetwork ?? createTenantNetwork(),
        }),
        base,
      ),
    ));
  return {
    async request(request) {
      if (closed) throw new EgressError("EGRESS_ABORTED", "the egress client is closed");
      const limits = { ...base, ...request.limits };
      const first = firstHop(request, limits);
      decide(checked, first);
      if (checked === null) throw new EgressError("EGRESS_NO_POLICY", "no egress policy");
      return send(checked, open(checked), first, request, limits);
    },
    async close() {
      closed = true;
      await transport?.destroy();
    },
  };
}

const itself = (network: Transport): Transport => network;

async function send(
  policy: EgressPolicy,
  transport: Transport,
  first: Hop,
  request: EgressRequest,
  limits: FetchLimits,
): Promise<EgressResponse> {
  const ending = new AbortController();
  const timer = setTimeout(
    () => ending.abort(new EgressError("EGRESS_TIMEOUT", `no whole answer within ${limits.timeoutMs} ms`)),
    limits.timeoutMs,
  );
  const onAbort = () => ending.abort(new EgressError("EGRESS_ABORTED", "the request was aborted"));
  if (request.signal?.aborted === true) onAbort();
  request.signal?.addEventListener("abort", onAbort, { once: true });
  const settle = () => {
    clearTimeout(timer);
    request.signal?.removeEventListener("abort", onAbort);
  };
  try {
    const { hop, raw, hops } = await follow(policy, transport, first, request, limits, ending.signal);
    // Whatever ends the connection before the body is read must not become an uncaught error; the reader still sees it.
    raw.body.on("error", () => {});
    const headers = raw.headers.map(([name, value]) => [name.toLowerCase(), value] as const);
    const encoding = headers
      .filter(([name]) => name === "content-encoding")
      .map(([, value]) => value)
      .join(",");
    const hasBody = first.method !== "HEAD" && raw.status !== 204 && raw.status !== 304;
    const url = new URL(hop.url);
    url.hash = "";
    return {
      status: raw.status,
      statusText: raw.statusText,
      url: url.href,
      redirected: hops > 0,
      headers,
      body: settling(bodyOf(raw, hasBody ? encoding : "", request, limits), ending.signal, settle),
      cancel() {
        settle();
        raw.body.destroy();
      },
    };
  } catch (error) {
    settle();
    throw error;
  }
}

function bodyOf({ body }: RawResponse, encoding: string, request: EgressRequest, { responseBytes }: FetchLimits) {
  return cappedBody(body, encoding, responseBytes, encoding !== "" && request.mayPassCoded?.() === true);
}

async function follow(
  policy: EgressPolicy,
  transport: Transport,
  first: Hop,
  request: EgressRequest,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<{ hop: Hop; raw: RawResponse; hops: number }> {
  let hop = first;
  const holdsSecrets = first.headers.some(([, value]) => request.secrets?.holds(value));
  for (let hops = 0; ; hops += 1) {
    const exchange = async () => {
      const target = decide(policy, hop);
      const raw = await transport.exchange({ ...hop, headers: outgoing(hop, policy, target, request, limits), signal });
      request.onAnswer?.(target);
      return raw;
    };
    const raw = await exchange().catch((error: unknown) => {
      throw hops > 0 && holdsSecrets ? withoutPlace(error) : error;
    });
    const location = raw.headers.find(([name]) => name.toLowerCase() === "location")?.[1];
    if (!isRedirect(raw.status) || location === undefined || request.redirect === "manual") return { hop, raw, hops };
    raw.body.on("error", () => {}).destroy();
    if (request.redirect === "error") {
      throw new EgressError("EGRESS_REDIRECT", `the server redirects, and redirect is "error"`);
    }
    if (hops >= limits.redirects) throw new EgressError("EGRESS_REDIRECTS", `more than ${limits.redirects} redirects`);
    const next = nextHop(
      hop,
      raw.status,
      Buffer.from(location, "latin1").toString("utf8"),
      (value) => request.secrets?.holds(value) ?? false,
    );
    if (next === null) throw new EgressError("EGRESS_URL", "the server redirects to something that is no URL");
    hop = next;
  }
}

/** A server that knows a secret chose this place: nothing of its name is shown, in whatever form a URL has put it. */
function withoutPlace(error: unknown): unknown {
  if (!(error instanceof EgressError) || error.code === "EGRESS_TIMEOUT" || error.code === "EGRESS_ABORTED")
    return error;
  return new EgressError(error.code, "the server redirects to a place that is refused or cannot be reached", {
    cause: error,
  });
}

function firstHop(request: EgressRequest, limits: FetchLimits): Hop {
  if (Buffer.byteLength(request.url) > limits.urlBytes || !URL.canParse(request.url)) {
    throw new EgressError("EGRESS_URL", `not an absolute URL of at most ${limits.urlBytes} bytes`);
  }
  const method = request.method ?? "GET";
  if (!TOKEN.test(method)) throw new EgressError("EGRESS_METHOD", "the method is no HTTP token");
  const body = request.body;
  if (body !== undefined && body.byteLength > limits.requestBytes) {
    throw new EgressError("EGRESS_REQUEST_BODY", `the request's body is over ${limits.requestBytes} bytes`);
  }
  const headers = (request.headers ?? []).map(([name, value]) => [name.toLowerCase(), value] as const);
  for (const [name, value] of headers) {
    if (!TOKEN.test(name) || !FIELD_VALUE.test(value)) throw new EgressError("EGRESS_HEADER", "a header is malformed");
  }
  return { url: new URL(request.url), method, headers: headers.filter(([name]) => !RESERVED_HEADERS.has(name)), body };
}

/**
 * Adds what every request carries and opens the secrets, for this hop alone. What is too large is said of the headers as the action wrote them:
 * a limit on the opened ones would show how long a secret is.
 */
function outgoing(
  hop: Hop,
  policy: EgressPolicy,
  target: Target,
  request: EgressRequest,
  limits: FetchLimits,
): (readonly [string, string])[] {
  const names = new Set(hop.headers.map(([name]) => name));
  const written = [...hop.headers];
  if (!names.has("accept")) written.push(["accept", "*/*"]);
  if (!names.has("user-agent")) written.push(["user-agent", "baton-runtime"]);
  written.push(["accept-encoding", ACCEPTED_ENCODINGS]);
  if (hop.body === undefined && ["POST", "PUT"].includes(hop.method)) written.push(["content-length", "0"]);
  const bytes = written.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  const placeholders = written.reduce((sum, [, value]) => sum + (request.secrets?.count(value) ?? 0), 0);
  if (bytes > limits.requestHeaderBytes || placeholders > MAX_PLACEHOLDERS) {
    const most =
      bytes > limits.requestHeaderBytes ? `${limits.requestHeaderBytes} bytes` : `${MAX_PLACEHOLDERS} secrets`;
    throw new EgressError("EGRESS_REQUEST_HEADERS", `the request's headers are over ${most}`);
  }
  const excepted = reachesExceptionsOnly(policy, target);
  return written.map(([name, value]) => [name, request.secrets?.open(value, target, excepted) ?? value] as const);
}

function decide(policy: EgressPolicy | null, hop: Hop): Target {
  const decision = decideUrl(policy, hop.url, hop.method);
  return decision.ok ? decision.target : refuse(decision);
}

async function* settling(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  settle: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    settle();
  }
}
