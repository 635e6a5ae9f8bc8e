/** The network of a tenant: what one tenant may hold of the network that all tenants share: look-ups of names, and connections. */
import type { LookupFunction } from "node:net";
import { EgressError } from "./refusal.ts";
import { createNameResolver, createPlaces } from "./resolver.ts";
import type { ResolverOptions } from "./resolver.ts";

export interface TenantNetwork {
  /** A lookup that ends with the signal. */
  lookup(signal: AbortSignal): LookupFunction;
  /** Takes the place of one connection, to be left when it is closed. Waits for one, but not longer than the signal. */
  enter(signal: AbortSignal): Promise<() => void>;
}

/** Connections of one tenant, idle ones counted; these are closed after some seconds. */
const MAX_CONNECTIONS = 256;
const MAX_WAITING = 1_024;

export function createTenantNetwork(options: ResolverOptions & { readonly connections?: number } = {}): TenantNetwork {
  const resolver = createNameResolver(options);
  const enter = createPlaces(options.connections ?? MAX_CONNECTIONS, MAX_WAITING);
  return {
    lookup: (signal) => (hostname, _options, done) => {
      resolver.resolve(hostname, signal).then(
        (addresses) => done(null, addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }))),
        (error: NodeJS.ErrnoException) => done(error, []),
      );
    },
    async enter(signal) {
      try {
        return await enter(signal);
      } catch (error) {
        if (error instanceof EgressError) throw error;
        throw new EgressError("EGRESS_NETWORK", "too many connections of this tenant are open", { cause: error });
      }
    },
  };
} // prettier-ignore
