/** Housekeeping: what a node does by the clock: says that it lives, erases what is past its retention, forgets nodes that are long gone. */
import { startLoop } from "./loop.ts";
import type { Parts } from "./parts.ts";
import type { TenantSettings } from "./routes/tenant-settings.ts";

export interface Housekeeping {
  close(): Promise<void>;
}

const SEEN_MS = 2_000;
const RETENTION_MS = 10 * 60_000;
const DAY_MS = 24 * 3_600_000;
const FORGET_NODES_MS = DAY_MS;
const USAGE_DAYS = 400;

export function startHousekeeping(parts: Parts): Housekeeping {
  const { store, node, now } = parts;
  const startedAt = now();

  async function seen(): Promise<void> {
    const { scheduler, runtime, version } = parts;
    const standing = runtime.walls.filter(({ stands }) => stands).map(({ name }) => name);
    const missing = runtime.walls.filter(({ stands }) => !stands).map(({ name }) => name);
    const info = {
      version, node: process.version, walls: { standing, missing },
      running: scheduler.running, waiting: scheduler.waiting, draining: parts.draining(), pid: process.pid,
    }; // prettier-ignore
    const { node: nodeVersion, ...rest } = info;
    await store.run("nodeSeen", { node, startedAt, now: now(), info: JSON.stringify({ ...rest, nodeVersion }) });
  }
  async function retain(): Promise<void> {
    await store.run("dropRuns", { before: now() - parts.settings.retentionDays * DAY_MS, tenant: null });
    await store.run("dropRecordings", { before: now() - parts.settings.retentionDays * DAY_MS, tenant: null });
    await store.run("dropRecordedCode", { before: now() - DAY_MS });
    await store.run("dropShares", { before: now() - DAY_MS });
    await store.run("dropUsage", { before: Math.floor((now() - USAGE_DAYS * DAY_MS) / 60_000) });
    for (let after = ""; !parts.closed.aborted;) {
      const tenants = await store.run("listTenants", { after, limit: 100 });
      for (const { tenant, settings } of tenants) {
        after = tenant;
        const { retention } = JSON.parse(settings) as TenantSettings;
        if (retention === undefined) continue;
        const before = now() - retention.days * DAY_MS;
        await parts.handoffs.purge({ tenant, before: new Date(before) });
        await store.run("dropRuns", { before, tenant });
        await store.run("dropRecordings", { before, tenant });
      }
      if (tenants.length < 100) return;
    }
  }
  const loops = [startLoop(SEEN_MS, seen), startLoop(RETENTION_MS, retain, RETENTION_MS)];
  return {
    async close() {
      for (const loop of loops) await loop.close();
      await store.run("nodeGone", { node, before: now() - FORGET_NODES_MS }).catch(() => {});
    },
  };
}
