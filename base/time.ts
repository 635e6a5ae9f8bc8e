/** Bounded waits. Each leaves no timer behind, and none keeps the process alive by itself longer than what it waits for. */

/** Waits until `work` has settled, whichever way, and no longer than `ms` milliseconds. True if it settled in time. */
export async function settledWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise: overdue, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), ms);
  const settled = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, overdue]);
  } finally {
    clearTimeout(timer);
  }
}
