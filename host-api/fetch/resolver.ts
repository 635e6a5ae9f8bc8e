/**
 * Looks names up for one tenant, by c-ares: the system's own call takes one of four threads that the whole process shares, and keeps it while a
 * silent server lets it wait. Here a look-up takes a socket, has an end, and a tenant has so many at once. What is found is kept for as long as
 * DNS says; the connector still checks every address, kept or new, so a name cannot be rebound to a private one.
 */
import { getServers } from "node:dns";
import { Resolver } from "node:dns/promises";
import { createNameFiles } from "./hosts-file.ts";
import type { NameFiles } from "./hosts-file.ts";

export interface NameResolver {
  /** Addresses, IPv4 first. Rejects with an error that has a `code`, or with the signal's reason. */
  resolve(name: string, signal: AbortSignal): Promise<readonly string[]>;
}

export interface ResolverOptions {
  readonly files?: NameFiles;
  /** Look-ups on their way at once; more wait their turn. */
  readonly atOnce?: number;
  /** For tests; by default those of the process. */
  readonly servers?: () => readonly string[];
}

interface Kept {
  readonly addresses: readonly string[];
  readonly until: number;
}

const AT_ONCE = 8;
const MAX_WAITING = 256;
const TRY_MS = 1_000;
const TRIES = 3;
const MAX_KEPT = 256;
const LONGEST_KEPT_MS = 60_000;
const MAX_ADDRESSES = 16;
/** How long the slower of the two kinds of address is waited for once the other is there. */
const PATIENCE_MS = 250;
const NOT_HERE = new Set(["ENOTFOUND", "ENODATA", "ESERVFAIL", "EREFUSED", "EBADNAME"]);

/** What the system said when this process began: other servers than these were set by the host, and count. */
const SERVERS_AT_START = new Resolver().getServers().join();

export function createNameResolver(options: ResolverOptions = {}): NameResolver {
  const files = options.files ?? createNameFiles();
  const servers = options.servers ?? currentServers;
  const turns = createTurns(options.atOnce ?? AT_ONCE);
  const kept = new Map<string, Kept>();
  const keep = (name: string, found: Found): void => {
    const ms = Math.min(LONGEST_KEPT_MS, found.ttl * 1_000);
    kept.delete(name);
    if (ms > 0) kept.set(name, { addresses: found.addresses, until: performance.now() + ms });
    if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value!);
  };
  return {
    async resolve(name, signal) {
      signal.throwIfAborted();
      const known = kept.get(name);
      if (known !== undefined && known.until > performance.now()) return known.addresses;
      const local = await files.addressesOf(name);
      if (local !== null) return local;
      return turns(signal, async () => {
        const found = await askFor(await files.candidates(name), servers(), signal);
        keep(name, found);
        return found.addresses;
      });
    },
  };
}

/** The servers as they are in resolv.conf now, unless the host set others with `dns.setServers`. */
function currentServers(): readonly string[] {
  const set = getServers();
  return set.join() === SERVERS_AT_START ? new Resolver().getServers() : set;
}

interface Found {
  readonly addresses: readonly string[];
  /** Seconds. */
  readonly ttl: number;
}

async function askFor(names: readonly string[], servers: readonly string[], signal: AbortSignal): Promise<Found> {
  const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES });
  resolver.setServers(servers);
  const cancel = () => resolver.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    let last: unknown;
    for (const name of names) {
      try {
        return await askOne(resolver, name);
      } catch (error) {
        last = error;
        signal.throwIfAborted();
        if (!NOT_HERE.has((error as { code?: string }).code ?? "")) break;
      }
    }
    throw last;
  } finally {
    signal.removeEventListener("abort", cancel);
    resolver.cancel();
  }
}

interface Part {
  readonly records: readonly { readonly address: string; readonly ttl: number }[];
  readonly error: unknown;
}

async function askOne(resolver: Resolver, name: string): Promise<Found> {
  const asking = (answer: Promise<{ address: string; ttl: number }[]>): Promise<Part> =>
    answer.then((records) => ({ records, error: null }), (error: unknown) => ({ records: [], error }));
  const four = asking(resolver.resolve4(name, { ttl: true }));
  const six = asking(resolver.resolve6(name, { ttl: true }));
  const first = await Promise.race([four, six]);
  const patience = first.records.length === 0 ? null : pause(PATIENCE_MS);
  const parts = patience === null ? await Promise.all([four, six]) : await Promise.race([Promise.all([four, six]), patience.then(() => [first])]);
  const records = parts.flatMap((part) => part.records).slice(0, MAX_ADDRESSES);
  if (records.length > 0) return { addresses: records.map(({ address }) => address), ttl: Math.min(...records.map(({ ttl }) => ttl)) };
  const errors = parts.map(({ error }) => error);
  // A server that was silent for one kind says more than one that knows nothing of the other.
  throw errors.find((error) => !NOT_HERE.has((error as { code?: string } | null)?.code ?? "")) ?? errors[0] ?? noAddress();
} // prettier-ignore

function noAddress(): Error {
  return Object.assign(new Error("no address"), { code: "ENODATA" });
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => void setTimeout(done, ms).unref());
}

/** At most `most` at once; the others wait for their turn, in order, and no longer than their signal lets them. */
export function createTurns(most: number): <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T> {
  const enter = createPlaces(most, MAX_WAITING);
  return async (signal, work) => {
    const leave = await enter(signal);
    try {
      return await work();
    } finally {
      leave();
    }
  };
}

/** Resolves with a place that is to be left again; rejects where too many wait for one, or with the signal's reason. */
export function createPlaces(most: number, mostWaiting: number): (signal: AbortSignal) => Promise<() => void> {
  const waiting = new Set<() => void>();
  let taken = 0;
  const place = (): (() => void) => {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const [next] = waiting;
      if (next === undefined) taken -= 1;
      else next();
    };
  };
  return async (signal) => {
    signal.throwIfAborted();
    if (taken < most) {
      taken += 1;
      return place();
    }
    if (waiting.size >= mostWaiting) throw Object.assign(new Error("too many at once"), { code: "EBUSY" });
    await new Promise<void>((go, fail) => {
      const onAbort = () => {
        waiting.delete(enter);
        fail(signal.reason as Error);
      };
      const enter = () => {
        waiting.delete(enter);
        signal.removeEventListener("abort", onAbort);
        go();
      };
      waiting.add(enter);
      signal.addEventListener("abort", onAbort, { once: true });
    });
    return place();
  };
}
