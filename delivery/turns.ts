/**
 * Whose rows a relay takes next, so that a desk which hangs delays its own tenant alone. Three rules:
 *
 * - A tenant, and an endpoint, has so many rows out at once, and the last quarter of the places is for tenants that have none out.
 * - A call that has been out for a while no longer holds a place of the others'; it still counts for its tenant and its endpoint.
 * - Where calls of a tenant, or to an endpoint, only ran into their deadline, one call at a time tries whether it is back, with growing
 *   pauses; the first answer of any kind lets all of them go again.
 */
import type { Clock } from "./clock.ts";
import type { DeliverySettings } from "./settings.ts";

/** A call that is out for longer than this hangs, as far as the others are concerned. */
export const SLOW_MS = 1000;
/** So many times `concurrency` may be out when those that hang are counted too. */
const MOST = 4;
const HUNG_TENANT = 3;
const HUNG_ENDPOINT = 6;
const PROBE_BASE_MS = 1000;
const PROBE_CAP_MS = 60_000;

export interface Room {
  readonly limit: number;
  readonly each: number;
  readonly rooms: readonly { readonly tenant: string; readonly room: number }[];
}

export interface Call {
  ended(how: "answered" | "hung"): void;
}

export interface Turns {
  /** What may be taken now. */
  room(): Room;
  /** Null: there is no place at that endpoint, so the row has to go back. */
  begin(tenant: string, endpoint: string | null): Call | null;
  /** When a call will stop holding a place of the others', or a probe is due; null: nothing to wait for. */
  nextInMs(): number | null;
}

interface Out {
  readonly tenant: string;
  readonly endpoint: string | null;
  readonly since: number;
}

/** One tenant, or one endpoint. */
interface Health {
  hung: number;
  /** When the next probe may go out. */
  probeAt: number;
}

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over the calls that are out
export function createTurns(settings: DeliverySettings, clock: Clock): Turns {
  const { concurrency, tenantConcurrency, endpointConcurrency } = settings;
  const out = new Set<Out>();
  const health = new Map<string, Health>();
  const endpoints = new Map<string, string>();
  const reserve = Math.floor(concurrency / 4);

  const outOf = (is: (call: Out) => boolean): number => [...out].filter(is).length;
  const quick = (): number => outOf(({ since }) => clock.elapsed() - since < SLOW_MS);
  const ofTenant = (tenant: string) => (call: Out) => call.tenant === tenant;
  const ofEndpoint = (endpoint: string) => (call: Out) => call.endpoint === endpoint;
  const tenantKey = (tenant: string): string => `tenant ${tenant}`;
  const endpointKey = (endpoint: string): string => `endpoint ${endpoint}`;

  /** What is left of `most` calls, by the health of whom they go to. */
  function left(key: string, most: number, threshold: number, now: number): number {
    const of = health.get(key);
    if (of === undefined || of.hung < threshold) return most;
    return now >= of.probeAt ? 1 : 0;
  }
  const endpointRoom = (endpoint: string): number =>
    left(endpointKey(endpoint), endpointConcurrency, HUNG_ENDPOINT, clock.elapsed()) - outOf(ofEndpoint(endpoint));
  function tenantRoom(tenant: string, free: number): number {
    const busy = outOf(ofTenant(tenant));
    // Who has something out leaves the last quarter to those that have nothing out.
    const fair = busy > 0 ? free - reserve : Math.max(1, free - reserve);
    const own = left(tenantKey(tenant), tenantConcurrency, HUNG_TENANT, clock.elapsed()) - busy;
    const endpoint = endpoints.get(tenant);
    return Math.max(0, Math.min(own, fair, endpoint === undefined ? own : endpointRoom(endpoint)));
  }

  function note(key: string, how: "answered" | "hung"): void {
    if (how === "answered") {
      health.delete(key);
      return;
    }
    const of = health.get(key) ?? { hung: 0, probeAt: 0 };
    of.hung += 1;
    of.probeAt = clock.elapsed() + Math.min(PROBE_CAP_MS, PROBE_BASE_MS * 2 ** Math.min(of.hung, 10));
    health.set(key, of);
  }

  return {
    room() {
      const free = Math.min(concurrency - quick(), MOST * concurrency - out.size);
      const known = new Set([...[...out].map(({ tenant }) => tenant), ...suspected(health), ...endpoints.keys()]);
      const rooms = [...known].map((tenant) => ({ tenant, room: tenantRoom(tenant, free) }));
      return { limit: Math.max(0, free), each: Math.min(tenantConcurrency, Math.max(1, free - reserve)), rooms };
    },
    begin(tenant, endpoint) {
      if (endpoint === null) endpoints.delete(tenant);
      else endpoints.set(tenant, endpoint);
      if (endpoint !== null && endpointRoom(endpoint) <= 0) return null;
      const call: Out = { tenant, endpoint, since: clock.elapsed() };
      out.add(call);
      return {
        ended(how) {
          if (!out.delete(call)) return;
          note(tenantKey(tenant), how);
          if (endpoint !== null) note(endpointKey(endpoint), how);
          // What is not out, not suspected and not shared need not be remembered.
          if (endpoint !== null && outOf(ofEndpoint(endpoint)) === 0 && !health.has(endpointKey(endpoint)))
            endpoints.delete(tenant);
        },
      };
    },
    nextInMs() {
      const now = clock.elapsed();
      const slow = [...out].map(({ since }) => since + SLOW_MS).filter((at) => at > now);
      const probes = [...health.values()].map(({ probeAt }) => probeAt).filter((at) => at > now);
      const next = Math.min(...slow, ...probes);
      return Number.isFinite(next) ? next - now : null;
    },
  };
}

function suspected(health: ReadonlyMap<string, Health>): string[] {
  return [...health.keys()].filter((key) => key.startsWith("tenant ")).map((key) => key.slice("tenant ".length));
}
