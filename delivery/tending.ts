/** What a process does for its store every few seconds, whether it has a relay or not: it says that it lives, pays what it owes, and tidies up. */
import type { Desk } from "./desk.ts";
import type { Ledger } from "./ledger.ts";
import { compact, expire } from "./retention.ts";
import type { StoreTime } from "./store-time.ts";

const TIDY_EVERY_MS = 60_000;
const EXPIRE_EVERY_MS = 3_600_000;

/** Resolves once `desk.closed` is aborted and the last round is over. */
export async function startTending(desk: Desk, ledger: Ledger, time: StoreTime): Promise<void> {
  const { clock, closed, settings, store, logger } = desk;
  let tidied = clock.elapsed();
  let expired = Number.NEGATIVE_INFINITY;
  // What fails is tried again in the next round; none of it keeps the others from being done.
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      logger?.warn({ what, error: String(error) }, "The store was not told");
    }
  };
  for (;;) {
    await clock.sleep(settings.executionLeaseMs / 3, { signal: closed, background: true });
    if (closed.aborted) return;
    // First of all: an execution whose process is silent for too long counts as lost.
    await attempt("heartbeat", () => ledger.heartbeat());
    await Promise.all([attempt("time", () => time.follow()), ...ledger.debts().map((pay) => attempt("debt", pay))]);
    await attempt("erase", async () => void (await compact(desk)));
    if (clock.elapsed() - tidied < TIDY_EVERY_MS) continue;
    tidied = clock.elapsed();
    const now = desk.now();
    await attempt("tidy", () => store.run("dropExpired", { now, changesBefore: now - settings.keepMs }));
    if (clock.elapsed() - expired < EXPIRE_EVERY_MS) continue;
    expired = clock.elapsed();
    await attempt("expire", () => expire(desk));
  }
}
