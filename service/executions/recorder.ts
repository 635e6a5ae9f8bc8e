/**
 * Writes how executions ended, many in one commit, beside the answers and not before them. What waits to be written can be read here;
 * what the store does not take is kept and tried again.
 */
import type { RunRow, SettledRun } from "../store/operations/runs.ts";
import type { ServiceStore } from "../store/store.ts";

export interface Recorder {
  settled(run: SettledRun): void;
  /** What this node knows and the store perhaps not yet. */
  pending(tenant: string, executionId: string): SettledRun | null;
  /** Resolves when all that was settled so far is written. */
  flush(): Promise<void>;
  onWritten(listener: () => void): void;
  readonly waiting: number;
  close(): Promise<void>;
}

const SHARE_MS = 20;
const MOST = 500;
/** Past it the oldest are let go: memory is bounded, and the ledger has what a key was given for. */
const KEPT = 50_000;

export function createRecorder(store: ServiceStore): Recorder {
  const waiting = new Map<string, SettledRun>();
  const listeners: (() => void)[] = [];
  const nameOf = (tenant: string, executionId: string): string => JSON.stringify([tenant, executionId]);
  let writing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let failures = 0;

  async function write(): Promise<void> {
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, MOST);
      try {
        await store.run("settleRuns", { runs: batch.map(([, run]) => run) });
        failures = 0;
      } catch {
        failures += 1;
        return;
      }
      for (const [name, run] of batch) if (waiting.get(name) === run) waiting.delete(name);
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
    settled(run) {
      waiting.set(nameOf(run.tenant, run.executionId), run);
      if (waiting.size > KEPT) waiting.delete(waiting.keys().next().value!);
      if (writing === null) later();
    },
    pending: (tenant, executionId) => waiting.get(nameOf(tenant, executionId)) ?? null,
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

export function rowOf(run: SettledRun): RunRow {
  const { usage: _usage, ...row } = run;
  return { ...row, settledN: null, cancelledAt: null, request: null };
}
