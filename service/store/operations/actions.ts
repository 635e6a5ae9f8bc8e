/** Versions and what is live of them. A version never changes; what is live is a list of versions with their shares. */
import { all, first, type Operation } from "../operation.ts";
import * as sql from "../statements/actions.ts";
import type { ActionRow } from "./action-row.ts";
import { record } from "./audit.ts";
import { putProviderSecrets, type Sealed } from "./tenants.ts";
import * as tenants from "../statements/tenants.ts";

export interface VersionHead {
  readonly action: string;
  readonly version: number;
  readonly hash: string;
  readonly entry: string;
  readonly language: string;
  /** JSON, as all that follows. */
  readonly packages: string;
  readonly note: string | null;
  readonly tags: string;
  readonly args: string | null;
  readonly diagnostics: string;
  readonly createdAt: number;
  readonly createdBy: string;
}

export type VersionRow = VersionHead & { readonly files: string };

export interface Share {
  readonly version: number;
  readonly percent: number;
}

export type NewVersion = Omit<VersionRow, "version" | "createdAt" | "createdBy" | "action">;

interface By {
  readonly tenant: string;
  readonly actor: string;
  readonly now: number;
}

interface AddVersion extends By {
  readonly action: string;
  readonly content: NewVersion;
  readonly keep: number;
}

/** Null: there is no such tenant. */
export function* addVersion(
  input: AddVersion,
): Operation<{ readonly head: VersionHead; readonly created: boolean } | null> {
  if ((yield* first(tenants.LOCK, { tenant: input.tenant })) === null) return null;
  return yield* insertVersion(input);
}

function* insertVersion(input: AddVersion): Operation<{ readonly head: VersionHead; readonly created: boolean }> {
  const { tenant, action, content, actor, now } = input;
  yield* all(sql.NEW_ACTION, { tenant, action, now });
  yield* first(sql.LOCK_ACTION, { tenant, action });
  const same = yield* first<VersionHead>(sql.VERSION_BY_HASH, { tenant, action, hash: content.hash });
  if (same !== null) return { head: same, created: false };
  const version = (yield* first<{ newest: number }>(sql.NEXT_VERSION, { tenant, action, now }))?.newest ?? 1;
  yield* all(sql.INSERT_VERSION, { tenant, action, version, ...content, actor, now });
  const detail = { version, hash: content.hash, note: content.note };
  yield* record({ actor, action: "version.create", tenant, subject: action, detail, now });
  yield* forgetOldVersions(input);
  const { files: _files, ...rest } = content;
  return { head: { ...rest, action, version, createdAt: now, createdBy: actor }, created: true };
}

/** Those past the newest `keep` go, but for what is live and what unfinished runs were promised. */
function* forgetOldVersions({ tenant, action, keep }: AddVersion): Operation<void> {
  const old = yield* all<{ version: number }>(sql.OLD_VERSIONS, { tenant, action, keep });
  if (old.length === 0) return;
  const live = (yield* first<ActionRow>(sql.ACTION_OF, { tenant, action }))?.live ?? "[]";
  const running = yield* all<{ version: number }>(sql.VERSIONS_IN_USE, { tenant, action });
  const used = new Set([...(JSON.parse(live) as Share[]), ...running].map(({ version }) => version));
  const versions = old.map(({ version }) => version).filter((version) => !used.has(version));
  yield* all(sql.DELETE_VERSIONS_LISTED, { tenant, action, versions: JSON.stringify(versions.map(String)) });
}

export function* listVersions(input: {
  readonly tenant: string;
  readonly action: string;
  readonly before: number;
  readonly limit: number;
}): Operation<{ readonly action: ActionRow; readonly versions: readonly VersionHead[] } | null> {
  const { tenant, action } = input;
  const row = yield* first<ActionRow>(sql.ACTION_OF, { tenant, action });
  return row && { action: row, versions: yield* all<VersionHead>(sql.VERSIONS, input) };
}

export function* readVersion(input: {
  readonly tenant: string;
  readonly action: string;
  readonly version: number;
}): Operation<VersionRow | null> {
  return yield* first<VersionRow>(sql.VERSION, input);
}

interface SetLive extends By {
  readonly action: string;
  readonly live: readonly Share[];
  /** The deployments that the caller would replace; `*`: any that there is; null: whatever it is, none too. */
  readonly ifMatch: readonly number[] | "*" | null;
}

export type LiveSet =
  | { readonly type: "set"; readonly deployment: number; readonly previous: readonly Share[] | null }
  | { readonly type: "no_action" }
  | { readonly type: "stale"; readonly deployment: number }
  | { readonly type: "no_version"; readonly version: number };

export function* setLive(input: SetLive): Operation<LiveSet> {
  const { tenant, action, live, ifMatch, actor, now } = input;
  const row = yield* first<ActionRow>(sql.LOCK_ACTION, { tenant, action });
  if (row === null) return { type: "no_action" };
  const fits = ifMatch === null || (ifMatch === "*" ? row.deployment > 0 : ifMatch.includes(row.deployment));
  if (!fits) return { type: "stale", deployment: row.deployment };
  const versions = JSON.stringify(live.map(({ version }) => String(version)));
  const there = yield* all<{ version: number }>(sql.VERSIONS_THERE, { tenant, action, versions });
  const missing = live.find(({ version }) => !there.some((row) => row.version === version));
  if (missing !== undefined) return { type: "no_version", version: missing.version };
  const text = JSON.stringify(live);
  const set = yield* first<{ deployment: number }>(sql.SET_LIVE, { tenant, action, live: text, now });
  const deployment = set?.deployment ?? 0;
  yield* all(sql.INSERT_DEPLOYMENT, { tenant, action, deployment, live: text, actor, now });
  yield* record({ actor, action: "live.set", tenant, subject: action, detail: { deployment, live }, now });
  const previous = row.live === null ? null : (JSON.parse(row.live) as Share[]);
  return { type: "set", deployment, previous };
}

export function* listDeployments(input: {
  readonly tenant: string;
  readonly action: string;
  readonly limit: number;
}): Operation<
  readonly { readonly deployment: number; readonly at: number; readonly actor: string; readonly live: string }[]
> {
  return yield* all(sql.DEPLOYMENTS, input);
}

/** The newest version of every action that is live, and the live ones: what a model is offered as tools. */
export function* liveVersions(input: { readonly tenant: string }): Operation<
  readonly {
    readonly action: string;
    readonly live: string;
    readonly version: number;
    readonly args: string | null;
    readonly note: string | null;
  }[]
> {
  return yield* all(sql.ALL_ARGS, input);
}

export function* deleteAction(input: By & { readonly action: string }): Operation<boolean> {
  const { tenant, action, actor, now } = input;
  if ((yield* first(sql.DELETE_ACTION, { tenant, action })) === null) return false;
  yield* all(sql.DELETE_VERSIONS, { tenant, action });
  yield* all(sql.DELETE_DEPLOYMENTS, { tenant, action });
  yield* record({ actor, action: "action.delete", tenant, subject: action, now });
  return true;
}

export interface Deploy extends By {
  readonly actions: readonly {
    readonly action: string;
    readonly content: NewVersion | null;
    readonly version: number | null;
    /** A share without a version means the one that this deployment makes. */
    readonly live: readonly { readonly version: number | null; readonly percent: number }[] | null;
  }[];
  readonly settings: string | null;
  readonly sealedSettings: { readonly sealed: readonly Sealed[]; readonly keep: readonly string[] } | null;
  /** The settings that the new ones were made from: another change in between makes this one stale. */
  readonly settingsBefore: string;
  readonly secrets: readonly Sealed[];
  readonly deleteSecrets: readonly string[];
  readonly keep: number;
}

export type Deployed =
  | {
      readonly type: "deployed";
      readonly actions: readonly {
        readonly action: string;
        readonly version: number;
        readonly hash: string | null;
        readonly deployment: number | null;
      }[];
    }
  | { readonly type: "no_tenant" }
  | { readonly type: "stale" }
  | { readonly type: "no_version"; readonly action: string; readonly version: number }
  | { readonly type: "no_secret"; readonly name: string };

export function* deploy(input: Deploy): Operation<Deployed> {
  const { tenant, settings, sealedSettings, actor, now, keep } = input;
  const row = yield* first<{ settings: string }>(tenants.LOCK, { tenant });
  if (row === null) return { type: "no_tenant" };
  if (settings !== null && row.settings !== input.settingsBefore) return { type: "stale" };
  // Everything is checked before anything is written, so that what is refused leaves nothing behind.
  const refused = yield* findMissing(input);
  if (refused !== null) return refused;
  if (settings !== null) {
    if (sealedSettings !== null) yield* putProviderSecrets({ tenant, ...sealedSettings, now });
    yield* all(tenants.UPSERT, { tenant, settings, now });
  }
  for (const secret of input.secrets) yield* all(tenants.PUT_SECRET, { tenant, ...secret, now });
  for (const name of input.deleteSecrets) yield* all(tenants.DELETE_SECRET, { tenant, name });
  const done = [];
  for (const one of inOrder(input.actions)) done.push(yield* deployAction(one, { tenant, actor, now }, keep));
  const names = done.map(({ action, version }) => ({ action, version }));
  const detail = { actions: names, settings: settings !== null, secrets: input.secrets.map(({ name }) => name) };
  yield* record({ actor, action: "deploy", tenant, subject: tenant, detail, now });
  return { type: "deployed", actions: done };
}

/** Locks are taken in one order, so that two deployments wait for each other and never in a circle. */
const inOrder = (actions: Deploy["actions"]): Deploy["actions"] =>
  actions.toSorted((a, b) => (a.action < b.action ? -1 : 1));

function* findMissing({ tenant, actions, sealedSettings }: Deploy): Operation<Deployed | null> {
  const secrets = yield* all<{ name: string }>(tenants.SECRETS, { tenant });
  const secret = sealedSettings?.keep.find((name) => !secrets.some((there) => there.name === name));
  if (secret !== undefined) return { type: "no_secret", name: secret };
  for (const { action, version, live } of inOrder(actions)) {
    yield* first(sql.LOCK_ACTION, { tenant, action });
    const named = [...(live ?? []).map((share) => share.version), version].filter((number) => number !== null);
    const versions = JSON.stringify(named.map(String));
    const there = yield* all<{ version: number }>(sql.VERSIONS_THERE, { tenant, action, versions });
    const missing = named.find((number) => !there.some((row) => row.version === number));
    if (missing !== undefined) return { type: "no_version", action, version: missing };
  }
  return null;
}

function* deployAction(one: Deploy["actions"][number], by: By, keep: number) {
  const { action, content } = one;
  const head = content && (yield* insertVersion({ ...by, action, content, keep })).head;
  const version = head?.version ?? one.version ?? 0;
  const hash = head?.hash ?? null;
  if (one.live === null) return { action, version, hash, deployment: null };
  // What is new may turn out to be a version that stands in the split already.
  const percents = new Map<number, number>();
  for (const share of one.live) {
    const of = share.version ?? version;
    percents.set(of, (percents.get(of) ?? 0) + share.percent);
  }
  const live = [...percents].map(([of, percent]) => ({ version: of, percent }));
  const set = yield* setLive({ ...by, action, live, ifMatch: null });
  return { action, version, hash, deployment: set.type === "set" ? set.deployment : null };
}
