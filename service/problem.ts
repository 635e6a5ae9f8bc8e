/** Every error as `application/problem+json` (RFC 9457) with a code of the catalogue, whatever it began as. */
import type { FastifyError } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { HostFault } from "../base/fault.ts";
import { OptionsError } from "../base/options.ts";
import { ProblemError, type ProblemExtras } from "./fault.ts";

export interface Problem extends ProblemExtras {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly requestId: string;
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Unauthenticated",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  406: "Not acceptable",
  408: "Request timeout",
  409: "Conflict",
  412: "Precondition failed",
  413: "Content too large",
  415: "Unsupported media type",
  422: "Unprocessable content",
  414: "URI too long",
  429: "Too many requests",
  431: "Headers too large",
  500: "Internal error",
  503: "Unavailable",
  504: "Deadline passed",
};

/** What a fault of the host is to the caller. All that is not listed is an internal error. */
const STATUS_OF: Readonly<Record<string, number>> = {
  EXECUTION_MISMATCH: 409,
  OUTBOX_REFUSED: 409,
  OUTBOX_NO_SUCH_ROW: 404,
  STORE_UNAVAILABLE: 503,
  STORE_ANSWER_LOST: 503,
  STORE_FULL: 503,
  STORE_REFUSED: 400,
  CURSOR_INVALID: 400,
  SECRETS_UNREADABLE: 503,
  HANDOFFS_UNAVAILABLE: 503,
  RUNTIME_CLOSED: 503,
  WORKER_UNAVAILABLE: 503,
  COMPILER_UNAVAILABLE: 503,
  WEBHOOK_INVALID: 400,
  TWILIO_INVALID: 400,
};
const RETRY_SECONDS = 1;

export function toProblemError(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) return invalidRequest(error);
  if (error instanceof HostFault) {
    const status = STATUS_OF[error.code] ?? 500;
    const detail = status === 500 ? "Something went wrong inside the service." : error.message;
    return new ProblemError(
      status,
      status === 500 ? "INTERNAL_FAULT" : error.code,
      detail,
      status === 503 ? { retryAfter: RETRY_SECONDS } : {},
    );
  }
  // What the rooms beneath do not take of a request is the caller's to mend.
  if (error instanceof OptionsError) return new ProblemError(400, "REQUEST_INVALID", error.message);
  const status = (error as Partial<FastifyError> | null)?.statusCode;
  if (status === 413) return new ProblemError(413, "BODY_TOO_LARGE", "The body is larger than this path takes.");
  if (status === 414)
    return new ProblemError(414, "URI_TOO_LONG", "A part of the path is longer than this service takes.");
  if (status === 415) return new ProblemError(415, "MEDIA_TYPE", "Send the body as application/json.");
  if (status !== undefined && status >= 400 && status < 500) {
    const detail = `The request is not valid: ${(error as Error).message}`;
    return new ProblemError(400, "REQUEST_INVALID", detail, {
      errors: [{ path: "body", message: (error as Error).message }],
    });
  }
  return new ProblemError(500, "INTERNAL_FAULT", "Something went wrong inside the service.");
}

/** A body of thousands of mistakes, or with a name of a megabyte, is not answered with as much. */
const MAX_ERRORS = 20;
const MAX_CHARS = 500;
const short = (text: string): string => (text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS)}…`);

function invalidRequest(error: FastifyError): ProblemError {
  const { validationContext = "body" } = error;
  const where = validationContext === "querystring" ? "query" : validationContext;
  const issues = (error.validation ?? []) as readonly { instancePath: string; message?: string }[];
  const errors = issues.slice(0, MAX_ERRORS).map(({ instancePath, message = "is not valid" }) => ({
    path: short([where, ...instancePath.split("/").filter((part) => part !== "")].join(".")),
    message: short(message.replace(/^Invalid input: /, "")),
  }));
  const [first] = errors;
  const detail = `The request is not valid: ${first?.path ?? where}: ${first?.message ?? short(error.message)}.`;
  return new ProblemError(400, "REQUEST_INVALID", detail, { errors });
}

export function problemOf(error: ProblemError, requestId: string): Problem {
  const { status, code, message, extras } = error;
  return {
    type: `urn:baton:error:${code}`,
    title: TITLES[status] ?? "Error",
    status,
    code,
    detail: message,
    requestId,
    ...extras,
  };
}
