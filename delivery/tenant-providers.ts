/**
 * One provider for each tenant, where platforms have a desk and a number each: asked for once a tenant, kept, and closed along. What cannot
 * be had fails closed: a hand-off waits and is tried again, a call is not transferred.
 */
import { unreadable } from "./answers.ts";
import { Unreached, type HandoffDelivery, type Provider, type TransferResult } from "./provider.ts";

export type ProviderOfTenant = (tenant: string) => Provider | Promise<Provider>;

const NONE = { type: "unknown", code: "no_provider" } as const;

export function tenantProviders(ask: ProviderOfTenant, read: (tenant: string, given: unknown) => Provider): Provider {
  const known = new Map<string, Promise<Provider>>();
  const open = async (tenant: string): Promise<Provider> => {
    const provider = read(tenant, await ask(tenant));
    await provider.prepare?.();
    return provider;
  };
  const providerOf = ({ tenant }: HandoffDelivery): Promise<Provider> => {
    const found = known.get(tenant) ?? open(tenant);
    known.set(tenant, found);
    // One that could not be had is asked for again.
    found.catch(() => known.delete(tenant));
    return found;
  };
  return {
    name: "by_tenant",
    async deliver(handoff, signal) {
      const provider = await providerOf(handoff).catch(() => null);
      if (provider === null) return { type: "retry", code: "provider_unavailable" };
      return (await provider.deliver?.(handoff, signal)) ?? { type: "retry", code: absent(provider, "deliver") };
    },
    async withdraw(handoff, signal) {
      const provider = await providerOf(handoff).catch(() => null);
      if (provider === null) return { type: "retry", code: "provider_unavailable" };
      // A desk that takes nothing back is asked nothing.
      return provider.withdraw ? provider.withdraw(handoff, signal) : { type: "delivered" };
    },
    async transfer(transfer, signal) {
      const provider = await providerOf(transfer).catch((cause: unknown) => {
        throw new Unreached("provider_unavailable", { cause });
      });
      if (!provider.transfer) return { type: "refused", code: "transfer_unsupported" };
      return provider.transfer(transfer, signal);
    },
    async reconcile(transfer, signal): Promise<TransferResult> {
      const provider = await providerOf(transfer).catch(() => null);
      return (await provider?.reconcile?.(transfer, signal)) ?? NONE;
    },
    async close() {
      await Promise.allSettled([...known.values()].map(async (each) => (await each).close?.()));
    },
  };
}

const absent = (provider: Provider, part: "deliver"): string =>
  provider[part] === undefined ? "no_provider" : unreadable(provider);
