/**
 * A tenant's rate and its bound of runs where several nodes serve one store: both hold for all nodes together. What was lent is used up
 * here without asking; only what goes beyond it asks the store. A node that runs alone (SQLite) counts for itself.
 */
import { ProblemError } from "../fault.ts";
import type { ServiceStore } from "../store/store.ts";

export interface Shares {
  /** Takes a token of the tenant's rate; rejects with 429 where there is none. */
  token(tenant: string, perSecond: number): Promise<void>;
  /** Places of the tenant on this node; asks for more, or for them to be kept, beside. `most` is the tenant's bound on all nodes. */
  places(tenant: string, most: number): number;
  /** A place that this node may use was lent: those that wait are to be looked at. */
  onLent(listener: () => void): void;
  close(): Promise<void>;
}

export interface SharesOptions {
  readonly store: Pick<ServiceStore, "run">;
  readonly node: string;
  readonly now: () => number;
  /** Runs of the tenant on this node: in their places, and waiting. */
  readonly demand: (tenant: string) => { readonly running: number; readonly waiting: number };
}

interface Bucket {
  tokens: number;
  /** What was lent and not used by then is lost. */
  until: number;
  emptyUntil: number;
  waiting: number;
  asking: Promise<void> | null;
}

interface Lent {
  most: number;
  places: number;
  until: number;
  /** When there was last a use for it. */
  usedAt: number;
  asking: boolean;
  again: boolean;
}

/** A part of a second's tokens is lent at once. */
const TOKENS_PART = 0.05;
const TOKENS_MS = 1_000;
const RENEW_MS = 500;
const PLACES_MS = 5_000;
const IDLE_MS = 2_000;
const MAX_TENANTS = 10_000;

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over the places of one node
export function createShares({ store, node, now, demand }: SharesOptions): Shares {
  const tokens = createTokens(store, now);
  const lent = new Map<string, Lent>();
  const listeners: (() => void)[] = [];
  const out = new Set<Promise<void>>();

  async function lend(tenant: string, of: Lent): Promise<void> {
    of.asking = true;
    try {
      do {
        of.again = false;
        // The run for which it is asked is in its queue by then.
        await Promise.resolve();
        const { running, waiting } = demand(tenant);
        const at = now();
        const wants = Math.min(of.most, running + waiting);
        const until = at + PLACES_MS;
        const before = of.places;
        of.places = await store.run("lendPlaces", { tenant, node, running, wants, most: of.most, now: at, until });
        of.until = until;
        if (of.places > before) for (const listener of listeners) listener();
      } while (of.again);
    } finally {
      of.asking = false;
    }
  }

  function look(tenant: string, of: Lent): void {
    if (of.asking) return void (of.again = true);
    const work = lend(tenant, of)
      .catch(() => {})
      .finally(() => out.delete(work));
    out.add(work);
  }

  const timer = setInterval(() => {
    for (const [tenant, of] of lent) {
      const { running, waiting } = demand(tenant);
      if (running + waiting > 0) of.usedAt = now();
      if (now() - of.usedAt <= IDLE_MS) look(tenant, of);
      else if (!of.asking) {
        lent.delete(tenant);
        void store.run("givePlacesBack", { tenant, node }).catch(() => {});
      }
    }
    tokens.trim();
  }, RENEW_MS).unref();

  return {
    token: tokens.take,
    places(tenant, most) {
      const there = lent.get(tenant);
      const of = there ?? { most, places: 0, until: 0, usedAt: now(), asking: false, again: false };
      of.most = most;
      of.usedAt = now();
      if (there === undefined) lent.set(tenant, of);
      const { running, waiting } = demand(tenant);
      const places = of.until > now() ? of.places : 0;
      if (running + waiting >= places && places < most) look(tenant, of);
      return places;
    },
    onLent: (listener) => void listeners.push(listener),
    async close() {
      clearInterval(timer);
      await Promise.allSettled(out);
      await Promise.allSettled([...lent.keys()].map((tenant) => store.run("givePlacesBack", { tenant, node })));
    },
  };
}

/** Each tenant's bucket of this second, filled from the one that all nodes share. */
function createTokens(store: SharesOptions["store"], now: () => number) {
  const buckets = new Map<string, Bucket>();

  async function ask(tenant: string, bucket: Bucket, perSecond: number): Promise<void> {
    const burst = Math.max(1, perSecond);
    const want = Math.max(1, Math.min(Math.ceil(burst), bucket.waiting + Math.floor(perSecond * TOKENS_PART)));
    const at = now();
    const { granted, nextMs } = await store.run("takeTokens", { tenant, perSecond, burst, want, now: at });
    bucket.tokens = granted;
    bucket.until = at + TOKENS_MS;
    bucket.emptyUntil = granted === 0 ? at + nextMs : 0;
  }

  return {
    async take(tenant: string, perSecond: number): Promise<void> {
      const bucket = buckets.get(tenant) ?? { tokens: 0, until: 0, emptyUntil: 0, waiting: 0, asking: null };
      buckets.set(tenant, bucket);
      bucket.waiting += 1;
      try {
        for (;;) {
          if (bucket.until > now() && bucket.tokens >= 1) return void (bucket.tokens -= 1);
          if (bucket.emptyUntil > now()) throw rateLimited(bucket.emptyUntil - now());
          bucket.asking ??= ask(tenant, bucket, perSecond).finally(() => (bucket.asking = null));
          await bucket.asking;
        }
      } finally {
        bucket.waiting -= 1;
      }
    },
    trim(): void {
      if (buckets.size > MAX_TENANTS) buckets.clear();
    },
  };
}

export function rateLimited(ms: number): ProblemError {
  const retryAfter = Math.max(1, Math.ceil(ms / 1000));
  const message = "This tenant asks for more runs a second than its rate allows.";
  return new ProblemError(429, "RATE_LIMITED", message, { retryAfter });
}
