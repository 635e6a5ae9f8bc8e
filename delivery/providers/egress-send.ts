/** `send` through the runtime's egress client: public addresses only, whatever a name resolves to, and no redirects. */
import { createEgressClient, EgressError, type EgressClient } from "../../host-api/fetch/index.ts";
import { isUnreached, Unreached } from "../provider.ts";
import { BODY_CAP, unreachedOr, type Send } from "./transport.ts";

/** After these the request, or a part of it, may have arrived. */
const SENT: ReadonlySet<string> = new Set([
  "EGRESS_TIMEOUT",
  "EGRESS_ABORTED",
  "EGRESS_NETWORK",
  "EGRESS_RESPONSE_HEADERS",
  "EGRESS_RESPONSE_BODY",
  "EGRESS_ENCODING",
]);

export function sendThrough(client: EgressClient): Send {
  return async ({ method, url, headers, body, signal }) => {
    if (signal.aborted) throw new Unreached("aborted", { cause: signal.reason });
    try {
      const response = await client.request({
        url,
        method,
        headers: Object.entries(headers),
        redirect: "manual",
        signal,
        ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }),
      });
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: await readStart(response.body),
      };
    } catch (error) {
      // What the network said is more than what the policy calls it.
      const reason = unreachedOr(error instanceof EgressError ? error.cause : error);
      if (isUnreached(reason)) throw reason;
      if (error instanceof EgressError && !SENT.has(error.code)) throw new Unreached(error.code, { cause: error });
      throw error;
    }
  };
}

/** A client that reaches one URL's host and port, and nothing else. `private` are "host:port" exceptions from the rule of public addresses. */
export function clientFor(url: URL, privateAddresses: readonly string[]): EgressClient {
  const port = Number(url.port) || (url.protocol === "http:" ? 80 : 443);
  return createEgressClient({
    hosts: [url.hostname],
    ports: [port],
    http: url.protocol === "http:",
    private: privateAddresses,
  });
}

async function readStart(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  try {
    for await (const chunk of body) {
      text += decoder.decode(chunk.subarray(0, BODY_CAP - size), { stream: true });
      size += chunk.length;
      if (size >= BODY_CAP) break;
    }
  } catch {
    // The status is the answer; a body that breaks off, or is too large, does not take it back.
  }
  return text;
}
