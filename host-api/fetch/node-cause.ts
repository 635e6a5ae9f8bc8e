/**
 * Causes of failures of the network, as Node's own fetch gives them: libraries decide by it whether to try again. Of the fields of an error
 * only those cross that say what failed, as text and numbers of a bounded length.
 */
import { EgressError } from "./refusal.ts";

export interface NodeCause {
  readonly [field: string]: string | number;
  readonly name: string;
  readonly message: string;
}

/** Failures of the way to a server. What a rule of ours refuses is none, and trying again would not help. */
const OF_THE_NETWORK: Readonly<Record<string, string>> = {
  EGRESS_NETWORK: "ECONNRESET",
  EGRESS_DNS: "ENOTFOUND",
  EGRESS_TLS: "ERR_TLS",
  EGRESS_TIMEOUT: "UND_ERR_HEADERS_TIMEOUT",
};
/** Redirects that are not followed: Node's fetch fails over them as over the network. */
const OF_REDIRECTS: Readonly<Record<string, string>> = {
  EGRESS_REDIRECTS: "redirect count exceeded",
  EGRESS_REDIRECT: "unexpected redirect",
};
const TEXTS = ["code", "syscall", "hostname", "address"] as const;
const NUMBERS = ["errno", "port"] as const;
const MAX_CHARS = 500;

/** Null for what Node's fetch would not fail of, or not as a failure of the network. */
export function nodeCause(error: EgressError): NodeCause | null {
  const redirect = OF_REDIRECTS[error.code];
  if (redirect !== undefined) return { name: "Error", message: redirect };
  const cause = innermost(error.cause);
  // A body that cannot be decompressed, as zlib says it.
  if (error.code === "EGRESS_ENCODING") return cause === null ? null : fieldsOf(cause, error);
  const code = OF_THE_NETWORK[error.code];
  if (code === undefined) return null;
  if (cause === null)
    return { name: code.startsWith("UND_ERR_") ? "HeadersTimeoutError" : "Error", message: error.message, code };
  return fieldsOf(cause, error);
}

function fieldsOf(cause: Cause, error: EgressError): NodeCause {
  const fields: Record<string, string | number> = {};
  for (const key of TEXTS) if (typeof cause[key] === "string") fields[key] = cause[key].slice(0, MAX_CHARS);
  for (const key of NUMBERS) if (typeof cause[key] === "number") fields[key] = cause[key];
  const message = cause.message === "" ? error.message : cause.message.slice(0, MAX_CHARS);
  return { ...fields, name: cause.name.slice(0, 100), message };
}

type Cause = Error & Partial<Record<(typeof TEXTS)[number] | (typeof NUMBERS)[number], unknown>>;

/** Several addresses that failed are an AggregateError of Node's, which has a code of its own. */
function innermost(cause: unknown): Cause | null {
  // One of ours stands for what must not be said: a place that a server chose.
  if (!Error.isError(cause) || cause instanceof EgressError) return null;
  const [first] = (cause as Partial<AggregateError>).errors ?? [];
  return Error.isError(first) && cause.message === "" ? (first as Cause) : (cause as Cause);
}
