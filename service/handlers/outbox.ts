/** The outbox as operators see it: pages, counts, one put to the front or let go, and many at once. */
import type { OutboxStatus, OutboxView } from "../../delivery/index.ts";
import { notFound } from "../fault.ts";
import type { Parts } from "../parts.ts";
import { audit } from "./audit.ts";
import { readCursor, writeCursor } from "./cursor.ts";

interface Filter {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly status?: OutboxStatus | undefined;
  readonly conversation?: string | undefined;
}

/** More is asked for page by page. */
const MOST = 10_000;

export async function outboxPage(parts: Parts, tenant: string | null, query: Filter): Promise<object> {
  const [skip = 0] = readCursor(query.cursor, 1) ?? [];
  const limit = Math.min(MOST, Number(skip) + query.limit + 1);
  const found = await parts.handoffs.outbox.list({
    limit,
    ...(tenant === null ? {} : { tenant }),
    ...(query.status === undefined ? {} : { status: query.status }),
    ...(query.conversation === undefined ? {} : { conversationId: query.conversation }),
  });
  const entries = found.slice(Number(skip), Number(skip) + query.limit);
  const more = found.length > Number(skip) + query.limit;
  return {
    entries,
    next: more ? writeCursor([Number(skip) + query.limit]) : null,
    counts: await counts(parts, tenant),
  };
}

export async function counts(parts: Parts, tenant: string | null): Promise<object> {
  const statuses = ["waiting", "sending", "delivered", "dead"] as const;
  const rows = await Promise.all(
    statuses.map((status) =>
      parts.handoffs.outbox.list({ status, limit: MOST, ...(tenant === null ? {} : { tenant }) }),
    ),
  );
  const now = parts.now();
  const oldest = rows[0]!.reduce((age, row) => Math.max(age, now - Date.parse(row.recordedAt)), 0);
  return {
    ...Object.fromEntries(statuses.map((status, at) => [status, rows[at]!.length])),
    oldestWaitingSeconds: Math.round(oldest / 1000),
  };
}

export async function changeOutbox(
  parts: Parts,
  what: "retry" | "drop",
  { tenant, id }: { readonly tenant: string; readonly id: string },
  actor: string,
): Promise<OutboxView> {
  const before = await parts.handoffs.outbox.show(id);
  if (before === null || before.tenant !== tenant) throw notFound("hand-off");
  await parts.handoffs.outbox[what](id);
  await audit(parts, actor, `outbox.${what}`, tenant, id);
  return (await parts.handoffs.outbox.show(id)) ?? before;
}

export async function retryMany(
  parts: Parts,
  tenant: string,
  filter: {
    readonly status?: "waiting" | "dead" | undefined;
    readonly code?: string | undefined;
    readonly conversation?: string | undefined;
  },
): Promise<number> {
  const found = await parts.handoffs.outbox.list({
    tenant,
    status: filter.status ?? "dead",
    limit: MOST,
    ...(filter.conversation === undefined ? {} : { conversationId: filter.conversation }),
  });
  let retried = 0;
  for (const { intentId, code } of found) {
    if (filter.code !== undefined && filter.code !== code) continue;
    const done = await parts.handoffs.outbox.retry(intentId).then(
      () => true,
      () => false,
    );
    if (done) retried += 1;
  }
  return retried;
}
