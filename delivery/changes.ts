/** Changes of hand-offs, in the order of its commits, for readers that keep a cursor: a store that is away for a while ends no reading. */
import { HostFault } from "../base/fault.ts";
import { isPermanent } from "../storage/store.ts";
import { backoffMs } from "./clock.ts";
import type { DeliveryContext } from "./context.ts";
import { changeView, type Change } from "./views.ts";

export interface Reading {
  readonly after?: string;
  readonly signal?: AbortSignal;
}

const PAGE = 256;
const NUMBERED_AT_ONCE = 1000;

export async function* readChanges(context: DeliveryContext, { after, signal }: Reading): AsyncGenerator<Change> {
  if (after !== undefined) checkCursor(after);
  const over = signal ? AbortSignal.any([signal, context.closed]) : context.closed;
  let cursor: string | null = null;
  let failures = 0;
  const next = (from: string) => context.store.run("changesAfter", { after: from, limit: PAGE });
  while (!over.aborted) {
    const changed = context.changed.wait();
    try {
      cursor ??= after === undefined ? await lastCursor(context) : await notAhead(context, after);
      const { changes, unnumbered } = await next(cursor);
      failures = 0;
      for (const change of changes) {
        cursor = change.cursor;
        yield changeView(change);
        if (over.aborted) return;
      }
      if (changes.length > 0) continue;
      if (unnumbered && (await context.store.run("numberChanges", { limit: NUMBERED_AT_ONCE }))) continue;
    } catch (error) {
      if (isPermanent(error)) throw error;
      failures += 1;
      if (failures === 1)
        context.logger?.warn(
          { error: String(error) },
          "changes() cannot read the store; it continues once the store answers",
        );
    }
    await pause(context, over, failures, changed);
  }
}

async function pause(
  context: DeliveryContext,
  over: AbortSignal,
  failures: number,
  changed: Promise<void>,
): Promise<void> {
  const { pollMs } = context.settings;
  const asleep = new AbortController();
  const sleeping = AbortSignal.any([over, asleep.signal]);
  const ms = failures === 0 ? pollMs : backoffMs(failures, context.random, pollMs, 10_000);
  const sleep = context.clock.sleep(ms, { signal: sleeping });
  await (failures === 0 ? Promise.race([sleep, changed]) : sleep);
  asleep.abort();
}

/** Where everything that is committed by now lies behind. */
export async function lastCursor(context: DeliveryContext): Promise<string> {
  while (await context.store.run("numberChanges", { limit: NUMBERED_AT_ONCE }));
  return context.store.run("lastChange", null);
}

const MOST = 2n ** 63n - 1n;

function checkCursor(after: string): void {
  const [, first = ""] = /^(\d{1,20})(?::\d{1,19})?$/.exec(after) ?? [];
  if (first === "" || (!after.includes(":") && BigInt(first) > MOST)) throw notACursor("is no cursor of changes()");
}

/**
 * A cursor that is ahead of the store is of another one, or of this one before an older copy of it was put back: to wait until the numbers
 * have grown so far would pass over all that happens meanwhile.
 */
async function notAhead(context: DeliveryContext, after: string): Promise<string> {
  if (!after.includes(":") && BigInt(after) > BigInt(await lastCursor(context)))
    throw notACursor("is ahead of this store, which may have been put back from an older copy");
  return after;
}

function notACursor(why: string): HostFault {
  return new HostFault(
    "CURSOR_INVALID",
    `changes: "after" ${why}; it should be the cursor of a change, or "0" (docs/delivery.md).`,
    "never",
  );
}
