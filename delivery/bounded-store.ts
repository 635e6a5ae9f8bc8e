/**
 * A store that answers or fails, in time. A run, its caller, the relay and `close` wait behind it.
 * What did not answer may still happen, so its silence is `STORE_ANSWER_LOST`, as with a broken connection, and the caller has to deal with
 * that; a read changes nothing, so of a read it is `STORE_UNAVAILABLE`.
 */
import { HostFault } from "../base/fault.ts";
import { answerLost, storeAnswerLost, storeUnavailable } from "../storage/store.ts";
import { inTime, type Clock } from "./clock.ts";
import { READS_ONLY, type OperationName } from "./operations/index.ts";
import type { HandoffStore } from "./store-schema.ts";

/** These go through many rows, and only their caller waits for them; a claim is bounded by the ledger (`recordMs`). */
const NOT_BOUNDED_HERE: ReadonlySet<OperationName> = new Set<OperationName>(["list", "purge", "claim"]);
const READS: ReadonlySet<OperationName> = new Set(READS_ONLY);

function closedFault(): HostFault {
  return new HostFault(
    "HANDOFFS_CLOSED",
    "openHandoffs: close() was called, so the store is not asked any more.",
    "safe",
  );
}

export function boundedStore(store: HandoffStore, clock: Clock, ms: number): HandoffStore {
  const bounded = async <Value>(work: Promise<Value>): Promise<Value> => {
    const timely = await inTime(clock, ms, work);
    if (timely.type === "late") throw storeAnswerLost(`no answer within ${ms} ms`);
    return timely.value;
  };
  const reading = <Value>(work: Promise<Value>): Promise<Value> =>
    work.catch((error: unknown) => {
      throw answerLost(error) ? storeUnavailable(Error.isError(error) ? (error.cause ?? error) : error) : error;
    });
  const { time, compact } = store;
  let closed = false;
  return {
    name: store.name,
    run(name, input) {
      // What was recorded now would wait for a relay that has been stopped.
      if (closed) return Promise.reject(closedFault());
      const work = NOT_BOUNDED_HERE.has(name) ? store.run(name, input) : bounded(store.run(name, input));
      return READS.has(name) ? reading(work) : work;
    },
    ...(time ? { time: () => reading(bounded(time.call(store))) } : {}),
    ...(compact ? { compact: () => compact.call(store) } : {}),
    async close() {
      closed = true;
      await inTime(clock, ms, store.close());
    },
  };
}
