/**
 * Reads of a SQLite store: where a SQLite store's reads run. A read that stands behind a commit waits for the disk, and a tenant that writes without
 * pause would have every other wait there; so once reads have met writes a few times, they get a thread and a connection of their own. It sees what is
 * committed and nothing else, as a write's caller is answered only after the commit.
 */
import { createFairTurns } from "./fair-turns.ts";
import type { Thread } from "./sqlite-thread.ts";

export interface Reads {
  /** `fromWriter` is asked while there is no thread of reads. */
  run(operation: string, input: unknown, fromWriter: () => Promise<unknown>): Promise<unknown>;
  close(): Promise<void>;
}

export interface ReadsOptions {
  /** Whether a read would wait for a write now. */
  readonly isWriting: () => boolean;
  readonly start: () => Thread;
}

/** A store that is asked now and then is not worth a thread. */
const MEETINGS = 16;
/** Reads of all tenants that are on their way at once: the next in turn waits for no more than these. */
const AT_ONCE = 64;

export function createReads({ isWriting, start }: ReadsOptions): Reads {
  const turns = createFairTurns(AT_ONCE);
  let meetings = 0;
  let starting: Promise<void> | null = null;
  let thread: Thread | null = null;
  let closed = false;

  async function begin(): Promise<void> {
    const started = start();
    try {
      await started.started;
      if (closed) await started.close();
      else thread = started;
    } catch {
      // The writer's thread goes on answering reads, and says what is wrong with the file.
    }
  }

  function meet(): void {
    if (starting !== null || closed || !isWriting()) return;
    meetings += 1;
    if (meetings >= MEETINGS) starting = begin();
  }

  async function ask(from: Thread, operation: string, input: unknown, fromWriter: () => Promise<unknown>) {
    try {
      return await from.send(operation, input);
    } catch (error) {
      // A thread that ended took no decision with it: a read may always be asked again.
      if (!from.hasEnded()) throw error;
      thread = null;
      return fromWriter();
    }
  }

  return {
    run(operation, input, fromWriter) {
      const from = thread;
      if (from !== null) return turns.take(input, () => ask(from, operation, input, fromWriter));
      meet();
      return fromWriter();
    },
    async close() {
      closed = true;
      await starting;
      await thread?.close();
    },
  };
}
