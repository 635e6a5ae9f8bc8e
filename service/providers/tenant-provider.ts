/** The one provider of the ledger: to each hand-off its own tenant's desk, and its own tenant's account for calls. */
import type { DeliveryResult, Provider, TransferResult } from "../../delivery/index.ts";
import type { Registry } from "../registry.ts";
import type { Telemetry } from "../telemetry.ts";
import type { Tenant } from "../tenant.ts";
import { makeProvider, type Role } from "./kinds.ts";
import { providerSecrets } from "./sealing.ts";

export interface TenantProviders extends Provider {
  /** Throws for settings of which no provider can be made. */
  check(tenant: Tenant): Promise<void>;
  close(): Promise<void>;
}

export interface TenantProvidersOptions {
  readonly telemetry: Telemetry;
  readonly registry: () => Registry;
  readonly privateHosts: readonly string[];
  readonly publicUrl: string | null;
  readonly ownUrl: () => string | null;
}

interface Made {
  readonly of: Tenant;
  readonly handoffs: Provider | null;
  readonly transfers: Provider | null;
}

/** A hand-off of a tenant without a desk waits; when one is set, it is put to the front. */
export const NO_PROVIDER = "no_provider";
const NO_PROVIDER_MS = 3_600_000;
/** What was replaced may still have a request out. */
const LINGER_MS = 60_000;
const MOST = 500;

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over the providers of all tenants
export function createTenantProviders(options: TenantProvidersOptions): TenantProviders {
  const made = new Map<string, Made>();
  const { registry, privateHosts, publicUrl, ownUrl, telemetry } = options;

  async function providersOf(name: string): Promise<Made | null> {
    const tenant = await registry().tenant(name);
    if (tenant === null) return null;
    const there = made.get(name);
    if (there?.of === tenant) return there;
    const fresh: Made = { of: tenant, handoffs: make(tenant, "handoffs"), transfers: make(tenant, "transfers") };
    if (there !== undefined) setTimeout(() => void closeAll(there), LINGER_MS).unref();
    made.delete(name);
    made.set(name, fresh);
    for (const [oldest, old] of made) {
      if (made.size <= MOST) break;
      made.delete(oldest);
      setTimeout(() => void closeAll(old), LINGER_MS).unref();
    }
    return fresh;
  }
  function make(tenant: Tenant, role: Role): Provider | null {
    const given = tenant.settings.providers?.[role];
    if (given === undefined) return null;
    return makeProvider(given, providerSecrets(tenant, role), {
      role,
      tenant: tenant.name,
      privateHosts,
      publicUrl,
      ownUrl: ownUrl(),
    });
  }

  return {
    name: "tenants",
    endpointOf: (tenant) => made.get(tenant)?.handoffs?.endpoint,
    async deliver(handoff, signal): Promise<DeliveryResult> {
      const provider = (await providersOf(handoff.tenant))?.handoffs;
      if (!provider?.deliver) return { type: "retry", code: NO_PROVIDER, afterMs: NO_PROVIDER_MS };
      return telemetry.delivery(handoff, "baton.delivery", async () => provider.deliver!(handoff, signal));
    },
    async withdraw(handoff, signal): Promise<DeliveryResult> {
      const provider = (await providersOf(handoff.tenant))?.handoffs;
      if (!provider?.withdraw) return { type: "dead", code: "handed_back" };
      return telemetry.delivery(handoff, "baton.withdrawal", async () => provider.withdraw!(handoff, signal));
    },
    async transfer(request, signal): Promise<TransferResult> {
      const provider = (await providersOf(request.tenant))?.transfers;
      if (!provider?.transfer) return { type: "refused", code: "transfer_unsupported" };
      await provider.prepare?.();
      return provider.transfer(request, signal);
    },
    async reconcile(request, signal): Promise<TransferResult> {
      const provider = (await providersOf(request.tenant))?.transfers;
      if (!provider?.reconcile) return { type: "unknown", code: "reconcile_unsupported" };
      await provider.prepare?.();
      return provider.reconcile(request, signal);
    },
    async check(tenant) {
      const parts = [make(tenant, "handoffs"), make(tenant, "transfers")];
      for (const provider of parts) await provider?.close?.();
    },
    async close() {
      await Promise.all([...made.values()].map(closeAll));
      made.clear();
    },
  };
}

async function closeAll({ handoffs, transfers }: Made): Promise<void> {
  await handoffs?.close?.();
  await transfers?.close?.();
}
