/** Statements of the platform: what the nodes count, and the nodes themselves. */
export const ADD_USAGE = `insert into baton_usage (tenant, action, minute, runs, failed, cpu_ms, wall_ms, host_calls, bytes, handoffs)
  values (:tenant, :action, :minute, :runs, :failed, :cpuMs, :wallMs, :hostCalls, :bytes, :handoffs)
  on conflict (tenant, minute, action) do update set runs = baton_usage.runs + excluded.runs,
  failed = baton_usage.failed + excluded.failed, cpu_ms = baton_usage.cpu_ms + excluded.cpu_ms,
  wall_ms = baton_usage.wall_ms + excluded.wall_ms, host_calls = baton_usage.host_calls + excluded.host_calls,
  bytes = baton_usage.bytes + excluded.bytes, handoffs = baton_usage.handoffs + excluded.handoffs`;
/** By minute, hour or day: the minutes of one bucket are added up. Integer division in both databases. */
export const USAGE = `select (minute / cast(:width as bigint)) * cast(:width as bigint) as "at", action as "action",
  cast(sum(runs) as bigint) as "runs", cast(sum(failed) as bigint) as "failed", sum(cpu_ms) as "cpuMs", sum(wall_ms) as "wallMs",
  cast(sum(host_calls) as bigint) as "hostCalls", cast(sum(bytes) as bigint) as "bytes", cast(sum(handoffs) as bigint) as "handoffs"
  from baton_usage
  where tenant = :tenant and minute >= :since and minute < :until
  group by (minute / cast(:width as bigint)), action order by 1, 2 limit 10000`;
const SUMS = `cast(sum(runs) as bigint) as "runs", cast(sum(failed) as bigint) as "failed", sum(cpu_ms) as "cpuMs", sum(wall_ms) as "wallMs",
  cast(sum(host_calls) as bigint) as "hostCalls", cast(sum(bytes) as bigint) as "bytes", cast(sum(handoffs) as bigint) as "handoffs"`;
export const USAGE_OF_ALL = `select (minute / cast(:width as bigint)) * cast(:width as bigint) as "at", ${SUMS} from baton_usage
  where minute >= :since and minute < :until group by (minute / cast(:width as bigint)) order by 1 limit 10000`;
export const USAGE_BY_TENANT = `select tenant as "tenant", ${SUMS} from baton_usage where minute >= :since and minute < :until
  group by tenant order by sum(failed) desc, sum(runs) desc, tenant limit :limit`;
export const DELETE_USAGE = `delete from baton_usage where tenant = :tenant`;
export const DROP_USAGE = `delete from baton_usage where minute < :before`;

export const SEEN = `insert into baton_nodes (node, started_at, seen_at, info) values (:node, :startedAt, :now, :info)
  on conflict (node) do update set seen_at = excluded.seen_at, info = excluded.info`;
export const NODES = `select node as "node", started_at as "startedAt", seen_at as "seenAt", info as "info" from baton_nodes
  where seen_at > :since order by node`;
export const GONE = `delete from baton_nodes where node = :node or seen_at < :before`;
