/** Code, secrets and policy as one change: everything is compiled and checked first, then written in one transaction or not at all. */
import { invalid, notFound, ProblemError } from "../fault.ts";
import type { Parts } from "../parts.ts";
import { sealSettings, type SealedSettings } from "../providers/sealing.ts";
import type { RouteTable } from "../routes/index.ts";
import type { BodyOf } from "../routes/route.ts";
import type { TenantSettings } from "../routes/tenant-settings.ts";
import type { Deploy, Deployed } from "../store/operations/actions.ts";
import type { Tenant } from "../tenant.ts";
import { newVersion, readContent } from "../versions.ts";
import { compileContent, KEEP_VERSIONS } from "./compile.ts";
import { actorOf, ok, tenantOf, type Handler } from "./handler.ts";
import { checkRoomForActions, checkRoomForSecrets } from "./room.ts";
import { changed, tryProviders } from "./tenants.ts";

type Given = BodyOf<RouteTable["deploy"]>;
type GivenAction = Given["actions"][string];

export const deploy: Handler<RouteTable["deploy"]> = async (parts, call) => {
  const tenant = tenantOf(call);
  const { actions: given, secrets, ...policy } = call.body;
  const gone = Object.entries(secrets ?? {}).flatMap(([name, secret]) => (secret === null ? [name] : []));
  const put = Object.keys(secrets ?? {}).filter((name) => !gone.includes(name));
  checkRoomForActions(tenant, Object.keys(given), "body.actions");
  checkRoomForSecrets(tenant, put, "body.secrets", gone);
  const settings = Object.values(policy).some((part) => part !== undefined)
    ? await settingsWith(parts, tenant, policy)
    : null;
  const actions = [];
  for (const [action, one] of Object.entries(given)) actions.push(await readAction(parts, tenant.name, action, one));
  const sealed = Object.entries(secrets ?? {}).flatMap(([name, secret]) =>
    secret === null
      ? []
      : [
          {
            name,
            hosts: JSON.stringify(secret.hosts),
            ...parts.vault.seal({ tenant: tenant.name, name }, secret.value),
          },
        ],
  );
  const deployed = await atOnce(parts, {
    tenant: tenant.name,
    actions,
    settings: settings && JSON.stringify(settings.settings),
    sealedSettings: settings && { sealed: settings.sealed, keep: settings.keep },
    settingsBefore: tenant.settingsText,
    secrets: sealed,
    deleteSecrets: gone,
    keep: KEEP_VERSIONS,
    actor: actorOf(call),
    now: parts.now(),
  });
  await changed(parts, tenant.name);
  const shown = deployed.map(({ action, version, hash, deployment }) => [action, { version, hash, deployment }]);
  return ok({ actions: Object.fromEntries(shown) as object });
};

async function settingsWith(parts: Parts, tenant: Tenant, policy: Partial<TenantSettings>): Promise<SealedSettings> {
  const set = Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));
  const providers = policy.providers === undefined ? tenant.settings.providers : policy.providers;
  const whole = { ...tenant.settings, ...set, ...(providers === undefined ? {} : { providers }) } as TenantSettings;
  await tryProviders(parts, tenant.name, whole, tenant);
  return sealSettings(parts.vault, tenant.name, whole, tenant);
}

async function readAction(
  parts: Parts,
  tenant: string,
  action: string,
  given: GivenAction,
): Promise<Deploy["actions"][number]> {
  const live = readLive(action, given);
  if ("version" in given) return { action, content: null, version: given.version, live };
  try {
    const content = readContent(given);
    const made = await compileContent(parts, tenant, content);
    return { action, content: newVersion(content, given, made), version: null, live };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    throw new ProblemError(error.status, error.code, `${action}: ${error.message}`, { ...error.extras, action });
  }
}

/** Without a word about it, what is deployed is live. */
function readLive(action: string, { live = true }: GivenAction): Deploy["actions"][number]["live"] {
  if (live === true) return [{ version: null, percent: 100 }];
  if ("version" in live) return [{ version: live.version, percent: 100 }];
  const sum = live.split.reduce((all, { percent }) => all + percent, 0);
  if (Math.abs(sum - 100) > 1e-6) throw invalid(`body.actions.${action}.live.split`, "the percents do not make 100");
  const twice = new Set(live.split.map(({ version }) => version)).size < live.split.length;
  if (twice) throw invalid(`body.actions.${action}.live.split`, "a version stands in it twice");
  return live.split.map(({ version, percent }) => ({ version: version === "new" ? null : version, percent }));
}

async function atOnce(parts: Parts, input: Deploy): Promise<Extract<Deployed, { type: "deployed" }>["actions"]> {
  const deployed = await parts.store.run("deploy", input);
  switch (deployed.type) {
    case "deployed":
      return deployed.actions;
    case "no_tenant":
      throw notFound("tenant");
    case "stale":
      throw new ProblemError(
        409,
        "DEPLOYMENT_CONFLICT",
        "The tenant's settings changed meanwhile; nothing was deployed.",
      );
    case "no_version":
      throw new ProblemError(
        422,
        "VERSION_UNKNOWN",
        `There is no version ${deployed.version} of ${deployed.action}; nothing was deployed.`,
      );
    case "no_secret":
      throw invalid("body.providers", `the secret ${deployed.name.slice(1)} is not there to be kept`);
  }
}
