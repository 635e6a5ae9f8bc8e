/** A request that is answered with a problem: its status, its code, and what a caller can read of it. */
export interface ProblemExtras {
  /** Seconds. */
  readonly retryAfter?: number;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly diagnostics?: readonly unknown[];
  readonly [key: string]: unknown;
}

export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly extras: ProblemExtras;
  constructor(status: number, code: string, detail: string, extras: ProblemExtras = {}) {
    super(detail);
    this.name = "ProblemError";
    this.status = status;
    this.code = code;
    this.extras = extras;
  }
}

export const notFound = (what: string): ProblemError => new ProblemError(404, "NOT_FOUND", `There is no such ${what}.`);
export const invalid = (path: string, message: string): ProblemError =>
  new ProblemError(400, "REQUEST_INVALID", `The request is not valid: ${path}: ${message}.`, {
    errors: [{ path, message }],
  });
