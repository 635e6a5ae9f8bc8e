/** At the start: every key that sealed anything must open it, or nothing is served; and what older keys sealed is sealed anew. */
import type { ServiceStore } from "./store/store.ts";
import type { Vault } from "./vault.ts";

/** A value of ours under each key, so that a node with another key is refused also before there is any secret. */
const SENTINEL = { tenant: "", name: "$sentinel" };
const SAMPLES = 20;
const RESEAL_AT_ONCE = 100;

export async function checkSecrets(store: ServiceStore, vault: Vault): Promise<void> {
  const samples = await store.run("sealedSamples", { ofEach: SAMPLES });
  for (const sample of samples) vault.open(sample, sample);
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
