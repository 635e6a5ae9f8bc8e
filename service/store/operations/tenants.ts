/** Tenants: their settings and secrets, written together, read together. */
import { all, first, type Operation } from "../operation.ts";
import * as actions from "../statements/actions.ts";
import * as audit from "../statements/audit.ts";
import * as keys from "../statements/keys.ts";
import * as platform from "../statements/platform.ts";
import * as recordings from "../statements/recordings.ts";
import * as runs from "../statements/runs.ts";
import * as shares from "../statements/shares.ts";
import * as sql from "../statements/tenants.ts";
import type { ActionRow } from "./action-row.ts";
import { record } from "./audit.ts";

export interface TenantRow {
  readonly tenant: string;
  /** JSON. */
  readonly settings: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface SecretRow {
  readonly tenant: string;
  readonly name: string;
  /** JSON list. */
  readonly hosts: string;
  readonly keyId: string;
  readonly sealed: string;
  readonly updatedAt: number;
}

export type Sealed = Pick<SecretRow, "name" | "hosts" | "keyId" | "sealed">;

export interface TenantFile {
  readonly row: TenantRow;
  readonly secrets: readonly SecretRow[];
  readonly actions: readonly ActionRow[];
}

/** Code, secrets and policy that were deployed together are read together: a change in between has it read again. */
export function* readTenant({ tenant }: { readonly tenant: string }): Operation<TenantFile | null> {
  for (;;) {
    const before = yield* first<{ n: number | null }>(audit.LAST_OF_TENANT, { tenant });
    const row = yield* first<TenantRow>(sql.READ, { tenant });
    const secrets = yield* all<SecretRow>(sql.SECRETS, { tenant });
    const live = yield* all<ActionRow>(actions.ACTIONS, { tenant });
    const after = yield* first<{ n: number | null }>(audit.LAST_OF_TENANT, { tenant });
    if (before?.n === after?.n) return row && { row, secrets, actions: live };
  }
}

/** Nodes' clocks differ by so much. */
const SKEW_MS = 200;

/** Of rows that were begun at some time: those whose tenant is there, and is the one that was there then. */
export function* ofTheirTenant<Row extends { readonly tenant: string }>(
  rows: readonly Row[],
  begunAt: (row: Row) => number,
): Operation<readonly Row[]> {
  const madeAt = new Map<string, number>();
  for (const tenant of [...new Set(rows.map((row) => row.tenant))].sort()) {
    const found = yield* first<{ createdAt: number }>(sql.MADE_AT, { tenant });
    madeAt.set(tenant, found?.createdAt ?? Infinity);
  }
  return rows.filter((row) => (madeAt.get(row.tenant) ?? Infinity) <= begunAt(row) + SKEW_MS);
}

export interface PutTenant {
  readonly tenant: string;
  readonly settings: string;
  /** Secrets of its providers; those that `keep` does not name and that are not given are deleted. */
  readonly sealed: readonly Sealed[];
  readonly keep: readonly string[];
  readonly detail: unknown;
  readonly actor: string;
  readonly now: number;
}

/** Where an own name is reserved for the providers' secrets: a tenant's names have letters, digits and _ only. */
const OF_PROVIDERS = "$";

/** `created`, or why not: a secret that is to be kept is not there. */
export function* putTenant(input: PutTenant): Operation<{ readonly created: boolean } | { readonly missing: string }> {
  const { tenant, settings, sealed, keep, detail, actor, now } = input;
  const before = yield* first(sql.LOCK, { tenant });
  const missing = yield* putProviderSecrets({ tenant, sealed, keep, now });
  if (missing !== null) return { missing };
  yield* all(sql.UPSERT, { tenant, settings, now });
  yield* record({ actor, action: "tenant.put", tenant, subject: tenant, detail, now });
  return { created: before === null };
}

export function* putProviderSecrets(
  input: Pick<PutTenant, "tenant" | "sealed" | "keep" | "now">,
): Operation<string | null> {
  const { tenant, sealed, keep, now } = input;
  const there = (yield* all<SecretRow>(sql.SECRETS, { tenant })).map(({ name }) => name);
  const missing = keep.find((name) => !there.includes(name));
  if (missing !== undefined) return missing;
  const given = new Set([...keep, ...sealed.map(({ name }) => name)]);
  for (const name of there.filter((name) => name.startsWith(OF_PROVIDERS) && !given.has(name))) {
    yield* all(sql.DELETE_SECRET, { tenant, name });
  }
  for (const secret of sealed) yield* all(sql.PUT_SECRET, { tenant, ...secret, now });
  return null;
}

export function* listTenants(input: {
  readonly after: string;
  readonly limit: number;
}): Operation<readonly TenantRow[]> {
  return yield* all<TenantRow>(sql.LIST, input);
}

export function* deleteTenant(input: {
  readonly tenant: string;
  readonly actor: string;
  readonly now: number;
}): Operation<boolean> {
  const { tenant, actor, now } = input;
  if ((yield* first(sql.DELETE, { tenant })) === null) return false;
  for (const text of [
    sql.DELETE_SECRETS,
    actions.DELETE_ACTIONS,
    runs.DELETE_TENANT,
    runs.DELETE_CALLBACKS,
    recordings.DELETE_TENANT,
    recordings.DELETE_TENANT_CODE,
    platform.DELETE_USAGE,
    shares.DELETE_RATE,
    shares.DELETE_PLACES,
  ]) {
    yield* all(text, { tenant });
  }
  yield* all(actions.DELETE_VERSIONS, { tenant, action: null });
  yield* all(actions.DELETE_DEPLOYMENTS, { tenant, action: null });
  yield* all(keys.REVOKE_TENANT, { tenant, now });
  yield* record({ actor, action: "tenant.delete", tenant, subject: tenant, now });
  return true;
}

export function* putSecret(input: {
  readonly tenant: string;
  readonly secret: Sealed;
  readonly actor: string;
  readonly now: number;
}): Operation<boolean> {
  const { tenant, secret, actor, now } = input;
  if ((yield* first(sql.LOCK, { tenant })) === null) return false;
  yield* all(sql.PUT_SECRET, { tenant, ...secret, now });
  const detail = { hosts: JSON.parse(secret.hosts) as unknown };
  yield* record({ actor, action: "secret.put", tenant, subject: secret.name, detail, now });
  return true;
}

export function* deleteSecret(input: {
  readonly tenant: string;
  readonly name: string;
  readonly actor: string;
  readonly now: number;
}): Operation<boolean> {
  const { tenant, name, actor, now } = input;
  if ((yield* first(sql.DELETE_SECRET, { tenant, name })) === null) return false;
  yield* record({ actor, action: "secret.delete", tenant, subject: name, now });
  return true;
}

/** A value of the service's own, by which a key is known to be the wrong one before there is any secret. */
export function* putSentinel(input: { readonly secret: Sealed; readonly now: number }): Operation<void> {
  yield* all(sql.PUT_SECRET, { tenant: "", ...input.secret, now: input.now });
}

/** Some secrets of every key that sealed any: opened at the start, so that a wrong key is found before anything is served. */
export function* sealedSamples(input: { readonly ofEach: number }): Operation<readonly SecretRow[]> {
  const samples: SecretRow[] = [];
  for (const { keyId } of yield* all<{ keyId: string }>(sql.SECRET_KEYS)) {
    samples.push(...(yield* all<SecretRow>(sql.SOME_SECRETS_OF_KEY, { keyId, limit: input.ofEach })));
  }
  return samples;
}

export function* secretsToReseal(input: {
  readonly keyId: string;
  readonly limit: number;
}): Operation<readonly SecretRow[]> {
  return yield* all<SecretRow>(sql.SECRETS_NOT_OF_KEY, input);
}

export function* reseal(input: {
  readonly secrets: readonly {
    readonly tenant: string;
    readonly name: string;
    readonly keyId: string;
    readonly sealed: string;
    readonly before: string;
  }[];
}): Operation<void> {
  for (const secret of input.secrets) yield* all(sql.RESEAL, secret);
}
