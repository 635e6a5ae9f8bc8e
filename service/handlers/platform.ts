/** Usage, the audit chain, nodes, health, metrics, and the document of it all. */
import { docsPage } from "../openapi/page.ts";
import { openApiText } from "../openapi/document.ts";
import { readiness } from "../health.ts";
import { refreshGauges } from "../metrics/gauges.ts";
import type { platformRoutes } from "../routes/platform.ts";
import type { RouteTable } from "../routes/index.ts";
import type { QueryOf } from "../routes/route.ts";
import type { UsageNumbers } from "../store/operations/runs.ts";
import { hashOf, type AuditEntry } from "../store/operations/audit.ts";
import { pageOf, readCursor, writeCursor } from "./cursor.ts";
import { iso, ok, type Handlers } from "./handler.ts";
import { modelHandlers } from "./models.ts";
import { streamHandlers } from "./streams.ts";

const MINUTE_MS = 60_000;
const WIDTH = { minute: 1, hour: 60, day: 1440 } as const;
/** What is shown where nothing is asked for. */
const SPAN = { minute: 60, hour: 48 * 60, day: 60 * 1440 } as const;
const SEEN_MS = 60_000;
const TENANTS_SHOWN = 20;

export const platformHandlers: Handlers<keyof typeof platformRoutes> = {
  ...streamHandlers,
  ...modelHandlers,
  async usage(parts, { params, query }) {
    await parts.recorder.flush().catch(() => {});
    const rows = await parts.store.run("readUsage", { tenant: params.tenant, ...spanOf(query, parts.now()) });
    return ok({ by: query.by, total: totalOf(rows), usage: rows.map(timed) });
  },
  async allUsage(parts, { query }) {
    await parts.recorder.flush().catch(() => {});
    const asked = { ...spanOf(query, parts.now()), limit: TENANTS_SHOWN };
    const { byTime, byTenant } = await parts.store.run("readAllUsage", asked);
    return ok({ by: query.by, total: totalOf(byTime), usage: byTime.map(timed), tenants: byTenant });
  },
  async audit(parts, { query }) {
    const [before = Number.MAX_SAFE_INTEGER] = readCursor(query.cursor, "number") ?? [];
    const found = await parts.store.run("auditPage", {
      before,
      tenant: query.tenant ?? null,
      limit: query.limit + 1,
    });
    const { rows, next } = pageOf(found, query.limit, ({ n }) => writeCursor([n]));
    const entries = rows.map((entry) => ({ ...entry, at: iso(entry.at), detail: JSON.parse(entry.detail) as unknown }));
    return ok({ entries, next, intact: intact(rows) });
  },
  async nodes(parts) {
    const rows = await parts.store.run("listNodes", { since: parts.now() - SEEN_MS });
    const nodes = rows.map(({ node, startedAt, seenAt, info }) => ({
      node,
      startedAt: iso(startedAt),
      lastSeenAt: iso(seenAt),
      ...(JSON.parse(info) as object),
    }));
    return ok({ nodes });
  },
  livez: async () => ok({ status: "ok" }),
  async readyz(parts) {
    const { ready, checks } = readiness(parts);
    return { status: ready ? 200 : 503, body: { status: ready ? "ready" : "not ready", checks } };
  },
  async metrics(parts) {
    await refreshGauges(parts);
    return {
      status: 200,
      body: parts.metrics.registry.text(),
      headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
    };
  },
  openapi: async (parts) => ({
    status: 200,
    body: await openApiText(parts.version),
    headers: { "content-type": "application/json; charset=utf-8" },
  }),
  docs: async (parts) => ({
    status: 200,
    body: docsPage(parts.version),
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    },
  }),
};

type SpanQuery = QueryOf<RouteTable["usage"]>;

/** In minutes since 1970, from the beginning of a bucket. */
function spanOf({ by, since, until }: SpanQuery, now: number) {
  const width = WIDTH[by];
  const minuteOf = (text: string): number => Math.floor(Date.parse(text) / MINUTE_MS);
  const present = Math.floor(now / MINUTE_MS);
  const from = since === undefined ? present - SPAN[by] : minuteOf(since);
  return {
    since: Math.floor(from / width) * width,
    until: until === undefined ? present + 1 : minuteOf(until),
    width,
  };
}

const NUMBERS = ["runs", "failed", "cpuMs", "wallMs", "hostCalls", "bytes", "handoffs"] as const;
const totalOf = (rows: readonly UsageNumbers[]): object =>
  Object.fromEntries(NUMBERS.map((name) => [name, rows.reduce((sum, row) => sum + row[name], 0)]));
const timed = ({ at, ...row }: { readonly at: number }): object => ({ at: iso(at * MINUTE_MS), ...row });

/** Each hash covers its entry; between entries that follow each other, the later also names the earlier. */
function intact(rows: readonly AuditEntry[]): boolean {
  return rows.every((entry, at) => {
    const before = rows[at + 1];
    const follows = before === undefined || before.n !== entry.n - 1 || entry.previous === before.hash;
    return hashOf(entry) === entry.hash && follows;
  });
}
