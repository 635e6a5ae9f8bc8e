/** Actions, their immutable versions, what is live of them, and how that came to be. */
const ACTION = `action as "action", newest as "newest", deployment as "deployment", live as "live", created_at as "createdAt",
  updated_at as "updatedAt"`;
export const ACTIONS = `select ${ACTION} from baton_actions where tenant = :tenant order by action`;
export const ACTION_OF = `select ${ACTION} from baton_actions where tenant = :tenant and action = :action`;
export const LOCK_ACTION = `${ACTION_OF} {lock}`;
export const NEW_ACTION = `insert into baton_actions (tenant, action, newest, deployment, live, created_at, updated_at)
  values (:tenant, :action, 0, 0, null, :now, :now) on conflict do nothing`;
export const NEXT_VERSION = `update baton_actions set newest = newest + 1, updated_at = :now
  where tenant = :tenant and action = :action returning newest as "newest"`;
export const SET_LIVE = `update baton_actions set live = :live, deployment = deployment + 1, updated_at = :now
  where tenant = :tenant and action = :action returning deployment as "deployment"`;
export const DELETE_ACTION = `delete from baton_actions where tenant = :tenant and action = :action returning action as "action"`;
export const DELETE_ACTIONS = `delete from baton_actions where tenant = :tenant`;

const HEAD = `action as "action", version as "version", hash as "hash", entry as "entry", language as "language",
  packages as "packages", note as "note", tags as "tags", args as "args", diagnostics as "diagnostics",
  created_at as "createdAt", created_by as "createdBy"`;
export const INSERT_VERSION = `insert into baton_versions (tenant, action, version, hash, entry, language, files, packages, note, tags,
  args, diagnostics, created_at, created_by) values (:tenant, :action, :version, :hash, :entry, :language, :files, :packages, :note,
  :tags, :args, :diagnostics, :now, :actor)`;
export const VERSION_BY_HASH = `select ${HEAD} from baton_versions where tenant = :tenant and action = :action and hash = :hash
  order by version desc limit 1`;
export const VERSIONS = `select ${HEAD} from baton_versions where tenant = :tenant and action = :action
  and version < :before order by version desc limit :limit`;
export const VERSION = `select ${HEAD}, files as "files" from baton_versions
  where tenant = :tenant and action = :action and version = :version`;
export const VERSIONS_THERE = `select version as "version" from baton_versions where tenant = :tenant and action = :action
  and cast(version as text) in ({each:versions})`;
export const OLD_VERSIONS = `select version as "version" from baton_versions where tenant = :tenant and action = :action
  order by version desc limit 1000 offset :keep`;
export const VERSIONS_IN_USE = `select distinct version as "version" from baton_runs where tenant = :tenant and action = :action
  and settled_at is null`;
export const DELETE_VERSIONS_LISTED = `delete from baton_versions where tenant = :tenant and action = :action
  and cast(version as text) in ({each:versions})`;
export const DELETE_VERSIONS = `delete from baton_versions where tenant = :tenant
  and (cast(:action as text) is null or action = cast(:action as text))`;
export const ALL_ARGS = `select a.action as "action", a.live as "live", v.version as "version", v.args as "args", v.note as "note"
  from baton_actions a join baton_versions v on v.tenant = a.tenant and v.action = a.action
  where a.tenant = :tenant and a.live is not null order by a.action, v.version desc`;

export const INSERT_DEPLOYMENT = `insert into baton_deployments (tenant, action, deployment, at, actor, live)
  values (:tenant, :action, :deployment, :now, :actor, :live)`;
export const DEPLOYMENTS = `select deployment as "deployment", at as "at", actor as "actor", live as "live" from baton_deployments
  where tenant = :tenant and action = :action order by deployment desc limit :limit`;
export const DELETE_DEPLOYMENTS = `delete from baton_deployments where tenant = :tenant
  and (cast(:action as text) is null or action = cast(:action as text))`;
