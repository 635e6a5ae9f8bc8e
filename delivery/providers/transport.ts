/**
 * How providers reach the network: one small function, so that whoever composes the parts can put the runtime's egress client under it.
 * The default is Node's own fetch: no redirects, a cap on what is read, and errors that say whether the other side can have heard it.
 */
import { Unreached } from "../provider.ts";

export interface OutgoingRequest {
  readonly method: "GET" | "POST";
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

/** Failures before the first byte of the request was written. */
export const UNREACHED_CODES: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "SELF_SIGNED_CERT_IN_CHAIN",
]);
export const BODY_CAP = 64 * 1024;

export const sendByFetch: Send = async ({ method, url, headers, body, signal }) => {
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers,
      signal,
      redirect: "manual",
      ...(body === undefined ? {} : { body }),
    });
  } catch (error) {
    const code = codeOf(error);
    if (UNREACHED_CODES.has(code)) throw new Unreached(code, { cause: error });
    throw error;
  }
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await readCapped(response) };
};

/** undici puts the reason under `cause`, and the reasons of several addresses under that. */
export function codeOf(error: unknown): string {
  for (
    let at = error as { code?: unknown; cause?: unknown; errors?: unknown[] } | undefined, depth = 0;
    at && depth < 5;
    depth += 1
  ) {
    if (typeof at.code === "string") return at.code;
    at = (at.cause ?? at.errors?.[0]) as typeof at;
  }
  return "";
}

async function readCapped(response: Response): Promise<string> {
  if (!response.body) return "";
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of response.body) {
    text += decoder.decode((chunk as Uint8Array).subarray(0, BODY_CAP - size), { stream: true });
    size += (chunk as Uint8Array).length;
    if (size >= BODY_CAP) break;
  }
  return text;
}
