/** The secrets of providers on their way in and out: taken from the settings and sealed, or kept where `{ "set": true }` stands. */
import { invalid } from "../fault.ts";
import type { TenantSettings } from "../routes/tenant-settings.ts";
import type { Sealed } from "../store/operations/tenants.ts";
import { OF_PROVIDERS, type Tenant } from "../tenant.ts";
import type { Vault } from "../vault.ts";
import { SECRET_OF, type Role } from "./kinds.ts";

export interface SealedSettings {
  /** As they are stored and read back. */
  readonly settings: TenantSettings;
  readonly sealed: readonly Sealed[];
  /** Names of secrets that stay as they are. */
  readonly keep: readonly string[];
}

const SET = { set: true } as const;

export function sealSettings(vault: Vault, name: string, given: TenantSettings, before: Tenant | null): SealedSettings {
  const sealed: Sealed[] = [];
  const keep: string[] = [];
  const providers: Record<string, unknown> = {};
  for (const role of ["handoffs", "transfers"] as const) {
    const provider = given.providers?.[role];
    if (provider === undefined) continue;
    const field = SECRET_OF[provider.type];
    const place = `${role}.${provider.type}.${field}`;
    const stored = `${OF_PROVIDERS}${place}`;
    const there = before?.providerSecrets.get(place) ?? null;
    const values = valuesOf((provider as Record<string, unknown>)[field], there, role, field);
    if (values === "kept") keep.push(stored);
    else
      sealed.push({ name: stored, hosts: "[]", ...vault.seal({ tenant: name, name: stored }, JSON.stringify(values)) });
    providers[role] = { ...provider, [field]: SET };
  }
  const settings = { ...given, ...(given.providers ? { providers } : {}) } as TenantSettings;
  return { settings, sealed, keep };
}

function valuesOf(
  given: unknown,
  there: readonly string[] | null,
  role: Role,
  field: string,
): readonly string[] | "kept" {
  const parts = Array.isArray(given) ? (given as unknown[]) : [given];
  const keeps = parts.some((part) => typeof part !== "string");
  if (keeps && there === null) throw invalid(`body.providers.${role}.${field}`, "nothing is set that could be kept");
  const texts = parts.filter((part) => typeof part === "string");
  if (keeps && texts.length === 0) return "kept";
  return [...new Set(keeps ? [...texts, ...(there ?? [])] : texts)].slice(0, 10);
}

export function providerSecrets(tenant: Tenant, role: Role): readonly string[] {
  const type = tenant.settings.providers?.[role]?.type;
  return type === undefined ? [] : (tenant.providerSecrets.get(`${role}.${type}.${SECRET_OF[type]}`) ?? []);
}

/** What signs what a tenant is sent: the secrets of its webhook. */
export function signingSecrets(tenant: Tenant): readonly string[] {
  const { providers } = tenant.settings;
  if (providers?.handoffs?.type === "webhook") return providerSecrets(tenant, "handoffs");
  return providers?.transfers?.type === "webhook" ? providerSecrets(tenant, "transfers") : [];
}
