/**
 * Why a request did not go out, or its answer did not come in. Each rule has a code of its own, so that an author
 * (and a test) can see which one refused; the guest sees it as a `TypeError` with this `code`.
 */
export type EgressCode =
  | "EGRESS_NO_POLICY"
  | "EGRESS_URL"
  | "EGRESS_SCHEME"
  | "EGRESS_USERINFO"
  | "EGRESS_HTTP"
  | "EGRESS_LOCAL_NAME"
  | "EGRESS_HOST"
  | "EGRESS_METHOD"
  | "EGRESS_PORT"
  | "EGRESS_ADDRESS"
  | "EGRESS_DNS_ADDRESS"
  | "EGRESS_PEER"
  | "EGRESS_REDIRECTS"
  | "EGRESS_REDIRECT"
  | "EGRESS_HEADER"
  | "EGRESS_REQUEST_HEADERS"
  | "EGRESS_REQUEST_BODY"
  | "EGRESS_RESPONSE_HEADERS"
  | "EGRESS_RESPONSE_BODY"
  | "EGRESS_ENCODING"
  | "EGRESS_TIMEOUT"
  | "EGRESS_CALLS"
  | "EGRESS_SECRET"
  | "EGRESS_SECRET_HOST"
  | "EGRESS_SECRET_HTTP"
  | "EGRESS_SECRET_PLACE"
  | "EGRESS_DNS"
  | "EGRESS_TLS"
  | "EGRESS_NETWORK"
  | "EGRESS_ABORTED";

export interface Refusal {
  readonly code: EgressCode;
  readonly message: string;
}

export class EgressError extends Error {
  readonly code: EgressCode;
  /** The guest's built-in error class that stands for it. */
  readonly guestName = "TypeError";
  constructor(code: EgressCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EgressError";
    this.code = code;
  }
}

export function refuse(refusal: Refusal): never {
  throw new EgressError(refusal.code, refusal.message);
}
