/** A request to execute, read: who wants what by when, and by which text two requests under one key are compared. */
import { createHash, randomUUID } from "node:crypto";
import type { z } from "zod";
import { invalid } from "../fault.ts";
import { UNKEYED } from "./unkeyed.ts";
import { deadlinePassed } from "./scheduler.ts";
import type { executionBody } from "../routes/executions.ts";

export type ExecutionBody = z.output<typeof executionBody>;

export interface Request {
  readonly tenant: string;
  readonly action: string;
  readonly body: ExecutionBody;
  readonly executionId: string;
  /** The caller gave the id, and may ask again. */
  readonly keyed: boolean;
  readonly requestHash: string;
  readonly conversationId: string | null;
  readonly phone: boolean;
  /** Milliseconds since 1970. */
  readonly deadline: number | null;
  readonly traceparent: string | null;
}

interface Given {
  readonly tenant: string;
  readonly action: string;
  readonly body: ExecutionBody;
  readonly key: string | undefined;
  readonly deadline: string | undefined;
  readonly traceparent?: string | undefined;
  readonly now: number;
}

export function readRequest({ tenant, action, body, key, deadline, traceparent, now }: Given): Request {
  const executionId = key === undefined ? randomUUID() : readKey(key);
  const conversation = (body.context as { conversation?: { id?: unknown; latestChannel?: unknown } } | null)
    ?.conversation;
  const id = conversation?.id;
  return {
    tenant,
    action,
    body,
    executionId,
    keyed: key !== undefined,
    // A made-up id is asked for by nothing else.
    requestHash: key === undefined ? UNKEYED : hashOf(action, body),
    // PostgreSQL's text has no null character, and no such id reaches the ledger either.
    conversationId: typeof id === "string" && id !== "" && id.length <= 1000 && !id.includes("\0") ? id : null,
    phone: conversation?.latestChannel === "phone",
    deadline: deadline === undefined ? null : readDeadline(deadline, now),
    traceparent: traceparent ?? null,
  };
}

/** The header's draft writes a quoted string; most clients write the bare key. */
function readKey(text: string): string {
  const key = /^"(.*)"$/.exec(text)?.[1] ?? text;
  if (key === "" || key.length > 200 || !/^[ -~]*$/.test(key)) {
    throw invalid("headers.idempotency-key", "expected 1 to 200 printable ASCII characters");
  }
  // Clients take these out of the path under which the execution would be read.
  if (key === "." || key === "..") throw invalid("headers.idempotency-key", "expected a name other than . and ..");
  return key;
}

function readDeadline(text: string, now: number): number {
  const given = text.trim();
  // A time without its zone would be read by each machine's own.
  const isTime = /^\d{4}-\d\d-\d\dT[\d:.,]+(?:Z|[+-]\d\d:?\d\d)$/i.test(given);
  const at = /^\d{1,15}$/.test(given) ? now + Number(given) : isTime ? Date.parse(given) : Number.NaN;
  if (Number.isNaN(at)) {
    throw invalid("headers.baton-deadline", "expected milliseconds from now, or an ISO 8601 time with its zone");
  }
  if (at <= now) throw deadlinePassed();
  return at;
}

/** The order of keys does not count; limits, deadline and callback are not what is asked for. */
function hashOf(action: string, body: ExecutionBody): string {
  const { context, environment = "production", version = null } = body;
  const text = JSON.stringify([action, version, environment, sorted(context)]);
  return createHash("sha256").update(text).digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]));
}
