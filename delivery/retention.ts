/** What is kept of people, and for how long: erasing on request, forgetting by age, and looking at one execution. */
import type { Desk } from "./desk.ts";
import { executionView, type ExecutionView } from "./views.ts";

export type PurgeSelection =
  | { readonly tenant: string; readonly conversationId: string }
  | { readonly tenant: string; readonly before?: Date };

/** How many rows of each kind lost their personal data. */
export interface Purged {
  readonly handoffs: number;
  readonly executions: number;
  /**
   * Only where something could not be erased yet: another process reads SQLite's log, so the old rows still stand in it. It is tried again
   * every few seconds for as long as this process lives, and whenever another process checkpoints the log.
   */
  readonly notYetErased?: "write-ahead log";
}

const PART = 200;

export async function purge(desk: Desk, which: PurgeSelection): Promise<Purged> {
  const { tenant } = which;
  const conversationId = "conversationId" in which ? which.conversationId : null;
  const before = "before" in which ? (which.before?.getTime() ?? null) : null;
  let handoffs = 0;
  let executions = 0;
  for (let found = 1; found > 0;) {
    const done = await desk.store.run("purge", { tenant, conversationId, before, now: desk.now(), limit: PART });
    handoffs += done.handoffs;
    executions += done.executions;
    ({ found } = done);
  }
  desk.news.tell();
  desk.toCompact.owed = true;
  return (await compact(desk)) ? { handoffs, executions } : { handoffs, executions, notYetErased: "write-ahead log" };
}

/** Takes what was erased out of files, too; false: not all of it could go yet. */
export async function compact(desk: Desk): Promise<boolean> {
  if (!desk.toCompact.owed) return true;
  const done = (await desk.store.compact?.()) ?? true;
  desk.toCompact.owed = !done;
  return done;
}

/** Settled hand-offs past `keepHandoffsMs` go, a part at a time. */
export async function expire(desk: Desk): Promise<void> {
  const now = desk.now();
  const before = now - desk.settings.keepHandoffsMs;
  for (let found = PART; found === PART && !desk.closed.aborted;) {
    found = await desk.store.run("expire", { before, now, limit: PART });
  }
}

export async function getExecution(
  desk: Desk,
  { tenant, executionId }: { readonly tenant: string; readonly executionId: string },
): Promise<ExecutionView | null> {
  const row = await desk.store.run("execution", { tenant, executionId });
  return row && executionView(row);
}
