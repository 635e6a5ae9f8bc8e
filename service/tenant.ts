/** A tenant as a node holds it: its settings, its secrets opened, and what is live of its actions. Never changed, only replaced. */
import type { EgressPolicy, LimitsInput, Secrets } from "../runtime/index.ts";
import { matchesPrivate } from "./private-hosts.ts";
import type { TenantSettings } from "./routes/tenant-settings.ts";
import type { Share } from "./store/operations/actions.ts";
import type { TenantFile } from "./store/operations/tenants.ts";
import type { Vault } from "./vault.ts";

export interface Tenant {
  readonly name: string;
  readonly settings: TenantSettings;
  /** The very text of the store, to notice a change in between. */
  readonly settingsText: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** What actions use by placeholder. */
  readonly secrets: Secrets;
  readonly secretHeads: readonly {
    readonly name: string;
    readonly hosts: readonly string[];
    readonly updatedAt: number;
  }[];
  /** By place, `handoffs.secrets` say. */
  readonly providerSecrets: ReadonlyMap<string, readonly string[]>;
  readonly actions: ReadonlyMap<string, LiveAction>;
  /** With the operator's exceptions among the tenant's own hosts. */
  readonly egress: EgressPolicy | null;
}

export interface LiveAction {
  readonly action: string;
  readonly newest: number;
  readonly deployment: number;
  readonly live: readonly Share[] | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** The names of providers' secrets in the store begin with it; a tenant's own cannot. */
export const OF_PROVIDERS = "$";

export function openTenant(file: TenantFile, vault: Vault, privateHosts: readonly string[]): Tenant {
  const { row, secrets: sealed, actions } = file;
  const secrets: Record<string, Secrets[string]> = {};
  const secretHeads = [];
  const providerSecrets = new Map<string, readonly string[]>();
  for (const secret of sealed) {
    const { name } = secret;
    const value = vault.open({ tenant: row.tenant, name }, secret);
    if (name.startsWith(OF_PROVIDERS)) {
      providerSecrets.set(name.slice(OF_PROVIDERS.length), JSON.parse(value) as string[]);
      continue;
    }
    const hosts = JSON.parse(secret.hosts) as string[];
    secrets[name] = { value, hosts };
    secretHeads.push({ name, hosts, updatedAt: secret.updatedAt });
  }
  const settings = JSON.parse(row.settings) as TenantSettings;
  return {
    name: row.tenant,
    settings,
    settingsText: row.settings,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    secrets,
    secretHeads,
    providerSecrets,
    actions: new Map(
      actions.map((action) => [
        action.action,
        { ...action, live: action.live === null ? null : (JSON.parse(action.live) as Share[]) },
      ]),
    ),
    egress: settings.egress
      ? { ...settings.egress, private: matchesPrivate(settings.egress.hosts, privateHosts) }
      : null,
  };
}

/** The tenant's limits, lowered by what a request asks for; a request that asks for more gets the tenant's. */
export function limitsFor(base: LimitsInput, tenant: Tenant, asked: LimitsInput | undefined): LimitsInput {
  const own: Record<string, number | undefined> = { ...base, ...tenant.settings.limits };
  const limits: Record<string, number | undefined> = { ...tenant.settings.limits };
  for (const [name, value] of Object.entries(asked ?? {})) {
    const most = own[name];
    if (value !== undefined) limits[name] = most === undefined ? value : Math.min(most, value);
  }
  return limits as LimitsInput;
}
