/** Keys: made, listed, rotated, revoked. */
import { all, first, type Operation } from "../operation.ts";
import * as sql from "../statements/keys.ts";
import { record } from "./audit.ts";

export interface KeyRow {
  readonly id: string;
  readonly digest: string;
  readonly tenant: string | null;
  /** JSON list. */
  readonly scopes: string;
  readonly note: string | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
}

interface NewKey extends Omit<KeyRow, "revokedAt"> {
  readonly actor: string;
  /** The key that this one takes the place of, and until when that one still serves. */
  readonly replaces?: { readonly id: string; readonly until: number } | null;
}

export function* createKey(input: NewKey): Operation<number> {
  const { actor, replaces, ...row } = input;
  yield* all(sql.INSERT, row);
  if (replaces) yield* all(sql.EXPIRE, { id: replaces.id, expiresAt: replaces.until });
  const { id, tenant, scopes, note, expiresAt, createdAt: now } = row;
  const detail = { scopes: JSON.parse(scopes) as unknown, note, expiresAt, ...(replaces ? { replaces } : {}) };
  yield* record({ actor, action: "key.create", tenant, subject: id, detail, now });
  return replaces ? yield* record({ actor, action: "key.expire", tenant, subject: replaces.id, now }) : 0;
}

/** At a first start: makes the key that `input` describes, unless there is a key that may administer the service already. */
export function* createFirstKey(input: NewKey): Operation<boolean> {
  const found = yield* first<{ n: number }>(sql.COUNT_LIVE_ADMINS, { now: input.createdAt });
  if ((found?.n ?? 0) > 0) return false;
  yield* createKey(input);
  return true;
}

export function* readKey(input: { readonly id: string }): Operation<KeyRow | null> {
  return yield* first<KeyRow>(sql.READ, input);
}

export function* listKeys(input: {
  readonly after: string;
  readonly tenant: string | null;
  readonly limit: number;
}): Operation<readonly KeyRow[]> {
  return yield* all<KeyRow>(sql.LIST, input);
}

export function* revokeKey(input: {
  readonly id: string;
  readonly actor: string;
  readonly now: number;
}): Operation<boolean> {
  const { id, actor, now } = input;
  const key = yield* first<KeyRow>(sql.READ, { id });
  if (key === null) return false;
  const done = yield* first(sql.REVOKE, { id, now });
  if (done !== null) yield* record({ actor, action: "key.revoke", tenant: key.tenant, subject: id, now });
  return done !== null;
}
