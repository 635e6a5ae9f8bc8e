/** Limits of requests: what the requests of one run may take. `calls` is the contract's `fetchCalls`; the rest has these defaults. */
export interface FetchLimits {
  /** Requests one run may start. */
  readonly calls: number;
  /** Requests of one run on their way at once; more wait their turn. */
  readonly concurrent: number;
  readonly redirects: number;
  readonly urlBytes: number;
  /** Names and values of the request's headers together. */
  readonly requestHeaderBytes: number;
  readonly responseHeaderBytes: number;
  readonly requestBytes: number;
  /** Bytes of the response's body, both as sent and after decompression. */
  readonly responseBytes: number;
  /** From the request until the last byte of its answer, redirects included. */
  readonly timeoutMs: number;
  /** Resolving the name, connecting and TLS. */
  readonly connectMs: number;
}

export const DEFAULT_FETCH_LIMITS: FetchLimits = {
  calls: 20,
  concurrent: 6,
  redirects: 5,
  urlBytes: 8 * 1024,
  requestHeaderBytes: 16 * 1024,
  responseHeaderBytes: 16 * 1024,
  requestBytes: 1024 * 1024,
  responseBytes: 5 * 1024 * 1024,
  timeoutMs: 10_000,
  connectMs: 5_000,
};
