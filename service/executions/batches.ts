/**
 * Rows that are written many in one commit, beside the answers and not before them. What waits to be written can be read here; what the store does
 * not take is kept and tried again. A row that it will never take must not keep those of other tenants from being written: after such a refusal each
 * is written by itself, and the one is let go.
 */
import { isPermanent } from "../../storage/store.ts";

export interface Batches<Row> {
  add(row: Row): void;
  /** What this node knows and the store perhaps not yet. */
  pending(name: string): Row | null;
  /** Resolves when all that was added so far is written. */
  flush(): Promise<void>;
  onWritten(listener: () => void): void;
  readonly waiting: number;
  close(): Promise<void>;
}

export interface BatchesOptions<Row> {
  /** A row replaces one of its name that waits. */
  readonly nameOf: (row: Row) => string;
  readonly write: (rows: readonly Row[]) => Promise<unknown>;
  /** Characters of a row, about. */
  readonly sizeOf: (row: Row) => number;
  /** Rows of one commit at most. */
  readonly most: number;
  /** Past it the oldest are let go: memory is bounded. */
  readonly kept: number;
  /** The store will never take this row. */
  readonly onRefused: (row: Row, error: Error) => void;
}

/** Characters of rows that one commit takes, which cross to the store in one go, and that wait in all: a tenant decides how long they are. */
const MAX_CHARS = 512 * 1024;
const KEPT_CHARS = 64 * 1024 * 1024;

/** A commit for each run of a trickle costs more than the runs' other work for the store, and the next run waits behind it. Usage shows within a second. */
const SHARE_MS = 100;

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over the batches of one node
export function createBatches<Row>(options: BatchesOptions<Row>): Batches<Row> {
  const { nameOf, write: put, sizeOf, most, kept, onRefused } = options;
  const waiting = new Map<string, Row>();
  const listeners: (() => void)[] = [];
  let writing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let failures = 0;
  let chars = 0;
  /** Rows that are written one by one, because a commit with them was refused. */
  let alone = 0;

  function remove(name: string): void {
    const row = waiting.get(name);
    if (row !== undefined) chars -= sizeOf(row);
    waiting.delete(name);
  }
  /** The first of those that wait: one at least. */
  function nextBatch(): [string, Row][] {
    const batch: [string, Row][] = [];
    let size = 0;
    for (const [name, row] of waiting) {
      size += sizeOf(row);
      if (batch.length > 0 && (batch.length >= (alone > 0 ? 1 : most) || size > MAX_CHARS)) break;
      batch.push([name, row]);
    }
    return batch;
  }
  async function write(): Promise<void> {
    while (waiting.size > 0) {
      const batch = nextBatch();
      try {
        await put(batch.map(([, row]) => row));
        failures = 0;
      } catch (error) {
        const isFinal = isPermanent(error);
        if (isFinal && batch.length > 1) {
          alone = batch.length;
          continue;
        }
        failures += 1;
        if (!isFinal) return;
        onRefused(batch[0]![1], error);
      }
      alone = Math.max(0, alone - 1);
      for (const [name, row] of batch) if (waiting.get(name) === row) remove(name);
      for (const listener of listeners) listener();
    }
  }
  function start(): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    writing ??= write().finally(() => {
      writing = null;
      if (waiting.size > 0) later();
    });
    return writing;
  }
  function later(): void {
    timer ??= setTimeout(() => void start(), failures === 0 ? SHARE_MS : Math.min(5000, 100 * 2 ** failures)).unref();
  }
  return {
    add(row) {
      const own = nameOf(row);
      remove(own);
      waiting.set(own, row);
      chars += sizeOf(row);
      for (const name of waiting.keys()) {
        if (name === own || (waiting.size <= kept && chars <= KEPT_CHARS)) break;
        remove(name);
      }
      if (writing !== null) return;
      if (failures === 0 && (waiting.size >= most || chars >= MAX_CHARS)) void start();
      else later();
    },
    pending: (name) => waiting.get(name) ?? null,
    async flush() {
      await writing;
      if (waiting.size > 0) await start();
    },
    onWritten: (listener) => void listeners.push(listener),
    get waiting() {
      return waiting.size;
    },
    async close() {
      for (let round = 0; waiting.size > 0 && round < 5; round += 1) await start();
      if (timer !== null) clearTimeout(timer);
    },
  };
}
