/** What happens, in the order of its commits, for readers that keep a cursor: a store that is away for a while ends no reading. */
import { HostFault } from "../base/fault.ts";
import { isPermanent } from "../storage/store.ts";
import { backoffMs } from "./clock.ts";
import type { Desk } from "./desk.ts";
import { changeView, type Change } from "./views.ts";

export interface Reading {
  readonly after?: string;
  readonly signal?: AbortSignal;
}

const PAGE = 256;
const NUMBERED_AT_ONCE = 1000;

export async function* readChanges(desk: Desk, { after, signal }: Reading): AsyncGenerator<Change> {
  if (after !== undefined) checkCursor(after);
  const over = signal ? AbortSignal.any([signal, desk.closed]) : desk.closed;
  let cursor = after ?? (await lastCursor(desk));
  let failures = 0;
  while (!over.aborted) {
    const heard = desk.news.heard();
    try {
      const { changes, unnumbered } = await desk.store.run("changesAfter", { after: cursor, limit: PAGE });
      failures = 0;
      for (const change of changes) {
        cursor = change.cursor;
        yield changeView(change);
        if (over.aborted) return;
      }
      if (changes.length > 0) continue;
      if (unnumbered && (await desk.store.run("numberChanges", { limit: NUMBERED_AT_ONCE }))) continue;
    } catch (error) {
      if (isPermanent(error)) throw error;
      failures += 1;
      if (failures === 1)
        desk.logger?.warn({ error: String(error) }, "Changes cannot be read; the reading goes on once they can");
    }
    await pause(desk, over, failures, heard);
  }
}

async function pause(desk: Desk, over: AbortSignal, failures: number, heard: Promise<void>): Promise<void> {
  const { pollMs } = desk.settings;
  const asleep = new AbortController();
  const sleeping = AbortSignal.any([over, asleep.signal]);
  const ms = failures === 0 ? pollMs : backoffMs(failures, desk.random, pollMs, 10_000);
  const sleep = desk.clock.sleep(ms, { signal: sleeping });
  await (failures === 0 ? Promise.race([sleep, heard]) : sleep);
  asleep.abort();
}

/** Where everything that is committed by now lies behind. */
export async function lastCursor(desk: Desk): Promise<string> {
  while (await desk.store.run("numberChanges", { limit: NUMBERED_AT_ONCE }));
  return desk.store.run("lastChange", null);
}

function checkCursor(after: unknown): void {
  if (typeof after === "string" && /^\d{1,19}(?::\d{1,19})?$/.test(after)) return;
  throw new HostFault(
    "CURSOR_INVALID",
    'after is no cursor of changes(): give the cursor of a change, or "0".',
    "never",
  );
}
