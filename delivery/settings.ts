/** The numbers that ledger, dial and relay keep to, their defaults, and the schema of those that a host chooses. */
import { z } from "zod";
import { milliseconds, whole } from "../base/options.ts";
import { readGiven } from "./given.ts";

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

const DEFAULT_SETTINGS: DeliverySettings = {
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

/** Times in the tables are dates that every database, and `Date`, can hold. */
const A_CENTURY_MS = 100 * 366 * 24 * 3_600_000;

const settings = {
  storeMs: milliseconds(),
  recordMs: milliseconds(),
  fireMs: milliseconds(),
  dialWithinMs: milliseconds(),
  deliverMs: milliseconds(),
  leaseMs: milliseconds(),
  pollMs: milliseconds(),
  concurrency: whole(1, 10_000),
  tenantConcurrency: whole(1, 10_000),
  endpointConcurrency: whole(1, 10_000),
  deliverForMs: milliseconds(A_CENTURY_MS),
  maxAttempts: whole(1, 1_000_000).nullable(),
  executionLeaseMs: milliseconds(),
  keepMs: milliseconds(A_CENTURY_MS),
  keepHandoffsMs: milliseconds(A_CENTURY_MS),
} satisfies Record<keyof DeliverySettings, z.ZodType>;

const settingsSchema = z.strictObject(settings, "an object of settings").partial();

/** Throws an OptionsError for what cannot be kept. */
export function checkedSettings(chosen: unknown = {}): DeliverySettings {
  const read = readGiven(settingsSchema, chosen, "openHandoffs: settings");
  const given = Object.entries(read).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_SETTINGS, ...Object.fromEntries(given) };
}
