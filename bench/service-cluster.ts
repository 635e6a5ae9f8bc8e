/** How long callers feel that a node is gone: three nodes behind HAProxy on one PostgreSQL, under a steady load of requests with keys. */
import { hasHaproxy, startCluster } from "../test/service/cluster.ts";
import { quantile } from "./stats.ts";

const TENANTS = 12;
const EVERY_MS = 25;
const QUIET_MS = 6_000;
const WATCH_MS = 12_000;
/** Windows of so long are judged: p99 is back in the first after which none is worse. */
const WINDOW_MS = 250;
const SOURCE = `export function execute_action(c: any) { return { n: c.args.n }; }`;

interface Sample {
  readonly at: number;
  readonly ms: number;
}

export interface Recovery {
  readonly quietP99: number;
  /** From the fault until p99 stays within twice what it was. */
  readonly killedMs: number;
  readonly frozenMs: number;
  /** Requests that were not answered with 200 by themselves. */
  readonly failed: number;
  readonly asked: number;
}

/** Null: there is no HAProxy here. */
export async function recovery(scale: number): Promise<Recovery | null> {
  if (!hasHaproxy()) return null;
  const cluster = await startCluster({});
  try {
    const { call, nodes } = cluster;
    for (let at = 0; at < TENANTS; at += 1) {
      await call("PUT", `/v1/tenants/t${at}`, { body: { cordon: "all" } });
      await call("POST", `/v1/tenants/t${at}/deployments`, { body: { actions: { a: { source: SOURCE } } } });
    }
    const samples: Sample[] = [];
    const load = { over: false, n: 0, failed: 0 };
    const callers = Array.from({ length: TENANTS }, async (_, at) => {
      while (!load.over) {
        const n = (load.n += 1);
        const begun = performance.now();
        const body = { context: { conversation: { id: `c${n}`, latestChannel: "chat" }, args: { n } } };
        const reply = await call("POST", `/v1/tenants/t${at}/actions/a/executions`, {
          body,
          headers: { "idempotency-key": `k${n}` },
          signal: AbortSignal.timeout(10_000),
        }).catch(() => null);
        if (reply?.status !== 200) load.failed += 1;
        samples.push({ at: begun, ms: performance.now() - begun });
        await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      }
    });
    const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    await wait(QUIET_MS * Math.max(0.5, scale));
    const from = performance.now();
    await wait(QUIET_MS * Math.max(0.5, scale));
    const quietP99 = quantile(
      samples.filter(({ at }) => at >= from).map(({ ms }) => ms),
      0.99,
    );
    const after = async (fault: () => unknown): Promise<number> => {
      const since = performance.now();
      await fault();
      await wait(WATCH_MS * Math.max(0.5, scale));
      return backAfter(samples, since, quietP99);
    };
    const killedMs = await after(() => nodes[0]!.kill("SIGKILL"));
    const frozenMs = await after(() => nodes[1]!.child.kill("SIGSTOP"));
    nodes[1]!.child.kill("SIGCONT");
    load.over = true;
    await Promise.all(callers);
    return { quietP99, killedMs, frozenMs, failed: load.failed, asked: load.n };
  } finally {
    await cluster.close();
  }
}

/** The end of the last window, by when requests were asked, whose p99 is more than twice that of quiet. */
function backAfter(samples: readonly Sample[], since: number, quietP99: number): number {
  const windows = new Map<number, number[]>();
  for (const { at, ms } of samples) {
    if (at + ms < since) continue;
    const window = Math.max(0, Math.floor((at - since) / WINDOW_MS));
    windows.set(window, [...(windows.get(window) ?? []), ms]);
  }
  const bad = [...windows].filter(([, found]) => quantile(found, 0.99) > 2 * quietP99).map(([window]) => window);
  return bad.length === 0 ? 0 : (Math.max(...bad) + 1) * WINDOW_MS;
}
