/**
 * One provider for each tenant, where platforms have a desk and a number each: asked for once a tenant, kept, and closed along. What cannot
 * be had fails closed: a hand-off waits and is tried again, a call is not transferred. A function that hangs is waited for no longer than a
 * policy of destinations is, because a dial past its deadline could no longer report that nothing was sent.
 */
import { unreadable } from "./answers.ts";
import { inTime, type Clock, type Timely } from "./clock.ts";
import type { DeliverySettings } from "./settings.ts";
import { Unreached, type HandoffDelivery, type Provider, type TransferResult } from "./provider.ts";

export type ProviderOfTenant = (tenant: string) => Provider | Promise<Provider>;

interface Opening {
  /** Holds what the function gives to what a provider is. */
  readonly read: (tenant: string, given: unknown) => Provider;
  readonly clock: Clock;
  readonly settings: Pick<DeliverySettings, "recordMs" | "fireMs" | "deliverMs">;
}

interface Asked {
  readonly opening: Promise<Provider>;
  readonly since: number;
  there: Provider | null;
}

const NONE = { type: "unknown", code: "no_provider" } as const;

export function tenantProviders(ask: ProviderOfTenant, { read, clock, settings }: Opening): Provider {
  const { recordMs, fireMs, deliverMs } = settings;
  const waitMs = Math.min(recordMs, fireMs / 2);
  const known = new Map<string, Asked>();
  const open = async (tenant: string): Promise<Provider> => {
    const provider = read(tenant, await ask(tenant));
    await provider.prepare?.();
    return provider;
  };
  /** One that could not be had, or does not come, is asked for again. */
  const askedFor = (tenant: string): Asked => {
    const found = known.get(tenant);
    if (found !== undefined && (found.there !== null || clock.elapsed() - found.since < deliverMs)) return found;
    const asked: Asked = { opening: open(tenant), since: clock.elapsed(), there: null };
    known.set(tenant, asked);
    asked.opening.then(
      (provider) => (asked.there = provider),
      () => known.get(tenant) === asked && known.delete(tenant),
    );
    return asked;
  };
  const providerOf = async ({ tenant }: HandoffDelivery): Promise<Provider> => {
    const timely = await inTime(clock, waitMs, askedFor(tenant).opening);
    if (timely.type === "late")
      throw new Error(
        'openHandoffs: the function "provider" did not return a tenant\'s provider in time (docs/delivery.md).',
      );
    return timely.value;
  };
  return {
    name: "by_tenant",
    endpointOf: (tenant) => known.get(tenant)?.there?.endpoint,
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
    close: () => closeOpened([...known.values()].map(({ opening }) => inTime(clock, waitMs, opening))),
  };
}

/** Providers that were not there in time are not waited for any longer. */
async function closeOpened(opened: readonly Promise<Timely<Provider>>[]): Promise<void> {
  const had = await Promise.allSettled(opened);
  const providers = new Set<Provider>();
  for (const each of had)
    if (each.status === "fulfilled" && each.value.type === "answered") providers.add(each.value.value);
  await Promise.allSettled([...providers].map(async (each) => each.close?.()));
}

const absent = (provider: Provider, part: "deliver"): string =>
  provider[part] === undefined ? "no_provider" : unreadable(provider);
