/** Maintenance that a process does for its store every few seconds, with a relay or without: heartbeats, unsettled answers, tidying up. */
import type { DeliveryContext } from "./context.ts";
import type { Ledger } from "./ledger.ts";
import { compact, expire } from "./retention.ts";
import type { StoreTime } from "./store-time.ts";

const TIDY_EVERY_MS = 60_000;
/** No pause reaches further (attempts.ts), and by default no lease. */
const FARTHEST_MS = 20 * 60_000;
const EXPIRE_EVERY_MS = 3_600_000;

/** Resolves once `context.closed` is aborted and the last round is over. */
export async function startMaintenance(context: DeliveryContext, ledger: Ledger, time: StoreTime): Promise<void> {
  const { clock, closed, settings, store, logger } = context;
  let tidied = clock.elapsed();
  let expired = Number.NEGATIVE_INFINITY;
  // What fails is tried again in the next round; none of it keeps the others from being done.
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      logger?.warn({ what, error: String(error) }, "A round of maintenance failed; it is repeated");
    }
  };
  const { leaseMs, fireMs, recordMs } = settings;
  const farthestMs = Math.max(FARTHEST_MS, 2 * leaseMs, 2 * (fireMs + recordMs));
  const rewind = (): Promise<void> =>
    attempt("rewind", () => store.run("rewind", { now: context.now(), farthest: context.now() + farthestMs }));
  await rewind();
  for (;;) {
    await clock.sleep(settings.executionLeaseMs / 3, { signal: closed, background: true });
    if (closed.aborted) return;
    // First of all: an execution whose process is silent for too long counts as lost.
    await attempt("heartbeat", () => ledger.heartbeat());
    await Promise.all([
      attempt("time", () => time.follow()),
      ...ledger.unsettled().map((repeat) => attempt("unsettled", repeat)),
    ]);
    await attempt("erase", async () => void (await compact(context)));
    if (clock.elapsed() - tidied < TIDY_EVERY_MS) continue;
    tidied = clock.elapsed();
    await rewind();
    const now = context.lasting();
    await attempt("tidy", () => store.run("dropExpired", { now, changesBefore: now - settings.keepMs }));
    if (clock.elapsed() - expired < EXPIRE_EVERY_MS) continue;
    expired = clock.elapsed();
    await attempt("expire", () => expire(context));
  }
}
