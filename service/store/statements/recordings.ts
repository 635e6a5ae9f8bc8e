/** Recordings of executions, packed, and the code that ran: once for all recordings of it. */
export const INSERT = `insert into baton_recordings (tenant, execution_id, conversation_id, hash, recorded_at, body)
  values (:tenant, :executionId, :conversationId, :hash, :recordedAt, :body)
  on conflict (tenant, execution_id) do update set conversation_id = excluded.conversation_id, hash = excluded.hash,
  recorded_at = excluded.recorded_at, body = excluded.body`;
export const INSERT_CODE = `insert into baton_recorded_code (tenant, hash, used_at, code) values (:tenant, :hash, :now, :code)
  on conflict (tenant, hash) do update set used_at = excluded.used_at`;
export const READ = `select r.body as "body", c.code as "code" from baton_recordings r
  left join baton_recorded_code c on c.tenant = r.tenant and c.hash = r.hash
  where r.tenant = :tenant and r.execution_id = :executionId`;
export const PURGE = `delete from baton_recordings where tenant = :tenant and conversation_id = :conversationId`;
export const DROP = `delete from baton_recordings where recorded_at < :before
  and (cast(:tenant as text) is null or tenant = cast(:tenant as text))`;
export const DROP_CODE = `delete from baton_recorded_code where used_at < :before and not exists (
  select 1 from baton_recordings r where r.tenant = baton_recorded_code.tenant and r.hash = baton_recorded_code.hash)`;
export const DELETE_TENANT = `delete from baton_recordings where tenant = :tenant`;
export const DELETE_TENANT_CODE = `delete from baton_recorded_code where tenant = :tenant`;
