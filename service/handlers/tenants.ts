/** Tenants, their settings, their secrets. */
import { HostFault } from "../../runtime/index.ts";
import { invalid, notFound, ProblemError } from "../fault.ts";
import type { Parts } from "../parts.ts";
import { makeProvider, SECRET_OF, type AnyProvider } from "../providers/kinds.ts";
import { providerSecrets, sealSettings } from "../providers/sealing.ts";
import { NO_PROVIDER } from "../providers/tenant-provider.ts";
import type { TenantSettings } from "../routes/tenant-settings.ts";
import type { tenantRoutes } from "../routes/tenants.ts";
import type { Tenant } from "../tenant.ts";
import { checkRoomForSecrets } from "./room.ts";
import { pageOf, readCursor, writeCursor } from "./cursor.ts";
import { actorOf, iso, NO_CONTENT, ok, tenantOf, type Handlers } from "./handler.ts";
import { announce } from "./keys.ts";
import { retryMany } from "./outbox.ts";

export const tenantHandlers: Handlers<keyof typeof tenantRoutes> = {
  async putTenant(parts, call) {
    const { tenant: name } = call.params;
    const before = await parts.registry.tenant(name);
    const { settings, sealed, keep } = sealSettings(parts.vault, name, call.body, before);
    await tryProviders(parts, name, call.body, before);
    const done = await parts.store.run("putTenant", {
      tenant: name, settings: JSON.stringify(settings), sealed, keep, detail: settings, actor: actorOf(call), now: parts.now(),
    }); // prettier-ignore
    if ("missing" in done)
      throw invalid("body.providers", `the secret ${done.missing.slice(1)} is not there to be kept`);
    const tenant = await changed(parts, name);
    return { status: done.created ? 201 : 200, body: tenantView(tenant) };
  },
  async getTenant(_parts, call) {
    return ok(tenantView(tenantOf(call)));
  },
  async listTenants(parts, { query }) {
    const [after = ""] = readCursor(query.cursor, "string") ?? [];
    const found = await parts.store.run("listTenants", { after, limit: query.limit + 1 });
    const { rows, next } = pageOf(found, query.limit, ({ tenant }) => writeCursor([tenant]));
    const tenants = rows.map(({ tenant: name, settings, createdAt, updatedAt }) =>
      tenantView({ name, settings: JSON.parse(settings) as TenantSettings, createdAt, updatedAt }),
    );
    return ok({ tenants, next });
  },
  async deleteTenant(parts, call) {
    const { tenant } = call.params;
    if (!(await parts.store.run("deleteTenant", { tenant, actor: actorOf(call), now: parts.now() })))
      throw notFound("tenant");
    parts.registry.forget(tenant);
    announce(parts);
    // What ended here and waits to be written is not read as another's that comes by its name: the store takes none of it any more.
    await Promise.allSettled([parts.recorder.flush(), parts.recordings.flush()]);
    await parts.handoffs.purge({ tenant, before: new Date(parts.now() + 1) });
    return NO_CONTENT;
  },
  async putSecret(parts, call) {
    const { tenant, name } = call.params;
    const { value, hosts } = call.body;
    checkRoomForSecrets(tenantOf(call), [name], "params.name");
    const secret = { name, hosts: JSON.stringify(hosts), ...parts.vault.seal({ tenant, name }, value) };
    const done = await parts.store.run("putSecret", { tenant, secret, actor: actorOf(call), now: parts.now() });
    if (!done) throw notFound("tenant");
    await changed(parts, tenant);
    return NO_CONTENT;
  },
  async deleteSecret(parts, call) {
    const { tenant, name } = call.params;
    if (!(await parts.store.run("deleteSecret", { tenant, name, actor: actorOf(call), now: parts.now() })))
      throw notFound("secret");
    await changed(parts, tenant);
    return NO_CONTENT;
  },
  async listSecrets(_parts, call) {
    const secrets = tenantOf(call).secretHeads.map(({ name, hosts, updatedAt }) => ({
      name,
      hosts,
      updatedAt: iso(updatedAt),
    }));
    return ok({ secrets });
  },
};

/** After a change of a tenant: this node sees it at once, the others within a second. */
export async function changed(parts: Parts, name: string): Promise<Tenant> {
  parts.registry.forget(name);
  announce(parts);
  const tenant = await parts.registry.tenant(name);
  if (tenant === null) throw notFound("tenant");
  if (tenant.settings.providers?.handoffs !== undefined) void retryWaiting(parts, name);
  return tenant;
}

/** Hand-offs that waited because the tenant had no desk, or died of it. */
async function retryWaiting(parts: Parts, tenant: string): Promise<void> {
  try {
    for (const status of ["waiting", "dead"] as const) await retryMany(parts, tenant, { status, code: NO_PROVIDER });
  } catch (error) {
    parts.log.warn({ tenant, error: String(error) }, "hand-offs that waited for a provider were not retried");
  }
}

/** Settings of which no provider can be made are refused now, not at the first hand-off. */
export async function tryProviders(
  parts: Parts,
  name: string,
  settings: TenantSettings,
  before: Tenant | null,
): Promise<void> {
  for (const role of ["handoffs", "transfers"] as const) {
    const given = settings.providers?.[role];
    if (given === undefined) continue;
    const secrets = secretsGiven(given) ?? (before === null ? [] : providerSecrets(before, role));
    try {
      const { private: privateHosts, publicUrl = null } = parts.settings;
      const options = { role, tenant: name, privateHosts, publicUrl, ownUrl: null };
      await makeProvider(given, secrets, options).close?.();
    } catch (error) {
      if (error instanceof ProblemError) throw error;
      const told = error instanceof HostFault || error instanceof TypeError ? error.message : "it cannot be made";
      throw invalid(`body.providers.${role}`, told.replace(/\.$/, ""));
    }
  }
}

function secretsGiven(given: AnyProvider): readonly string[] | null {
  const texts = [(given as Readonly<Record<string, unknown>>)[SECRET_OF[given.type]]]
    .flat()
    .filter((part) => typeof part === "string");
  return texts.length === 0 ? null : texts;
}

export function tenantView(tenant: Pick<Tenant, "name" | "settings" | "createdAt" | "updatedAt">): object {
  const { name, settings, createdAt, updatedAt } = tenant;
  return { tenant: name, ...settings, createdAt: iso(createdAt), updatedAt: iso(updatedAt) };
}
