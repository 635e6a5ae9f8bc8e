/**
 * A store that answers or fails, in time. Whoever waits for a hand-off waits behind it: a run, its caller, the relay, `close`.
 * What did not answer may still happen, so its silence is `STORE_ANSWER_LOST`; whoever asked deals with that, as with a broken connection.
 */
import { inTime, type Clock } from "../clock.ts";
import type { OperationName } from "../operations/index.ts";
import { storeAnswerLost, type Store } from "./store.ts";

/** These go through many rows, and nobody waits for them but whoever asked; a claim is bounded by whoever makes it (`recordMs`). */
const NOT_BOUNDED_HERE: ReadonlySet<OperationName> = new Set<OperationName>(["list", "purge", "claim"]);

export function boundedStore(store: Store, clock: Clock, ms: number): Store {
  const bounded = async <Value>(work: Promise<Value>): Promise<Value> => {
    const timely = await inTime(clock, ms, work);
    if (timely.type === "late") throw storeAnswerLost(`no answer within ${ms} ms`);
    return timely.value;
  };
  const { time, compact } = store;
  return {
    name: store.name,
    run: (name, input) => (NOT_BOUNDED_HERE.has(name) ? store.run(name, input) : bounded(store.run(name, input))),
    ...(time ? { time: () => bounded(time.call(store)) } : {}),
    ...(compact ? { compact: () => compact.call(store) } : {}),
    async close() {
      await inTime(clock, ms, store.close());
    },
  };
}
