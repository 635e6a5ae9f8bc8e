/**
 * Rows that are written many in one commit, beside the answers and not before them. What waits to be written can be read here; what the store does
 * not take is kept and tried again.
 */
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
  /** Rows of one commit at most. */
  readonly most: number;
  /** Past it the oldest are let go: memory is bounded. */
  readonly kept: number;
}

const SHARE_MS = 20;

export function createBatches<Row>({ nameOf, write: put, most, kept }: BatchesOptions<Row>): Batches<Row> {
  const waiting = new Map<string, Row>();
  const listeners: (() => void)[] = [];
  let writing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let failures = 0;

  async function write(): Promise<void> {
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, most);
      try {
        await put(batch.map(([, row]) => row));
        failures = 0;
      } catch {
        failures += 1;
        return;
      }
      for (const [name, row] of batch) if (waiting.get(name) === row) waiting.delete(name);
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
      waiting.set(nameOf(row), row);
      if (waiting.size > kept) waiting.delete(waiting.keys().next().value!);
      if (writing === null) later();
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
