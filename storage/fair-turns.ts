/**
 * The turns that tenants take at what all of them share in a store, SQLite's thread or the pool of PostgreSQL: so many operations at once, and
 * the rest waits in a queue of its tenant. A tenant that floods the store delays the next operation of another by what is under way, not by
 * all that it has asked for.
 */
import { FairQueue } from "../base/fair-queue.ts";
import { storeUnavailable } from "./store.ts";

/** Operations of one tenant that may wait: beyond it the tenant gets the error that the store is not there for it, and nothing was asked. */
const WAITING_PER_TENANT = 10_000;

export interface FairTurns {
  /** Starts it in the turn of the tenant that `input` names; what names none takes turns as one more tenant. */
  take<T>(input: unknown, start: () => Promise<T>): Promise<T>;
}

export function createFairTurns(atOnce: number, waitingPerTenant = WAITING_PER_TENANT): FairTurns {
  const queue = new FairQueue<() => void>(waitingPerTenant);
  let underWay = 0;
  const finish = (): void => {
    underWay -= 1;
    queue.takeNext((begin) => {
      begin();
      return true;
    });
  };
  const run = <T>(start: () => Promise<T>): Promise<T> => {
    underWay += 1;
    return start().finally(finish);
  };
  return {
    take<T>(input: unknown, start: () => Promise<T>) {
      if (underWay < atOnce && queue.isEmpty) return run(start);
      const { promise, resolve } = Promise.withResolvers<T>();
      const admitted = queue.push(tenantOf(input), () => resolve(run(start)));
      if (!admitted)
        return Promise.reject(
          storeUnavailable(new Error(`More than ${waitingPerTenant} operations of this tenant wait.`)),
        );
      return promise;
    },
  };
}

/** Operations name their tenant at the top of their input, or in the row that they bring. */
function tenantOf(input: unknown): string {
  if (typeof input !== "object" || input === null) return "";
  for (const part of [input, ...Object.values(input)]) {
    const tenant = (part as { readonly tenant?: unknown } | null | undefined)?.tenant;
    if (typeof tenant === "string") return tenant;
  }
  return "";
}
