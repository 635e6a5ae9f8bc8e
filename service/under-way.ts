/**
 * Requests under way: what tenants have under way on a node: the bytes of their requests, which stay in memory until each is answered, and their open
 * streams. A connection that holds a key decides how many there are and how long.
 */
import { ProblemError } from "./fault.ts";

export interface UnderWay {
  /** Counts bytes until the given function is called; throws a 429 where a tenant has too many. One request of any size goes by itself. */
  hold(tenant: string, bytes: number): () => void;
  /** The same of one open stream. */
  listen(tenant: string): () => void;
}

export interface UnderWayOptions {
  readonly tenantBytes?: number;
  readonly bytes?: number;
  readonly streams?: number;
}

const MIB = 1024 * 1024;
/** Past the bound of all, a tenant may still have this much. */
const ALWAYS_BYTES = 2 * MIB;

export function createUnderWay({ tenantBytes = 128 * MIB, bytes: most = 512 * MIB, streams = 200 }: UnderWayOptions = {}): UnderWay {
  const held = new Map<string, number>();
  const open = new Map<string, number>();
  let all = 0;

  return {
    hold(tenant, bytes) {
      const own = held.get(tenant) ?? 0;
      const isTooMuch = own + bytes > tenantBytes || (all + bytes > most && own + bytes > ALWAYS_BYTES);
      if (own > 0 && isTooMuch) throw tooMuch("The requests of this tenant that are under way hold too many bytes.");
      all += bytes;
      count(held, tenant, bytes);
      return once(() => {
        all -= bytes;
        count(held, tenant, -bytes);
      });
    },
    listen(tenant) {
      if ((open.get(tenant) ?? 0) >= streams) throw tooMuch(`More than ${streams} streams of this tenant are open.`);
      count(open, tenant, 1);
      return once(() => count(open, tenant, -1));
    },
  };
} // prettier-ignore

function count(counts: Map<string, number>, tenant: string, by: number): void {
  const now = (counts.get(tenant) ?? 0) + by;
  if (now > 0) counts.set(tenant, now);
  else counts.delete(tenant);
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}

const tooMuch = (detail: string): ProblemError => new ProblemError(429, "QUEUE_FULL", detail, { retryAfter: 1 });
