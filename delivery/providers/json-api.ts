/** A vendor's HTTP interface in JSON: one request, its status, what its body says, and how a lost answer differs from a request that never left. */
import { isUnreached } from "../provider.ts";
import type { OutgoingRequest, Send } from "./transport.ts";

export interface JsonAnswer {
  readonly status: number;
  /** What the body parses to; null where it is no JSON. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

export type Asked =
  | ({ readonly type: "answered" } & JsonAnswer)
  /** Surely nothing was sent. */
  | { readonly type: "unreached"; readonly reason: string }
  /** It may have arrived. */
  | { readonly type: "no_answer" };

export interface JsonRequest {
  readonly method: OutgoingRequest["method"];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

export async function askJson(send: Send, { body, headers, ...request }: JsonRequest): Promise<Asked> {
  try {
    const answer = await send({
      ...request,
      headers: {
        accept: "application/json",
        "user-agent": "baton-runtime",
        ...headers,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { type: "answered", status: answer.status, headers: answer.headers, body: parsed(answer.body) };
  } catch (error) {
    return isUnreached(error) ? { type: "unreached", reason: error.code } : { type: "no_answer" };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export const isFine = ({ status }: JsonAnswer): boolean => status >= 200 && status < 300;

/** False: a page of whatever stands in front of the vendor, which may have been asked all the same. */
export function isVendors({ body, headers }: JsonAnswer): boolean {
  const type = headers["content-type"] ?? "";
  return body !== null || type === "" || type.toLowerCase().includes("json");
}

export const isObject = (body: unknown): body is Readonly<Record<string, unknown>> =>
  typeof body === "object" && body !== null && !Array.isArray(body);
