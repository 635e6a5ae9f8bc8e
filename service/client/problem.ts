/** A problem of the service, as an error. */
export class BatonError extends Error {
  readonly status: number;
  /** A code of the catalogue. */
  readonly code: string;
  /** Seconds, where the service says when to come back. */
  readonly retryAfter: number | null;
  readonly requestId: string | null;
  /** The whole problem. */
  readonly problem: Readonly<Record<string, unknown>>;
  constructor(status: number, problem: Readonly<Record<string, unknown>>, retryAfter: number | null) {
    super(typeof problem["detail"] === "string" ? problem["detail"] : `The service answered ${status}.`);
    this.name = "BatonError";
    this.status = status;
    this.code = typeof problem["code"] === "string" ? problem["code"] : `HTTP_${status}`;
    this.requestId = typeof problem["requestId"] === "string" ? problem["requestId"] : null;
    this.retryAfter = retryAfter;
    this.problem = problem;
  }
}

export async function toError(response: Response): Promise<BatonError> {
  const text = await response.text();
  const after = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new BatonError(response.status, readProblem(text), Number.isNaN(after) ? null : after);
}

/** Something in between, a balancer say, may have answered in its own words. */
function readProblem(text: string): Readonly<Record<string, unknown>> {
  try {
    const problem = JSON.parse(text) as unknown;
    return problem !== null && typeof problem === "object" ? (problem as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
