/** At the start: every key that sealed anything must open it, or nothing is served; and what older keys sealed is sealed anew. */
import { HostFault } from "../base/fault.ts";
import type { SecretRow } from "./store/operations/tenants.ts";
import type { ServiceStore } from "./store/store.ts";
import type { Vault } from "./vault.ts";

/** A value of ours under each key, so that a node with another key is refused also before there is any secret. */
const SENTINEL = { tenant: "", name: "$sentinel" };
const SAMPLES = 20;
const RESEAL_AT_ONCE = 100;

/** Opens some of what each key sealed; null where there is no key yet, which opens nothing. */
export async function openSamples(store: ServiceStore, vault: Vault | null): Promise<readonly SecretRow[]> {
  const samples = await store.run("sealedSamples", { ofEach: SAMPLES });
  if (vault === null && samples.length > 0) {
    const message = "The store holds secrets that cannot be opened: no key is given, and none lies in the folder.";
    throw new HostFault("SECRETS_UNREADABLE", message, "never");
  }
  for (const sample of samples) vault?.open(sample, sample);
  return samples;
}

export async function checkSecrets(store: ServiceStore, vault: Vault): Promise<void> {
  const samples = await openSamples(store, vault);
  if (!samples.some(({ tenant, name }) => tenant === SENTINEL.tenant && name === SENTINEL.name)) {
    const secret = { name: SENTINEL.name, hosts: "[]", ...vault.seal(SENTINEL, "baton") };
    await store.run("putSentinel", { secret, now: Date.now() });
  }
  await reseal(store, vault);
}

async function reseal(store: ServiceStore, vault: Vault): Promise<void> {
  for (;;) {
    const old = await store.run("secretsToReseal", { keyId: vault.current, limit: RESEAL_AT_ONCE });
    if (old.length === 0) return;
    const secrets = old.map((secret) => {
      const { tenant, name, sealed: before } = secret;
      return { tenant, name, before, ...vault.seal(secret, vault.open(secret, secret)) };
    });
    await store.run("reseal", { secrets });
  }
}
