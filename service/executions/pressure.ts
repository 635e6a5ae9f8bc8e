/**
 * Pressure: how many runs of one tenant a node takes at once while others ask too. A run passes the node's event loop several times, each time behind all
 * that is there; so a tenant that fills it makes every other wait, and gains nothing by it, for what computes is bounded anyway. While the loop is
 * late the tenants that share the node get fewer places, and get them back as it catches up: what waits in the queue costs the loop nothing.
 */
export interface Pressure {
  /** Of each tenant; Infinity while the loop is on time, or one tenant is alone. */
  bound(): number;
  /** A tenant asks. */
  asked(tenant: string): void;
  close(): void;
}

export interface PressureOptions {
  /** Below it the processors would have nothing to do. */
  readonly least: number;
  /** Past it there is no bound. */
  readonly most: number;
  /** The bound has grown. */
  readonly onMore: () => void;
}

const EVERY_MS = 10;
const LATE_MS = 4;
const SHARED_MS = 2_000;

/** Down by parts and up by ones, as networks find what they can carry. */
export function boundAfter(
  bound: number,
  lateMs: number,
  { least, most }: Pick<PressureOptions, "least" | "most">,
): number {
  if (lateMs > LATE_MS) return Math.min(bound, Math.max(least, Math.floor(bound * 0.8)));
  return Math.min(most, bound + 1);
}

export function createPressure({ least, most, onMore }: PressureOptions): Pressure {
  let bound = most;
  let due = performance.now() + EVERY_MS;
  /** The tenant that asked last, and when another one did before it. */
  let last: string | null = null;
  let sharedAt = -Infinity;

  const timer = setInterval(() => {
    const now = performance.now();
    const before = bound;
    bound = boundAfter(bound, now - due, { least, most });
    due = now + EVERY_MS;
    if (bound > before) onMore();
  }, EVERY_MS).unref();

  return {
    bound: () => (bound < most && performance.now() - sharedAt < SHARED_MS ? bound : Infinity),
    asked(tenant) {
      if (last !== null && last !== tenant) sharedAt = performance.now();
      last = tenant;
    },
    close: () => clearInterval(timer),
  };
}
