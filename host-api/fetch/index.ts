/**
 * Egress as the runtime sees it: one client for each tenant and policy, kept while it is used, and for each run the host functions, the
 * guest's data and the redaction that belong together.
 */
import { createHash, randomBytes } from "node:crypto";
import { type MaybePromise, following } from "../../base/promises.ts";
import type { Redactor } from "../secrets/redact.ts";
import { createRunRedaction } from "../secrets/run-redaction.ts";
import { NO_SECRETS, holdSecrets } from "../secrets/secrets.ts";
import type { Secrets } from "../secrets/secrets.ts";
import { createEgressClient } from "./client.ts";
import type { EgressClient, EgressClientOptions } from "./client.ts";
import { fetchFunctions } from "./functions.ts";
import type { FetchAnswer, FetchFunction } from "./functions.ts";
import { DEFAULT_FETCH_LIMITS } from "./limits.ts";
import type { FetchLimits } from "./limits.ts";
import type { EgressPolicy } from "./policy.ts";
import { createTenantNetwork } from "./tenant-network.ts";
import type { TenantNetwork } from "./tenant-network.ts";
import type { Transport } from "./transport.ts";

export { createEgressClient } from "./client.ts";
export type { EgressClient, EgressRequest, EgressResponse } from "./client.ts";
export { DEFAULT_FETCH_LIMITS } from "./limits.ts";
export type { FetchLimits } from "./limits.ts";
export { egressPolicySchema } from "./policy.ts";
export type { EgressPolicy } from "./policy.ts";
export { FETCH_PRELUDE } from "../preludes.ts";
export { EgressError } from "./refusal.ts";
export type { Exchange, RawResponse, Transport } from "./transport.ts";
export type { EgressCode } from "./refusal.ts";
export { NO_REDACTION, createRedactor, createTextRedactor } from "../secrets/redact.ts";
export type { Redactor } from "../secrets/redact.ts";
export { secretsSchema } from "../secrets/secrets.ts";
export type { Secret, Secrets } from "../secrets/secrets.ts";

/** A policy for every tenant, or a function that gives a tenant's; null and undefined mean no egress. */
export type EgressOption =
  | EgressPolicy
  | ((tenant: string) => EgressPolicy | null | undefined | Promise<EgressPolicy | null | undefined>);

export interface Egress {
  /** The tenant's client as its policy is now, at once where no policy has to be asked for; give it back when the run is over. */
  acquire(tenant: string): MaybePromise<EgressLease>;
  /** What one run may ask; give it back when the run is over. */
  open(tenant: string, run: Omit<EgressRunOptions, "client">): MaybePromise<OpenEgress>;
  close(): Promise<void>;
}

export interface EgressLease {
  readonly client: EgressClient;
  release(): void;
}

export interface OpenEgress extends EgressRun {
  release(): void;
}

interface Kept {
  readonly client: EgressClient;
  readonly tenant: string;
  users: number;
}

const MAX_IDLE_CLIENTS = 64;

export interface EgressOptions extends Omit<EgressClientOptions, "transport" | "through" | "tenantNetwork"> {
  /** What answers a tenant's requests in the place of the network; null for the network. */
  readonly network?: (tenant: string) => Transport | null;
  /** Stands before the network and sees what a tenant sends and is answered, values of secrets included. */
  readonly observe?: (tenant: string, network: Transport) => Transport;
}

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over one client for each tenant
export function createEgress(
  option: EgressOption | undefined,
  { network, observe, ...options }: EgressOptions = {},
): Egress {
  /** Oldest use first; by hand, because a client that a run uses must not be given up, which no cache of a fixed size promises. */
  const kept = new Map<string, Kept>();
  /** A tenant's clients, one for each policy that it has had, share what the tenant may hold of the network. */
  const networks = new Map<string, TenantNetwork>();
  const networkOf = (tenant: string): TenantNetwork => {
    const known = networks.get(tenant) ?? createTenantNetwork();
    networks.set(tenant, known);
    return known;
  };
  // A policy is the same if its data are and its lookup is the very same function.
  const lookups = new WeakMap<object, string>();
  const nameOf = (lookup: object | undefined) => {
    if (lookup === undefined) return "";
    const name = lookups.get(lookup) ?? randomBytes(8).toString("hex");
    lookups.set(lookup, name);
    return name;
  };
  const trim = () => {
    for (const [key, entry] of kept) {
      if (kept.size <= MAX_IDLE_CLIENTS) return;
      if (entry.users === 0) {
        kept.delete(key);
        void entry.client.close();
        if (![...kept.values()].some(({ tenant }) => tenant === entry.tenant)) networks.delete(entry.tenant);
      }
    }
  };
  // Every run comes by here: a policy that is the same for all needs no name.
  const nameFor = (tenant: string, policy: EgressPolicy | null) =>
    typeof option === "function" ? JSON.stringify([tenant, policy, nameOf(policy?.lookup)]) : tenant;
  const egress: Egress = {
    open: (tenant, run) =>
      following(egress.acquire(tenant), ({ client, release }) => {
        const opened = createEgressRun({ ...run, client });
        return {
          functions: opened.functions,
          preludeData: opened.preludeData,
          get redactor() {
            return opened.redactor;
          },
          release,
        };
      }),
    acquire: (tenant) =>
      following(typeof option === "function" ? option(tenant) : option, (policy) => lease(tenant, policy ?? null)),
    async close() {
      await Promise.all([...kept.values()].map(({ client }) => client.close()));
      kept.clear();
    },
  };
  function lease(tenant: string, policy: EgressPolicy | null): EgressLease {
    const key = nameFor(tenant, policy);
    const open = () => {
      const transport = network?.(tenant) ?? null;
      const all = { ...options, tenantNetwork: networkOf(tenant) };
      if (transport !== null) return createEgressClient(policy, { ...all, transport });
      const through = observe && ((real: Transport) => observe(tenant, real));
      return createEgressClient(policy, through === undefined ? all : { ...all, through });
    };
    const entry = kept.get(key) ?? { client: open(), tenant, users: 0 };
    // Put last, so that the first in the map is the one unused for longest.
    kept.delete(key);
    kept.set(key, entry);
    entry.users += 1;
    trim();
    return { client: entry.client, release: () => void (entry.users -= 1) };
  }
  return egress;
}

export interface EgressRunOptions {
  readonly client: EgressClient;
  readonly secrets?: Secrets | undefined;
  readonly limits?: Partial<FetchLimits> | undefined;
  /** The run's seed, so that placeholders of a repeated run are the same. */
  readonly seed?: string | undefined;
}

export interface EgressRun {
  readonly functions: Readonly<Record<string, FetchFunction>>;
  /** For the prelude "fetch": what the guest may know. */
  readonly preludeData: FetchAnswer;
  /** For what the action makes: of the secrets that a server may have brought into the run so far. */
  readonly redactor: Redactor;
}

export function createEgressRun({ client, secrets = {}, limits, seed }: EgressRunOptions): EgressRun {
  const all: FetchLimits = { ...DEFAULT_FETCH_LIMITS, ...limits };
  const held = Object.keys(secrets).length === 0 ? NO_SECRETS : holdSecrets(secrets, nonceOf(seed));
  const redaction = createRunRedaction(secrets);
  return {
    functions: fetchFunctions({ client, held, redaction, limits: all }),
    preludeData: { fetchCalls: all.calls, requestBytes: all.requestBytes, secrets: { ...held.placeholders } },
    get redactor() {
      return redaction.made;
    },
  };
}

function nonceOf(seed: string | undefined): string {
  if (seed === undefined) return randomBytes(8).toString("hex");
  return createHash("sha256").update(`secret placeholders of ${seed}`).digest("hex").slice(0, 16);
}
