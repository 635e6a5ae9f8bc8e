/** Executions as the service keeps them: what was asked for, by which version it was answered, and how it ended. */
const HEAD = `tenant as "tenant", execution_id as "executionId", action as "action", version as "version",
  request_hash as "requestHash", conversation_id as "conversationId", status as "status", owner as "owner",
  created_at as "createdAt", settled_at as "settledAt", settled_n as "settledN", handoff as "handoff", cancelled_at as "cancelledAt"`;
export const INSERT = `insert into baton_runs (tenant, execution_id, action, version, request_hash, conversation_id, status, owner,
  request, created_at, settled_at, settled_n, outcome, handoff, cancelled_at)
  values (:tenant, :executionId, :action, :version, :requestHash, :conversationId, :status, :owner, :request, :createdAt,
  null, null, null, null, null) on conflict do nothing returning execution_id as "executionId"`;
/** A run that had no row yet gets one with its end; what was settled before this run began is of an id that was free again. */
export const SETTLE = `insert into baton_runs (tenant, execution_id, action, version, request_hash, conversation_id, status, owner,
  request, created_at, settled_at, settled_n, outcome, handoff, cancelled_at)
  values (:tenant, :executionId, :action, :version, :requestHash, :conversationId, :status, :owner, null, :createdAt,
  :settledAt, :settledN, :outcome, :handoff, null)
  on conflict (tenant, execution_id) do update set status = excluded.status, version = excluded.version,
  action = excluded.action, request_hash = excluded.request_hash, settled_at = excluded.settled_at, settled_n = excluded.settled_n, outcome = excluded.outcome, handoff = excluded.handoff, request = null
  where baton_runs.settled_at is null or baton_runs.settled_at <= excluded.created_at returning execution_id as "executionId"`;
export const READ = `select ${HEAD}, outcome as "outcome", request as "request" from baton_runs
  where tenant = :tenant and execution_id = :executionId`;
export const FORGET = `delete from baton_runs where tenant = :tenant and execution_id = :executionId and settled_at is null`;
export const LIST = `select ${HEAD} from baton_runs where tenant = :tenant
  and (cast(:status as text) is null or status = cast(:status as text) or (cast(:status as text) = 'open' and settled_at is null)
    or (cast(:status as text) = 'failed' and settled_at is not null and status <> 'returned'))
  and (cast(:action as text) is null or action = cast(:action as text))
  and (cast(:conversationId as text) is null or conversation_id = cast(:conversationId as text))
  and created_at >= :since and (created_at < :before or (created_at = :before and execution_id < :beforeId))
  order by created_at desc, execution_id desc limit :limit`;
/** Rows of nodes that are gone, and queued rows that no node took. */
export const ORPHANS = `select ${HEAD}, request as "request" from baton_runs r where settled_at is null
  and not exists (select 1 from baton_nodes n where n.node = r.owner and n.seen_at > :aliveSince)
  order by created_at limit :limit`;
export const TAKE = `update baton_runs set owner = :owner where tenant = :tenant and execution_id = :executionId and owner = :before
  and settled_at is null returning execution_id as "executionId"`;
export const BEGIN = `update baton_runs set status = 'running' where tenant = :tenant and execution_id = :executionId
  and owner = :owner and status = 'queued' and settled_at is null returning cancelled_at as "cancelledAt"`;
export const CANCEL = `update baton_runs set cancelled_at = :now where tenant = :tenant and execution_id = :executionId
  and settled_at is null returning status as "status"`;
export const SETTLED_AFTER = `select ${HEAD}, outcome as "outcome" from baton_runs where settled_n > :after
  and tenant = :tenant and (cast(:action as text) is null or action = cast(:action as text)) order by settled_n limit :limit`;
export const PURGE = `update baton_runs set outcome = null, request = null, conversation_id = null, handoff = null
  where tenant = :tenant and settled_at is not null
  and (cast(:conversationId as text) is null or conversation_id = cast(:conversationId as text))`;
/** What was never settled in all that time waits for nothing any more. */
export const DROP = `delete from baton_runs where coalesce(settled_at, created_at) < :before
  and (cast(:tenant as text) is null or tenant = cast(:tenant as text))`;
export const DELETE_TENANT = `delete from baton_runs where tenant = :tenant`;

/** Holds the row until the commit that settles it is over: what is written beside it is then seen by that commit, or comes after it. */
export const HOLD = `update baton_runs set owner = owner where tenant = :tenant and execution_id = :executionId
  and request_hash = :requestHash and settled_at is null returning execution_id as "executionId"`;

export const INSERT_CALLBACK = `insert into baton_callbacks (tenant, execution_id, url, attempts, next_at, status, code)
  values (:tenant, :executionId, :url, 0, 0, 'pending', null) on conflict do nothing`;
export const ARM_CALLBACK = `update baton_callbacks set status = 'waiting', next_at = :now
  where tenant = :tenant and execution_id = :executionId and status = 'pending'`;
export const DUE_CALLBACKS = `select c.tenant as "tenant", c.execution_id as "executionId", c.url as "url", c.attempts as "attempts",
  r.action as "action", r.version as "version", r.outcome as "outcome", r.settled_at as "settledAt"
  from baton_callbacks c join baton_runs r on r.tenant = c.tenant and r.execution_id = c.execution_id
  where c.status = 'waiting' and c.next_at <= :now order by c.next_at limit :limit`;
export const LEASE_CALLBACK = `update baton_callbacks set next_at = :until, attempts = attempts + 1 where tenant = :tenant
  and execution_id = :executionId and status = 'waiting' and attempts = :attempts returning attempts as "attempts"`;
export const SETTLE_CALLBACK = `update baton_callbacks set status = :status, code = :code, next_at = :nextAt
  where tenant = :tenant and execution_id = :executionId and attempts = :attempts`;
export const READ_CALLBACK = `select status as "status", attempts as "attempts", code as "code" from baton_callbacks
  where tenant = :tenant and execution_id = :executionId`;
/** An id that is free again must not be answered to the address of before. */
export const DROP_CALLBACKS = `delete from baton_callbacks where (cast(:tenant as text) is null or tenant = cast(:tenant as text))
  and (cast(:executionId as text) is null or execution_id = cast(:executionId as text))
  and not exists (select 1 from baton_runs r where r.tenant = baton_callbacks.tenant and r.execution_id = baton_callbacks.execution_id)`;
export const DELETE_CALLBACKS = `delete from baton_callbacks where tenant = :tenant`;
