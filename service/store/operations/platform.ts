/** Usage by minute, and the nodes that serve this store. */
import { all, type Operation } from "../operation.ts";
import * as sql from "../statements/platform.ts";
import type { UsageNumbers } from "./runs.ts";

export interface UsageRow extends UsageNumbers {
  /** Minutes since 1970, of the bucket's beginning. */
  readonly at: number;
  readonly action: string;
}

export function* readUsage(input: {
  readonly tenant: string;
  readonly since: number;
  readonly until: number;
  readonly width: number;
}): Operation<readonly UsageRow[]> {
  return yield* all<UsageRow>(sql.USAGE, input);
}

export type AllUsageRow = UsageNumbers & { readonly at: number };
export type TenantUsageRow = UsageNumbers & { readonly tenant: string };

/** Of all tenants together by time, and of those apart that failed or ran most. */
export function* readAllUsage(input: {
  readonly since: number;
  readonly until: number;
  readonly width: number;
  readonly limit: number;
}): Operation<{ readonly byTime: readonly AllUsageRow[]; readonly byTenant: readonly TenantUsageRow[] }> {
  const { since, until, width, limit } = input;
  const byTime = yield* all<AllUsageRow>(sql.USAGE_OF_ALL, { since, until, width });
  return { byTime, byTenant: yield* all<TenantUsageRow>(sql.USAGE_BY_TENANT, { since, until, limit }) };
}

export function* dropUsage(input: { readonly before: number }): Operation<void> {
  yield* all(sql.DROP_USAGE, input);
}

export interface NodeRow {
  readonly node: string;
  readonly startedAt: number;
  readonly seenAt: number;
  /** JSON. */
  readonly info: string;
}

export function* nodeSeen(input: {
  readonly node: string;
  readonly startedAt: number;
  readonly now: number;
  readonly info: string;
}): Operation<void> {
  yield* all(sql.SEEN, input);
}

export function* listNodes(input: { readonly since: number }): Operation<readonly NodeRow[]> {
  return yield* all<NodeRow>(sql.NODES, input);
}

export function* nodeGone(input: { readonly node: string; readonly before: number }): Operation<void> {
  yield* all(sql.GONE, input);
}
