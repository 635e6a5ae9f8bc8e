/**
 * Turns of tenants at the relay: which rows it takes next, so that a desk which hangs delays its own tenant alone.
 *
 * - A tenant, and an endpoint, has so many rows out at once. Tenants with fewer rows out come first, and the last quarter of the places is for
 *   tenants that have none.
 * - A call that is out for longer than calls typically are (patience.ts) holds no place of the others; it still counts for its tenant and its endpoint.
 * - A tenant whose calls hang, or hung, without an answer since then is a suspect: one call at a time tries whether its desk is back, with
 *   pauses that grow. The first answer of any kind lets all of its calls go again.
 * - Suspects and slow tenants have a lane of their own: a quarter of the places while other rows wait, three quarters while none do.
 * - An endpoint where calls of several tenants hang, and none is answered, is tried by one call of a suspect at a time, and by its other
 *   tenants one after another.
 */
import type { Clock } from "./clock.ts";
import { isSuspect, noteAnswer, noteHang, partyOf, type Call, type Party } from "./parties.ts";
import { createPatience } from "./patience.ts";
import type { DeliverySettings } from "./settings.ts";

/** A row that has to go back waits for so long; a failure that took longer than this counts as a call that hung. */
export const SLOW_MS = 1000;
/** What may be out when calls that hang are counted too: sockets and memory of this process. */
const MAX_OUT = 1024;
const MAX_FACTOR = 64;
const MIN_FACTOR = 4;
const HUNG_TENANTS = 3;

/** What one lease may take. */
export interface Room {
  readonly lane: "quick" | "slow";
  readonly limit: number;
  readonly each: number;
  readonly rooms: readonly TenantRoom[];
}

interface TenantRoom {
  readonly tenant: string;
  readonly room: number;
  /** The tenant's first row comes as if so many of its rows had gone before. */
  readonly behind: number;
}

export type Ended = "answered" | "failed" | "hung";

export interface Turn {
  ended(how: Ended): void;
}

export interface Turns {
  /** What may be taken of tenants that are neither suspects nor slow. */
  quickRoom(): Room;
  /** What may be taken of the others; null: nothing now. */
  slowRoom(): Room | null;
  /** How much a lease took of its room. */
  leased(room: Room, rows: number): void;
  /** Null: there is no place at that endpoint, so the row has to go back. */
  begin(tenant: string, endpoint: string | null): Turn | null;
  /** When a call will stop holding a place of the others, or a probe is due; null: nothing to wait for. */
  nextInMs(): number | null;
}

/** `shared` is the endpoint of all tenants, where the provider has one. */
// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over the calls that are out
export function createTurns(settings: DeliverySettings, clock: Clock, shared: string | null = null): Turns {
  const { concurrency, tenantConcurrency, endpointConcurrency, pollMs } = settings;
  const patience = createPatience();
  const out = new Set<Call>();
  const tenants = new Map<string, Party>();
  const endpoints = new Map<string, Party>();
  const reserve = Math.floor(concurrency / 4);
  const mostOut = Math.max(MIN_FACTOR * concurrency, Math.min(MAX_FACTOR * concurrency, MAX_OUT));
  /** Whether rows of quick tenants may wait for a place. */
  let quickWait = false;
  /** When the slow lane is looked at again: it had no more rows. */
  let slowAt = 0;

  const longAgo = (): number => clock.elapsed() - patience.ms();
  const holding = (calls: ReadonlySet<Call>, which: (call: Call) => boolean = () => true): number => {
    const since = longAgo();
    return [...calls].filter((call) => call.since > since && which(call)).length;
  };
  const suspected = (party: Party): boolean => isSuspect(party, 1, longAgo());
  const free = (): number => Math.min(concurrency - holding(out), mostOut - out.size);

  function endpointRoom(name: string, forProbe: boolean): number {
    const party = endpoints.get(name);
    if (party === undefined) return endpointConcurrency;
    const probes = [...party.out].filter(({ isProbe }) => isProbe).length;
    const left = Math.max(0, endpointConcurrency - party.out.size);
    if (!isSuspect(party, HUNG_TENANTS, longAgo()))
      return forProbe ? Math.min(left, Math.max(0, Math.max(1, Math.floor(endpointConcurrency / 4)) - probes)) : left;
    if (!forProbe) return Math.min(left, Math.max(0, 1 - holding(party.out, ({ isProbe }) => !isProbe)));
    return clock.elapsed() < party.probeAt ? 0 : Math.min(left, Math.max(0, 1 - probes));
  }
  const roomAt = (endpoint: string | null, forProbe: boolean): number =>
    endpoint === null ? mostOut : endpointRoom(endpoint, forProbe);

  function quickRoomOf(party: Party, places: number): number {
    const busy = party.out.size;
    const fair = busy > 0 ? places - reserve : Math.max(1, places - reserve);
    return Math.max(0, Math.min(tenantConcurrency - busy, fair, roomAt(party.endpoint, false)));
  }
  function slowRoomOf(tenant: string, party: Party | undefined): number {
    if (party !== undefined && suspected(party)) {
      // Its first calls are still out: while no other row waits, it may have as many out as any tenant.
      if (party.hung === 0 && !quickWait)
        return Math.max(0, Math.min(tenantConcurrency - party.out.size, roomAt(party.endpoint, true)));
      // A call that hangs may be about one conversation: it keeps no probe of the tenant's others back.
      const isDue = ![...party.out].some(({ isProbe }) => isProbe) && clock.elapsed() >= party.probeAt;
      return isDue ? Math.min(1, roomAt(party.endpoint, true)) : 0;
    }
    if (!patience.slow.has(tenant)) return 0;
    return Math.max(0, Math.min(tenantConcurrency - (party?.out.size ?? 0), roomAt(party?.endpoint ?? null, false)));
  }
  const isSlow = (tenant: string, party: Party | undefined): boolean =>
    patience.slow.has(tenant) || (party !== undefined && suspected(party));

  /** A tenant without calls is remembered while it is a suspect, or while its endpoint has no room. */
  function forgetIdle(): void {
    for (const [name, { out: calls, hung, endpoint }] of tenants)
      if (calls.size === 0 && hung === 0 && roomAt(endpoint, false) > 0) tenants.delete(name);
    for (const [name, party] of endpoints) if (party.out.size === 0 && party.hung === 0) endpoints.delete(name);
  }

  return {
    quickRoom() {
      forgetIdle();
      const places = free();
      const rooms = [...new Set([...tenants.keys(), ...patience.slow])].map((tenant) => {
        const party = tenants.get(tenant);
        const room = party === undefined || isSlow(tenant, party) ? 0 : quickRoomOf(party, places);
        return { tenant, room, behind: party?.out.size ?? 0 };
      });
      const limit = Math.max(0, Math.min(places, roomAt(shared, false)));
      return { lane: "quick", limit, each: Math.min(tenantConcurrency, Math.max(1, places - reserve)), rooms };
    },
    slowRoom() {
      if (clock.elapsed() < slowAt) return null;
      const lane = Math.max(1, quickWait ? reserve : concurrency - reserve);
      const held = holding(out, (call) => call.isSlow);
      const limit = Math.min(lane - held, free(), mostOut / 2 - out.size, roomAt(shared, false));
      if (limit <= 0) return null;
      const rooms = [...new Set([...tenants.keys(), ...patience.slow])].flatMap((tenant) => {
        const party = tenants.get(tenant);
        const room = slowRoomOf(tenant, party);
        return room === 0 ? [] : { tenant, room, behind: party?.out.size ?? 0 };
      });
      return rooms.length === 0 ? null : { lane: "slow", limit, each: 0, rooms };
    },
    leased({ lane, limit }, rows) {
      if (lane === "quick") quickWait = rows === limit;
      else if (rows < limit) slowAt = clock.elapsed() + pollMs;
    },
    begin(tenant, endpoint) {
      const party = partyOf(tenants, tenant);
      party.endpoint = endpoint;
      const isProbe = suspected(party);
      if (roomAt(endpoint, isProbe) <= 0) return null;
      const call: Call = { tenant, since: clock.elapsed(), isProbe, isSlow: isSlow(tenant, party) };
      const parties = endpoint === null ? [party] : [party, partyOf(endpoints, endpoint)];
      out.add(call);
      for (const each of parties) each.out.add(call);
      return {
        ended(how) {
          if (!out.delete(call)) return;
          const now = clock.elapsed();
          const tookMs = now - call.since;
          if (how === "answered") patience.note(tenant, tookMs);
          const hung = how === "hung" || (how === "failed" && tookMs > SLOW_MS);
          for (const each of parties) {
            each.out.delete(call);
            if (hung) noteHang(each, call, now);
            else noteAnswer(each, now);
          }
        },
      };
    },
    nextInMs() {
      const now = clock.elapsed();
      const patient = [...out].map(({ since }) => since + patience.ms());
      const probes = [...tenants.values(), ...endpoints.values()].map(({ probeAt }) => probeAt);
      const next = Math.min(...[...patient, ...probes, slowAt].filter((at) => at > now));
      return Number.isFinite(next) ? next - now : null;
    },
  };
}
