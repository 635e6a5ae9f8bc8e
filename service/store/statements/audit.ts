/** The chain of what was changed, which also is the feed by which nodes forget what they cached. */
export const NEXT_NUMBER = `update baton_counters set n = n + cast(:by as bigint) where name = :name returning n as "n"`;
export const LAST_NUMBER = `select n as "n" from baton_counters where name = :name`;
export const LAST_HASH = `select hash as "hash" from baton_audit order by n desc limit 1`;
export const LAST_OF_TENANT = `select max(n) as "n" from baton_audit where tenant = :tenant`;
export const INSERT = `insert into baton_audit (n, at, actor, action, tenant, subject, detail, previous, hash)
  values (:n, :at, :actor, :action, :tenant, :subject, :detail, :previous, :hash)`;
const COLUMNS = `n as "n", at as "at", actor as "actor", action as "action", tenant as "tenant", subject as "subject",
  detail as "detail", previous as "previous", hash as "hash"`;
export const AFTER = `select ${COLUMNS} from baton_audit where n > :after order by n limit :limit`;
export const BEFORE = `select ${COLUMNS} from baton_audit where n < :before
  and (cast(:tenant as text) is null or tenant = cast(:tenant as text)) order by n desc limit :limit`;
