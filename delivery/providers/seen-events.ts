/**
 * Seen events: which events a receiver has seen. An event is new, being handled, or done: one that is being handled is neither, because its handler may
 * still fail, and a sender that was answered "duplicate" by then would not come again.
 */
export type Claim =
  /** It is this caller's to handle, for as long as the lease lasts. */
  | "claimed"
  /** Another handles it at this moment. */
  | { readonly inProgressForMs: number }
  | "done";

export interface SeenIds {
  /** Claims an id for `leaseMs`; a claim that is neither done nor released by then is free again. One atomic step in a shared store. */
  claim(id: string, leaseMs: number): Claim | Promise<Claim>;
  /** It was handled, for good. */
  done(id: string): void | Promise<void>;
  /** It was not handled after all: the next attempt is an event again. */
  release(id: string): void | Promise<void>;
}

/** In memory: the newest `size` ids that are done, and all that are being handled. `now` for tests. */
export function memorySeenIds(size: number, now: () => number = () => performance.now()): SeenIds {
  const done = new Set<string>();
  const leases = new Map<string, number>();
  return {
    claim(id, leaseMs) {
      if (done.has(id)) return "done";
      const left = (leases.get(id) ?? Number.NEGATIVE_INFINITY) - now();
      if (left > 0) return { inProgressForMs: left };
      // The oldest first: of a receiver that never says how its handlers ended, no more stay than began within a lease.
      for (const [old, until] of leases) {
        if (until > now()) break;
        leases.delete(old);
      }
      leases.set(id, now() + leaseMs);
      return "claimed";
    },
    done(id) {
      leases.delete(id);
      done.delete(id);
      done.add(id);
      const oldest = done.values().next();
      if (done.size > size && !oldest.done) done.delete(oldest.value);
    },
    release(id) {
      leases.delete(id);
      done.delete(id);
    },
  };
}
