/** Tenants, what they are set to, and their secrets as they lie on the disk. */
export const UPSERT = `insert into baton_tenants (tenant, settings, created_at, updated_at) values (:tenant, :settings, :now, :now)
  on conflict (tenant) do update set settings = excluded.settings, updated_at = excluded.updated_at`;
export const READ = `select tenant as "tenant", settings as "settings", created_at as "createdAt", updated_at as "updatedAt"
  from baton_tenants where tenant = :tenant`;
export const MADE_AT = `select created_at as "createdAt" from baton_tenants where tenant = :tenant {keep}`;
export const LOCK = `select settings as "settings" from baton_tenants where tenant = :tenant {lock}`;
export const LIST = `select tenant as "tenant", settings as "settings", created_at as "createdAt", updated_at as "updatedAt"
  from baton_tenants where tenant > :after order by tenant limit :limit`;
export const DELETE = `delete from baton_tenants where tenant = :tenant returning tenant as "tenant"`;

const SECRET = `tenant as "tenant", name as "name", hosts as "hosts", key_id as "keyId", sealed as "sealed", updated_at as "updatedAt"`;
export const PUT_SECRET = `insert into baton_secrets (tenant, name, hosts, key_id, sealed, updated_at)
  values (:tenant, :name, :hosts, :keyId, :sealed, :now) on conflict (tenant, name) do update set
  hosts = excluded.hosts, key_id = excluded.key_id, sealed = excluded.sealed, updated_at = excluded.updated_at`;
export const SECRETS = `select ${SECRET} from baton_secrets where tenant = :tenant order by name`;
export const DELETE_SECRET = `delete from baton_secrets where tenant = :tenant and name = :name returning name as "name"`;
export const DELETE_SECRETS = `delete from baton_secrets where tenant = :tenant`;
export const SECRET_KEYS = `select key_id as "keyId", count(*) as "n" from baton_secrets group by key_id order by key_id`;
export const SOME_SECRETS_OF_KEY = `select ${SECRET} from baton_secrets where key_id = :keyId order by tenant, name limit :limit`;
export const SECRETS_NOT_OF_KEY = `select ${SECRET} from baton_secrets where key_id <> :keyId order by tenant, name limit :limit`;
export const RESEAL = `update baton_secrets set key_id = :keyId, sealed = :sealed
  where tenant = :tenant and name = :name and sealed = :before`;
