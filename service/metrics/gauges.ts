/** Gauges: what is not counted but looked up for each reading: queues, the outbox, walls, this process. */
import { counts } from "../handlers/outbox.ts";
import { SILENT_MS } from "../health.ts";
import type { Parts } from "../parts.ts";

/** The outbox is asked for at most so often, however many scrape. */
const OUTBOX_MS = 2_000;
const asked = new WeakMap<Parts, { at: number; counts: Promise<Record<string, number> | null> }>();

export async function refreshGauges(parts: Parts): Promise<void> {
  const { registry } = parts.metrics;
  const silent = parts.registry.silentMs();
  registry.set("running", parts.scheduler.running);
  registry.set("waiting", parts.scheduler.waiting);
  registry.set("unwritten", parts.recorder.waiting);
  registry.set("storeUp", silent > SILENT_MS ? 0 : 1);
  registry.set("storeSilent", Math.round(silent) / 1000);
  registry.set("draining", parts.draining() ? 1 : 0);
  registry.set("build", 1, { version: parts.version, node: process.version });
  registry.set("memory", process.memoryUsage.rss());
  const { user, system } = process.cpuUsage();
  registry.set("processCpu", (user + system) / 1e6);
  for (const { name, stands } of parts.runtime.walls) registry.set("walls", stands ? 1 : 0, { wall: name });
  const found = await outboxCounts(parts);
  if (found === null) return;
  for (const status of ["waiting", "sending", "delivered", "dead"])
    registry.set("outbox", found[status] ?? 0, { status });
  registry.set("outboxAge", found["oldestWaitingSeconds"] ?? 0);
}

function outboxCounts(parts: Parts): Promise<Record<string, number> | null> {
  const before = asked.get(parts);
  if (before !== undefined && performance.now() - before.at < OUTBOX_MS) return before.counts;
  const fresh = counts(parts, null).then(
    (found) => found as Record<string, number>,
    () => null,
  );
  asked.set(parts, { at: performance.now(), counts: fresh });
  return fresh;
}
