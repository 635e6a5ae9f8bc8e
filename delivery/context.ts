/** What the ledger, the dial and the relay share: the store, the provider, the clock, and the numbers they keep to. */
import { readOptions } from "../base/options.ts";
import type { LoggerLike } from "../runtime/log.ts";
import type { Clock } from "./clock.ts";
import type { OnDead } from "./dead-letters.ts";
import type { DestinationPolicies } from "./destinations.ts";
import { settingsSchema } from "./options.ts";
import type { Provider } from "./provider.ts";
import type { RowLog } from "./row-log.ts";
import type { HandoffStore as Store } from "./store-schema.ts";

export interface DeliverySettings {
  /** How long the store may take for one answer; then it counts as lost. */
  readonly storeMs: number;
  /** How long a lost answer to a claim is read back before it is `unknown`. */
  readonly recordMs: number;
  /** How long a phone transfer may take at the provider while the caller waits. */
  readonly fireMs: number;
  /** A recorded transfer whose dial has not begun by then is never dialled. */
  readonly dialWithinMs: number;
  /** How long one delivery may take at the provider. */
  readonly deliverMs: number;
  /** A relay that is silent for so long has lost its rows; one that lives renews its leases every third of it. */
  readonly leaseMs: number;
  /** How often the relay looks for work that no signal announced. */
  readonly pollMs: number;
  /** Rows at the provider at once, those that hang apart. */
  readonly concurrency: number;
  /** Of these, rows of one tenant. */
  readonly tenantConcurrency: number;
  /** And rows at one endpoint, where the provider says which that is. */
  readonly endpointConcurrency: number;
  /** How long a hand-off is tried, from its first attempt on; then it is a dead letter. */
  readonly deliverForMs: number;
  /** A hand-off that failed so often is a dead letter before that; null leaves it to `deliverForMs`. */
  readonly maxAttempts: number | null;
  /** An execution whose process is silent for so long is lost. */
  readonly executionLeaseMs: number;
  /** How long outcomes are kept for replays, and changes for readers. */
  readonly keepMs: number;
  /** How long settled hand-offs and their rows in the outbox are kept; the fact of a conversation's newest one stays. */
  readonly keepHandoffsMs: number;
}

export const DEFAULT_SETTINGS: DeliverySettings = {
  storeMs: 5000,
  recordMs: 2000,
  fireMs: 5000,
  dialWithinMs: 15_000,
  deliverMs: 15_000,
  leaseMs: 4000,
  pollMs: 500,
  concurrency: 16,
  tenantConcurrency: 12,
  endpointConcurrency: 16,
  deliverForMs: 24 * 3_600_000,
  maxAttempts: null,
  executionLeaseMs: 15_000,
  keepMs: 7 * 24 * 3_600_000,
  keepHandoffsMs: 90 * 24 * 3_600_000,
};

/** Throws an OptionsError for what cannot be kept. */
export function checkedSettings(chosen: unknown = {}): DeliverySettings {
  const read = readOptions(settingsSchema, chosen, "openHandoffs: settings");
  const given = Object.entries(read).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_SETTINGS, ...Object.fromEntries(given) };
}

export interface DeliveryContext {
  readonly store: Store;
  readonly provider: Provider | null;
  readonly destinations: DestinationPolicies;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  /** This process, in leases. */
  readonly owner: string;
  readonly settings: DeliverySettings;
  /** It gets codes, counts and ids, never what people said. */
  readonly logger: LoggerLike | null;
  readonly rowLog: RowLog;
  readonly onDead: OnDead | null;
  /** Aborted by `close`. */
  readonly closed: AbortSignal;
  /** The time that all users of the store share. */
  now(): number;
  /** For how long the store has answered this process without a break. */
  answeredForMs(): number;
  /** Whether what a purge erased may still stand in a file. */
  readonly toCompact: { owed: boolean };
  /** Something changed here: readers of `changes()` look again. */
  readonly changed: Signal;
  /** There may be something to deliver: the relay looks again. */
  readonly work: Signal;
}

/** Wakes whatever waits for a change here; nothing is passed along, and no waiting is remembered. */
export interface Signal {
  notify(): void;
  /** Resolves at the next `notify`. */
  wait(): Promise<void>;
}

export function createSignal(): Signal {
  let next = Promise.withResolvers<void>();
  return {
    notify() {
      const { resolve } = next;
      next = Promise.withResolvers<void>();
      resolve();
    },
    wait: () => next.promise,
  };
}
