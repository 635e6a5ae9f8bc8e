/** Keys of the service: what is kept is a digest. */
const COLUMNS = `id as "id", digest as "digest", tenant as "tenant", scopes as "scopes", note as "note",
  created_at as "createdAt", expires_at as "expiresAt", revoked_at as "revokedAt"`;
export const INSERT = `insert into baton_keys (id, digest, tenant, scopes, note, created_at, expires_at, revoked_at)
  values (:id, :digest, :tenant, :scopes, :note, :createdAt, :expiresAt, null)`;
export const READ = `select ${COLUMNS} from baton_keys where id = :id`;
export const LIST = `select ${COLUMNS} from baton_keys where id > :after
  and (cast(:tenant as text) is null or tenant = cast(:tenant as text)) order by id limit :limit`;
export const COUNT_LIVE_ADMINS = `select count(*) as "n" from baton_keys where tenant is null and revoked_at is null
  and scopes like '%"admin"%' and (expires_at is null or expires_at > :now)`;
export const EXPIRE = `update baton_keys set expires_at = :expiresAt where id = :id and revoked_at is null
  and (expires_at is null or expires_at > :expiresAt)`;
export const REVOKE = `update baton_keys set revoked_at = :now where id = :id and revoked_at is null returning id as "id"`;
export const REVOKE_TENANT = `update baton_keys set revoked_at = :now where tenant = :tenant and revoked_at is null`;
