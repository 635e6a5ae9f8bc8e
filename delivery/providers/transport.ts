/**
 * The transport of providers: how providers reach the network: one small function, so that the program that composes the parts can put the runtime's
 * egress client under it. The default is Node's own fetch: no redirects, a cap on what is read, and errors that say whether the request can have reached
 * the other side.
 */
import { z } from "zod";
import { mayDecodeBrotli } from "../../base/brotli.ts";
import { isHostAndPort } from "../../host-api/fetch/policy.ts";
import { isUnreached, Unreached } from "../provider.ts";

export interface OutgoingRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface IncomingResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** At most the first 64 KiB. */
  readonly body: string;
}

/** Rejects with an Unreached where surely nothing arrived; any other rejection leaves it open. */
export type Send = (request: OutgoingRequest) => Promise<IncomingResponse>;

/** Failures before the first byte of the request was written: no address, no connection, no certificate to trust. */
const UNREACHED_CODES: ReadonlySet<string> = new Set(
  `
  ECONNREFUSED ENOTFOUND EAI_AGAIN EAI_FAIL EAI_NODATA EAI_NONAME EADDRNOTAVAIL EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN EMFILE
  UND_ERR_CONNECT_TIMEOUT UND_ERR_INVALID_ARG CERT_HAS_EXPIRED CERT_NOT_YET_VALID CERT_REVOKED CERT_UNTRUSTED CERT_REJECTED
  DEPTH_ZERO_SELF_SIGNED_CERT HOSTNAME_MISMATCH INVALID_CA SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_GET_ISSUER_CERT
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY UNABLE_TO_VERIFY_LEAF_SIGNATURE ERR_INVALID_CHAR ERR_INVALID_URL ERR_TLS_CERT_ALTNAME_INVALID
  ERR_TLS_CERT_SIGNATURE_ALGORITHM_UNSUPPORTED ERR_SSL_WRONG_VERSION_NUMBER ERR_SSL_UNSUPPORTED_PROTOCOL
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION
  ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR ERR_SSL_TLSV1_UNRECOGNIZED_NAME ERR_SSL_NO_PROTOCOLS_AVAILABLE
  `
    .trim()
    .split(/\s+/),
);

/** Of these, what this side will not send today it will not send tomorrow: an option has to change. */
const HOPELESS: ReadonlySet<string> = new Set(
  `
  ERR_INVALID_CHAR ERR_INVALID_URL UND_ERR_INVALID_ARG EGRESS_ADDRESS EGRESS_DNS_ADDRESS EGRESS_HEADER EGRESS_HOST EGRESS_HTTP
  EGRESS_LOCAL_NAME EGRESS_METHOD EGRESS_PORT EGRESS_REQUEST_BODY EGRESS_REQUEST_HEADERS EGRESS_SCHEME EGRESS_URL EGRESS_USERINFO
  `
    .trim()
    .split(/\s+/),
);

export const isHopeless = (code: string): boolean => HOPELESS.has(code);
export const BODY_CAP = 64 * 1024;

export const sendByFetch: Send = async ({ method, url, headers, body, signal }) => {
  if (signal.aborted) throw new Unreached("aborted", { cause: signal.reason });
  let request: Request;
  try {
    request = new Request(url, {
      method,
      headers: mayDecodeBrotli() ? headers : { "accept-encoding": "gzip, deflate", ...headers },
      signal,
      redirect: "manual",
      ...(body === undefined ? {} : { body }),
    });
  } catch (error) {
    throw new Unreached("ERR_INVALID_URL", { cause: error });
  }
  let response: Response;
  try {
    response = await fetch(request);
  } catch (error) {
    throw unreachedOr(error);
  }
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await readCapped(response) };
};

/**
 * A `send` of the embedder's, whose answers are read: a client's own response, with `Headers` and a stream, gives its status and headers.
 * What has no status is no answer, and leaves open what became of the request.
 */
export function readingAnswers(send: Send): Send {
  return async (request) => {
    const answer: unknown = await asked(send, request);
    const { status, headers, body } = (answer ?? {}) as { status?: unknown; headers?: unknown; body?: unknown };
    if (!Number.isInteger(status) || (status as number) < 100 || (status as number) > 599)
      throw new TypeError(
        '"send" should resolve with a response that has a "status" from 100 to 599 (docs/delivery.md).',
      );
    return { status: status as number, headers: lowerCased(headers), body: typeof body === "string" ? body : "" };
  };
}

/** An Unreached of another copy of this package, or of none, may say nothing of its reason. */
async function asked(send: Send, request: OutgoingRequest): Promise<unknown> {
  try {
    return await send(request);
  } catch (error) {
    const named = !isUnreached(error) || typeof (error as { readonly code?: unknown }).code === "string";
    throw named ? error : new Unreached("UNREACHED", { cause: error });
  }
}

function lowerCased(given: unknown): Record<string, string> {
  if (typeof given !== "object" || given === null) return {};
  const pairs: unknown[] = Symbol.iterator in given ? [...(given as Iterable<unknown>)] : Object.entries(given);
  const lower: Record<string, string> = {};
  for (const pair of pairs) {
    const [name, value] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (typeof name === "string" && typeof value === "string") lower[name.toLowerCase()] = value;
  }
  return lower;
}

/** The error of a request, or an Unreached in its place where it says that nothing left this machine. */
export function unreachedOr(error: unknown): unknown {
  const { code, syscall } = reasonOf(error);
  const before = UNREACHED_CODES.has(code) || syscall === "connect" || syscall === "getaddrinfo";
  return before ? new Unreached(code === "" ? "UNREACHED" : code, { cause: error }) : error;
}

/** undici puts the reason under `cause`, and the reasons of several addresses under that. */
function reasonOf(error: unknown): { readonly code: string; readonly syscall: string } {
  type Link = { code?: unknown; syscall?: unknown; cause?: unknown; errors?: unknown[] };
  let at = error as Link | null | undefined;
  for (let depth = 0; typeof at === "object" && at !== null && depth < 5; depth += 1) {
    const { code, syscall } = at;
    if (typeof code === "string") return { code, syscall: typeof syscall === "string" ? syscall : "" };
    at = (at.cause ?? at.errors?.[0]) as Link | undefined;
  }
  return { code: "", syscall: "" };
}

async function readCapped(response: Response): Promise<string> {
  if (!response.body) return "";
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  try {
    for await (const chunk of response.body) {
      text += decoder.decode((chunk as Uint8Array).subarray(0, BODY_CAP - size), { stream: true });
      size += (chunk as Uint8Array).length;
      if (size >= BODY_CAP) break;
    }
  } catch {
    // The status is the answer; a body that breaks off does not take it back.
  }
  return text;
}

/** Options that providers share. Messages complete the sentence "KEY should be …". */
export const urlSchema = (what: string) =>
  z.string(what).superRefine((url, context) => {
    const parsed = URL.canParse(url) ? new URL(url) : null;
    const fault = (message: string): void => context.addIssue({ code: "custom", message });
    if (parsed === null || !/^https?:$/.test(parsed.protocol)) fault(what);
    else if (parsed.port === "0") fault(`${what}; nothing listens at port 0`);
    else if (parsed.username !== "" || parsed.password !== "")
      fault(`${what}, without a user name and password; they go into headers.authorization`);
  });

/**
 * A token or a secret of an account. One that brings a line end along, as files and consoles do, is another one: every request would be refused, or
 * could not be sent, for as long as the process lives.
 */
export const tokenSchema = (what: string) => {
  const said = `${what}, without blanks or line ends`;
  return z
    .string(what)
    .min(1, what)
    .max(10_000, what)
    .regex(/^[\x21-\x7e]*$/, said);
};

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** The connection's own: fetch sets or refuses them. */
const CONNECTION_HEADERS = [
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "te",
  "transfer-encoding",
  "upgrade",
];

/** Header options in lower case; one that would be sent twice, not at all, or over ours is refused. */
export const headersSchema = (ours: readonly string[]) =>
  z.record(z.string(), z.string("text"), "an object of header names and values").transform((headers, context) => {
    const lower: Record<string, string> = {};
    for (const [name, value] of Object.entries(headers)) {
      const key = name.toLowerCase();
      const fault = (message: string): void => context.addIssue({ code: "custom", message, path: [name] });
      if (!HEADER_NAME.test(name)) fault("left out: this is no name of a header");
      else if (!HEADER_VALUE.test(value)) fault("one line of Latin-1 text");
      else if (ours.includes(key)) fault("left out: this header is the provider's own");
      else if (CONNECTION_HEADERS.includes(key)) fault("left out: this header belongs to the connection");
      else if (Object.hasOwn(lower, key)) fault("given once: another spelling of it is there");
      else lower[key] = value;
    }
    return lower;
  });

const HOST_AND_PORT = "host:port, such as desk.internal:8080";
export const privateSchema = z.array(
  z.string(HOST_AND_PORT).refine(isHostAndPort, HOST_AND_PORT),
  "a list of host:port",
);
