/**
 * Events of the service: what happens to hand-offs, for those who listen: one reader of the changes for the whole node and a ring of the newest. A listener
 * that comes with a cursor which the ring does not hold has a reader of its own until it has caught up. An outage is waited for.
 */
import { isPermanent } from "../storage/store.ts";
import { sizeOf } from "../base/large-json/size.ts";
import type { Change, DurableHandoffs } from "../delivery/index.ts";

export interface Events {
  /** From now on, or after a cursor; ends with the signal. */
  follow(options: {
    readonly tenant: string | null;
    readonly after: string | null;
    readonly signal: AbortSignal;
  }): AsyncGenerator<Change>;
  close(): void;
}

type Source = Pick<DurableHandoffs, "changes" | "lastCursor">;

const RING = 10_000;
/** Of the texts of changes that are held: a conversation's id is as long as its platform likes. */
const RING_CHARS = 32 * 1024 * 1024;
const PAUSE_MS = 500;

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over the changes of one store
export function createEvents(source: Source, ringSize = RING, ringChars = RING_CHARS): Events {
  const closing = new AbortController();
  const ring: Change[] = [];
  /** By cursor: the place in the stream of this node's reader; the first of the ring is at `start`. */
  const places = new Map<string, number>();
  let start = 0;
  let chars = 0;
  let news = Promise.withResolvers<void>();

  async function read(): Promise<void> {
    for await (const change of surviving(source, await newest(source, closing.signal), closing.signal)) {
      places.set(change.cursor, start + ring.length);
      ring.push(change);
      chars += charsOf(change);
      while (ring.length > ringSize || (chars > ringChars && ring.length > 1)) {
        const oldest = ring.shift()!;
        places.delete(oldest.cursor);
        chars -= charsOf(oldest);
        start += 1;
      }
      const changed = news;
      news = Promise.withResolvers();
      changed.resolve();
    }
  }
  // It ends with the signal alone: outages are survived beneath.
  read().catch(() => {});

  /** Reads from the store after a cursor, up to a change that the ring holds; gives the place behind it. */
  async function* catchUp(after: string, over: AbortSignal): AsyncGenerator<Change, number> {
    for await (const change of surviving(source, after, over)) {
      yield change;
      const place = places.get(change.cursor);
      if (place !== undefined) return place + 1;
    }
    return start + ring.length;
  }

  async function* changes(after: string | null, over: AbortSignal): AsyncGenerator<Change> {
    const ended = new Promise<void>((resolve) => over.addEventListener("abort", () => resolve(), { once: true }));
    let last = after;
    const known = last === null ? undefined : places.get(last);
    let at = last === null ? start + ring.length : known === undefined ? -1 : known + 1;
    while (!over.aborted) {
      // It came with an older cursor, or was too slow for the ring.
      if (at < start) {
        if (last === null) at = start;
        else at = yield* catchUp(last, over);
        continue;
      }
      const changed = news.promise;
      const change = ring[at - start];
      if (change === undefined) {
        await Promise.race([changed, ended]);
        continue;
      }
      at += 1;
      last = change.cursor;
      yield change;
    }
  }

  return {
    async *follow({ tenant, after, signal }) {
      const over = AbortSignal.any([signal, closing.signal]);
      for await (const change of changes(after, over)) {
        if (tenant === null || change.tenant === tenant) yield change;
      }
    },
    close: () => closing.abort(),
  };
}

const charsOf = (change: Change): number => sizeOf(change, { values: Infinity, chars: Infinity }).chars;

async function newest(source: Source, signal: AbortSignal): Promise<string> {
  for (;;) {
    try {
      return await source.lastCursor();
    } catch (error) {
      if (signal.aborted) throw error;
      await pause();
    }
  }
}

/** The changes after a cursor, for as long as the signal allows, over all outages of the store. */
async function* surviving(source: Source, from: string, signal: AbortSignal): AsyncGenerator<Change> {
  let after = from;
  while (!signal.aborted) {
    try {
      for await (const change of source.changes({ after, signal })) {
        after = change.cursor;
        yield change;
      }
      return;
    } catch (error) {
      if (isPermanent(error)) throw error;
      await pause();
    }
  }
}

const pause = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, PAUSE_MS).unref();
  });
