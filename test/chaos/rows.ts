/** All rows of a store, for questions that are asked of rows in memory. */
import type { Entry } from "../../delivery/rows.ts";
import { createMemoryRows, type MemoryRows } from "../../delivery/memory-rows.ts";
import type { HandoffStore as Store } from "../../delivery/store-schema.ts";

const EVERYTHING = { status: null, tenant: null, conversationId: null, since: null, before: null };

export async function everything(store: Store): Promise<readonly Entry[]> {
  return store.run("list", { filter: EVERYTHING, after: null, limit: 1_000_000 });
}

/** Those that are not settled. */
export async function openRows(store: Store): Promise<readonly Entry[]> {
  const of = (status: "waiting" | "sending"): Promise<readonly Entry[]> =>
    store.run("list", { filter: { ...EVERYTHING, status }, after: null, limit: 1_000_000 });
  return [...(await of("waiting")), ...(await of("sending"))];
}

export function rowsOf(entries: readonly Entry[]): MemoryRows {
  const rows = createMemoryRows();
  for (const { outbox, ...handoff } of entries) {
    rows.handoffs.set(handoff.intentId, handoff);
    rows.outbox.set(handoff.intentId, outbox);
    const key = JSON.stringify([handoff.tenant, handoff.conversationId]);
    const newest = rows.handoffs.get(rows.newest.get(key) ?? "");
    if (newest === undefined || newest.epoch < handoff.epoch) rows.newest.set(key, handoff.intentId);
  }
  return rows;
}
