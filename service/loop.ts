/** Work that a node does again and again: by the clock, and at once on a call that says that there is something to do. */
export interface Loop {
  /** Begin the next round now, or right after the present one. */
  look(): void;
  /** Waits for the present round and begins no other. */
  close(): Promise<void>;
}

/** `work` may fail: it is tried again with the next round. */
export function startLoop(everyMs: number, work: () => Promise<void>, firstMs = 0): Loop {
  const closing = new AbortController();
  let wake = Promise.withResolvers<void>();
  async function pause(ms: number): Promise<void> {
    const timer = setTimeout(() => wake.resolve(), ms).unref();
    await wake.promise;
    clearTimeout(timer);
    wake = Promise.withResolvers();
  }
  async function run(): Promise<void> {
    if (firstMs > 0) await pause(firstMs);
    while (!closing.signal.aborted) {
      await work().catch(() => {});
      if (!closing.signal.aborted) await pause(everyMs);
    }
  }
  const running = run();
  return {
    look: () => wake.resolve(),
    async close() {
      closing.abort();
      wake.resolve();
      await running;
    },
  };
}
