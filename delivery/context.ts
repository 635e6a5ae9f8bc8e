/** The context of delivery: what the ledger, the dial and the relay share: the store, the provider, the clock, and the numbers they keep to. */
import type { LoggerLike } from "../runtime/log.ts";
import type { Clock } from "./clock.ts";
import type { OnDead } from "./dead-letter.ts";
import type { DestinationPolicies } from "./destinations.ts";
import type { Provider } from "./provider.ts";
import type { RowLog } from "./row-log.ts";
import type { DeliverySettings } from "./settings.ts";
import type { HandoffStore as Store } from "./store-schema.ts";

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
  /** That time, without what a clock that was set ahead lately skips: what is over by it is forgotten for good. */
  lasting(): number;
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
