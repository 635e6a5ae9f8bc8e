/** The options of `openHandoffs` and of what it gives, as schemas; each has a line for every key of its type, or it does not compile. */
import { z } from "zod";
import { flag, fn, logger, offering, OptionsError, text, whole } from "../base/options.ts";
import { readGiven } from "./given.ts";
import { nearest } from "../base/suggest.ts";
import type { LoggerLike } from "../runtime/log.ts";
import type { MigrateMode } from "../storage/index.ts";
import type { Clock } from "./clock.ts";
import type { OnDead } from "./dead-letter.ts";
import { checkedDestinations, type DestinationPolicies } from "./destinations.ts";
import type { GivenStore } from "./open-store.ts";
import type { Provider } from "./provider.ts";
import type { PurgeSelection } from "./retention.ts";
import type { OutboxStatus } from "./rows.ts";
import type { DeliverySettings } from "./settings.ts";
import type { ProviderOfTenant } from "./tenant-providers.ts";

export interface HandoffsOptions {
  /**
   * "memory:", "sqlite:PATH", "postgres://…" with its documented parameters, a Pool of `pg`, its config, a storage that is open already
   * (both stay the embedder's), or a store (it is closed along).
   */
  readonly store: GivenStore;
  /** `auto` (the default): missing tables and columns are added at opening. `never`: a store that is behind is refused. */
  readonly migrate?: MigrateMode;
  /** Where hand-offs go: one provider for all tenants, or a function that gives a tenant's, asked once for each. */
  readonly provider?: Provider | ProviderOfTenant;
  /** Where live calls may be transferred to; one policy, or one by tenant. */
  readonly destinations?: DestinationPolicies;
  readonly settings?: Partial<DeliverySettings>;
  /** Whether this process empties the outbox; true where there is a provider. */
  readonly relay?: boolean;
  /** A pino logger or one of its shape. Default: none. */
  readonly logger?: LoggerLike;
  /** Called with each hand-off that is given up. It may hand it to a second provider: where it gives `{ type: "delivered" }`, that counts. */
  readonly onDead?: OnDead;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly newId?: () => string;
}

export interface OutboxSelection {
  readonly status?: OutboxStatus;
  readonly tenant?: string;
  readonly conversationId?: string;
  /** Recorded or settled from then on. */
  readonly since?: Date;
  /** And before then. */
  readonly before?: Date;
}

export interface OutboxFilter extends OutboxSelection {
  readonly limit?: number;
  /** The `cursor` of the last row of the page before. */
  readonly after?: string;
}

const OPTIONAL_PARTS = ["deliver", "withdraw", "transfer", "reconcile", "endpointOf", "prepare", "close"] as const;
const PROVIDER = "a provider: an object with a name, and the functions deliver, transfer or both";

export const providerSchema = z.custom<Provider>((value) => {
  if (value === null || typeof value !== "object") return false;
  const provider = value as Record<string, unknown>;
  if (typeof provider["name"] !== "string" || provider["name"] === "") return false;
  const wrong = OPTIONAL_PARTS.some((part) => provider[part] !== undefined && typeof provider[part] !== "function");
  if (provider["endpoint"] !== undefined && typeof provider["endpoint"] !== "string") return false;
  return !wrong && (provider["deliver"] !== undefined || provider["transfer"] !== undefined);
}, PROVIDER);

const STORE = 'an address ("memory:", "sqlite:PATH", "postgres://…"), a Pool of pg or its config, a storage or a store';

const shape = {
  store: z.custom<HandoffsOptions["store"]>(
    (value) => (typeof value === "string" && value !== "") || (typeof value === "object" && value !== null),
    STORE,
  ),
  migrate: z.enum(["auto", "never"], '"auto" or "never"').optional(),
  provider: z
    .union([providerSchema, fn<ProviderOfTenant>()], `${PROVIDER}; or a function that gives a tenant's`)
    .optional(),
  destinations: z.unknown().optional(),
  settings: z.unknown().optional(),
  relay: flag().optional(),
  logger: logger<LoggerLike>().optional(),
  onDead: fn<OnDead>().optional(),
  clock: offering<Clock>("a clock: an object with now, elapsed, sleep and alarm", [
    "now",
    "elapsed",
    "sleep",
    "alarm",
  ]).optional(),
  random: fn<() => number>().optional(),
  newId: fn<() => string>().optional(),
} satisfies Record<keyof HandoffsOptions, z.ZodType>;

/** Throws an OptionsError that names the key. */
export function readHandoffsOptions(given: unknown): HandoffsOptions {
  const options = readGiven(z.strictObject(shape), given, "openHandoffs");
  if (options.destinations !== undefined) checkedDestinations(options.destinations);
  return options as HandoffsOptions;
}

/** Every store holds names of any length: long ones are kept by their hash. */
const ANY_LENGTH = Number.MAX_SAFE_INTEGER;

const conversation = z.object({
  tenant: text("the tenant's id", ANY_LENGTH),
  conversationId: text("the conversation's id", ANY_LENGTH),
});

/** Reads what names a conversation; further keys of the object are the caller's own. */
export const readConversation = (given: unknown, of: string) => readGiven(conversation, given, of);

const purging = {
  tenant: text("the tenant's id", ANY_LENGTH),
  conversationId: text("the conversation's id", ANY_LENGTH).optional(),
  before: z.date("a Date").optional(),
};

/**
 * A key that is misspelt, or there and undefined, would erase more than was meant. An object that names its conversation may have keys of its
 * own beside (a claim, say), as long as none of them looks like one of these.
 */
export function readPurge(given: unknown): PurgeSelection {
  const { tenant, conversationId, before } = readGiven(z.object(purging), given, "purge");
  const others = Object.keys(given as object).filter((key) => !Object.hasOwn(purging, key));
  if (conversationId === undefined || others.some((key) => nearest(key, Object.keys(purging)) !== null))
    readGiven(z.strictObject(purging), given, "purge");
  refuseUndefined(given as object, "purge");
  if (conversationId !== undefined) return { tenant, conversationId, ...(before === undefined ? {} : { before }) };
  return { tenant, ...(before === undefined ? {} : { before }) };
}

function refuseUndefined(given: object, of: string): void {
  const key = Object.keys(given).find((name) => (given as Record<string, unknown>)[name] === undefined);
  if (key === undefined) return;
  throw new OptionsError(
    "OPTIONS_INVALID",
    `${of}: "${key}" is there and undefined; leave it out to mean all (docs/delivery.md).`,
  );
}

const changes = z.strictObject({
  after: z.string("a cursor that changes gave").optional(),
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal, "an AbortSignal").optional(),
});
export const readReading = (given: unknown): { readonly after?: string; readonly signal?: AbortSignal } => {
  const { after, signal } = readGiven(changes, given, "changes");
  return { ...(after === undefined ? {} : { after }), ...(signal === undefined ? {} : { signal }) };
};

const executionKey = z.object({
  tenant: text("the tenant's id", ANY_LENGTH),
  executionId: text("the execution's id", ANY_LENGTH),
});
export const readExecutionKey = (given: unknown) => readGiven(executionKey, given, "getExecution");

const selection = {
  status: z.enum(["waiting", "sending", "delivered", "dead"], '"waiting", "sending", "delivered" or "dead"').optional(),
  tenant: text("the tenant's id", ANY_LENGTH).optional(),
  conversationId: text("the conversation's id", ANY_LENGTH).optional(),
  since: z.date("a Date").optional(),
  before: z.date("a Date").optional(),
} satisfies Record<keyof OutboxSelection, z.ZodType>;
const filter = {
  ...selection,
  limit: whole(1, 10_000_000).optional(),
  after: z.string("the cursor of a row").optional(),
} satisfies Record<keyof OutboxFilter, z.ZodType>;

export const readOutboxFilter = (given: unknown): OutboxFilter =>
  readGiven(z.strictObject(filter), given, "outbox.list") as OutboxFilter;

/** What is misspelt, or undefined where a value was meant, would select more than was meant. */
export function readOutboxSelection(given: unknown, of: "counts" | "retryAll" | "dropAll"): OutboxSelection {
  const read = readGiven(z.strictObject(selection), given, `outbox.${of}`);
  if (of !== "counts") refuseUndefined(given as object, `outbox.${of}`);
  return read as OutboxSelection;
}

const intentId = text("the intent's id");
export const readIntentId = (given: unknown, of: "show" | "retry" | "drop"): string =>
  readGiven(intentId, given, `outbox.${of}(intentId)`);

const report = z.object({
  intentId: text("the intent's id"),
  result: z.enum(["answered", "failed"], '"answered" or "failed"'),
  code: text("a code", 200).optional(),
});
export const readReport = (given: unknown) => {
  const { code, ...rest } = readGiven(report, given, "reportTransfer");
  return { ...rest, ...(code === undefined ? {} : { code }) };
};

/** What a function gave for a tenant. */
export const readProvider = (tenant: string, given: unknown): Provider =>
  readGiven(providerSchema, given, `openHandoffs: provider of ${JSON.stringify(tenant)}`);
