/** A request to execute, read: who wants what by when, and by which text two requests under one key are compared. */
import { createHash, randomUUID } from "node:crypto";
import type { z } from "zod";
import { isSmall } from "../../base/large-json/size.ts";
import { sortedJson } from "../../base/large-json/sort.ts";
import { writeJson } from "../../base/large-json/write.ts";
import { createSlices } from "../../base/slices.ts";
import { MAX_DEPTH } from "../../sandbox/index.ts";
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
  /** Of the context as JSON text. */
  readonly contextChars: number;
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
  /** Where the key stands, for those who are told that it is none. */
  readonly keyAt?: string;
}

export async function readRequest(given: Given): Promise<Request> {
  const { tenant, action, body, key, deadline, traceparent, now, keyAt = "headers.idempotency-key" } = given;
  const executionId = key === undefined ? randomUUID() : readKey(key, keyAt);
  const conversation = conversationIn(body.context);
  const context = await textOf(body.context, key !== undefined);
  return {
    tenant,
    action,
    body,
    executionId,
    keyed: key !== undefined,
    // A made-up id is asked for by nothing else.
    requestHash: key === undefined ? UNKEYED : hashOf(action, body, context),
    contextChars: context.length,
    conversationId: conversationIdIn(body.context),
    phone: conversation?.latestChannel === "phone",
    deadline: deadline === undefined ? null : readDeadline(deadline, now),
    traceparent: traceparent ?? null,
  };
}

const conversationIn = (context: unknown): { id?: unknown; latestChannel?: unknown } | undefined =>
  (context as { conversation?: { id?: unknown; latestChannel?: unknown } } | null)?.conversation;

export function conversationIdIn(context: unknown): string | null {
  const id = conversationIn(context)?.id;
  return typeof id === "string" && id !== "" ? id : null;
}

/** The header's draft writes a quoted string; most clients write the bare key. */
function readKey(text: string, at: string): string {
  const key = /^"(.*)"$/.exec(text)?.[1] ?? text;
  if (key === "" || key.length > 200 || !/^[ -~]*$/.test(key)) {
    throw invalid(at, "expected 1 to 200 printable ASCII characters");
  }
  // What carries the id in a header of its own, a signed callback, would lose them.
  if (key !== key.trim()) throw invalid(at, "expected no white space at its ends");
  // Clients take these out of the path under which the execution would be read.
  if (key === "." || key === "..") throw invalid(at, "expected a name other than . and ..");
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
function hashOf(action: string, body: ExecutionBody, context: string): string {
  const { environment = "production", version = null } = body;
  const asked = JSON.stringify([action, version, environment]);
  return createHash("sha256")
    .update(`${asked.slice(0, -1)},${context}]`)
    .digest("hex");
}

/** As JSON text, its keys in order where two may be compared; a long one in slices, for its caller's tenant is not the only one. */
async function textOf(context: unknown, sorted: boolean): Promise<string> {
  if (context === undefined) return "null";
  if (isSmall(context)) return sorted ? sortedJson(context) : JSON.stringify(context);
  const written = await writeJson(context, { slices: createSlices({ isSpent: true }), depth: MAX_DEPTH, sorted });
  // Of one that nests too deep there is no run to compare.
  return typeof written === "string" ? written : "null";
}
