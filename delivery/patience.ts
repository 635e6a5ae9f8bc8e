/**
 * Patience of the relay: after how long a call counts as hanging while it is out, and which tenants are slow, by what their last answers took. A quick
 * part of the tenants sets both, so that many slow desks do not make all others wait.
 */

/** Before there are answers to go by. */
const AT_FIRST_MS = 100;
const MIN_MS = 100;
const MAX_MS = 1000;
const TIMES = 4;
/** The part of the tenants that is quickest. */
const QUICK = 1 / 8;
/** The tenants that answered last say what is typical; more of them are remembered as slow. */
const LAST_TENANTS = 256;
const MAX_SLOW = 4096;
/** How many answers come between two looks at all of them, once there are so many. */
const BETWEEN = 16;

export interface Patience {
  ms(): number;
  note(tenant: string, answeredInMs: number): void;
  /** Tenants whose last two answers took longer than that, or the only one. */
  readonly slow: ReadonlySet<string>;
}

export function createPatience(): Patience {
  const answers = new Map<string, number>();
  const slow = new Set<string>();
  let ms = AT_FIRST_MS;
  let notes = 0;

  function judge(): void {
    notes += 1;
    if (notes > BETWEEN && notes % BETWEEN > 0) return;
    const sorted = [...answers.values()].toSorted((a, b) => a - b);
    const quick = sorted[Math.floor(sorted.length * QUICK)] as number;
    ms = Math.min(MAX_MS, Math.max(MIN_MS, Math.ceil(TIMES * quick)));
  }

  return {
    ms: () => ms,
    slow,
    note(tenant, answeredInMs) {
      const before = answers.get(tenant) ?? answeredInMs;
      replace(answers, tenant, answeredInMs, LAST_TENANTS);
      judge();
      slow.delete(tenant);
      if (Math.min(before, answeredInMs) > ms) slow.add(tenant);
      for (const oldest of slow) {
        if (slow.size <= MAX_SLOW) break;
        slow.delete(oldest);
      }
    },
  };
}

/** Puts an entry last, and takes the first ones where there are more than `most`. */
function replace<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= most) return;
    map.delete(oldest);
  }
}
