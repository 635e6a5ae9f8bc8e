/** Retention: what is kept of people, and for how long: erasing on request, forgetting by age, and looking at one execution. */
import type { DeliveryContext } from "./context.ts";
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

export async function purge(context: DeliveryContext, which: PurgeSelection): Promise<Purged> {
  const { tenant } = which;
  const conversationId = "conversationId" in which ? which.conversationId : null;
  const before = "before" in which ? (which.before?.getTime() ?? null) : null;
  let handoffs = 0;
  let executions = 0;
  for (let found = 1; found > 0;) {
    const done = await context.store.run("purge", { tenant, conversationId, before, now: context.now(), limit: PART });
    handoffs += done.handoffs;
    executions += done.executions;
    ({ found } = done);
  }
  context.changed.notify();
  context.toCompact.owed = true;
  return (await compact(context))
    ? { handoffs, executions }
    : { handoffs, executions, notYetErased: "write-ahead log" };
}

/** Takes what was erased out of files, too; false: not all of it could go yet. */
export async function compact(context: DeliveryContext): Promise<boolean> {
  if (!context.toCompact.owed) return true;
  const done = (await context.store.compact?.()) ?? true;
  context.toCompact.owed = !done;
  return done;
}

/** Settled hand-offs past `keepHandoffsMs` go, a part at a time. */
export async function expire(context: DeliveryContext): Promise<void> {
  const now = context.now();
  const before = context.lasting() - context.settings.keepHandoffsMs;
  for (let found = PART; found === PART && !context.closed.aborted;) {
    found = await context.store.run("expire", { before, now, limit: PART });
  }
}

export async function getExecution(
  context: DeliveryContext,
  { tenant, executionId }: { readonly tenant: string; readonly executionId: string },
): Promise<ExecutionView | null> {
  const row = await context.store.run("execution", { tenant, executionId });
  return row && executionView(row);
}
