/**
 * The audit chain: each entry's hash covers the entry before it, and its number is given under one row's lock, so numbers are in the
 * order of commits. That order is what lets a node forget what it cached by reading on from the last number it saw.
 */
import { createHash } from "node:crypto";
import { all, first, type Operation } from "../operation.ts";
import * as sql from "../statements/audit.ts";

export interface AuditEntry {
  readonly n: number;
  readonly at: number;
  /** The key's public id, or the name of the part of the service that acted. */
  readonly actor: string;
  readonly action: string;
  readonly tenant: string | null;
  readonly subject: string;
  /** JSON; holds no secret's value. */
  readonly detail: string;
  readonly previous: string;
  readonly hash: string;
}

export interface Change {
  readonly actor: string;
  readonly action: string;
  readonly tenant: string | null;
  readonly subject: string;
  readonly detail?: unknown;
  readonly now: number;
}

export function hashOf(entry: Omit<AuditEntry, "hash">): string {
  const { n, at, actor, action, tenant, subject, detail, previous } = entry;
  const text = JSON.stringify([n, at, actor, action, tenant, subject, detail, previous]);
  return createHash("sha256").update(text).digest("hex");
}

export function* nextNumber(name: "audit" | "settled", by: number): Operation<number> {
  const row = yield* first<{ n: number }>(sql.NEXT_NUMBER, { name, by });
  return row?.n ?? 0;
}

export function* record(change: Change): Operation<number> {
  const n = yield* nextNumber("audit", 1);
  const previous = (yield* first<{ hash: string }>(sql.LAST_HASH))?.hash ?? "";
  const { actor, action, tenant, now } = change;
  // A conversation may be called anything; PostgreSQL's text has no null character.
  const subject = change.subject.replaceAll("\0", "\ufffd");
  const entry = { n, at: now, actor, action, tenant, subject, detail: JSON.stringify(change.detail ?? {}), previous };
  yield* all(sql.INSERT, { ...entry, hash: hashOf(entry) });
  return n;
}

export function* lastChange(_input: null): Operation<number> {
  return (yield* first<{ n: number }>(sql.LAST_NUMBER, { name: "audit" }))?.n ?? 0;
}

export function* changesAfter(input: {
  readonly after: number;
  readonly limit: number;
}): Operation<readonly AuditEntry[]> {
  return yield* all<AuditEntry>(sql.AFTER, input);
}

export function* auditPage(input: {
  readonly before: number;
  readonly tenant: string | null;
  readonly limit: number;
}): Operation<readonly AuditEntry[]> {
  return yield* all<AuditEntry>(sql.BEFORE, input);
}

export function* recordChange(change: Change): Operation<number> {
  return yield* record(change);
}
