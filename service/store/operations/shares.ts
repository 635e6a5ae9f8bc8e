/**
 * A tenant's rate and its places, shared between nodes. Both are lent in parts, so that a node asks the store now and then and not for
 * each run; a node that dies loses what it was lent when the time of it is over.
 */
import { all, first, type Operation } from "../operation.ts";
import * as sql from "../statements/shares.ts";
import * as tenants from "../statements/tenants.ts";

export interface TakeTokens {
  readonly tenant: string;
  readonly perSecond: number;
  /** What the bucket holds when it is full. */
  readonly burst: number;
  readonly want: number;
  readonly now: number;
}

/** How many whole tokens of those wanted were there; and the milliseconds until the next is. */
export function* takeTokens(input: TakeTokens): Operation<{ readonly granted: number; readonly nextMs: number }> {
  const { tenant, perSecond, burst, want, now } = input;
  yield* all(sql.NEW_BUCKET, { tenant, tokens: burst, now });
  const bucket = yield* first<{ tokens: number; at: number }>(sql.BUCKET, { tenant });
  const { tokens: before = burst, at = now } = bucket ?? {};
  // Nodes' clocks differ a little: time that was counted once is not counted again.
  const since = Math.max(0, now - at);
  const tokens = Math.min(burst, before + (since / 1000) * perSecond);
  const granted = Math.min(want, Math.floor(tokens));
  yield* all(sql.SET_BUCKET, { tenant, tokens: tokens - granted, at: Math.max(at, now) });
  return { granted, nextMs: Math.max(0, ((1 - (tokens - granted)) / perSecond) * 1000) };
}

export interface LendPlaces {
  readonly tenant: string;
  readonly node: string;
  /** Runs that are in their places here: these are not taken back. */
  readonly running: number;
  /** Runs and those that wait. */
  readonly wants: number;
  /** Of the tenant, on all nodes. */
  readonly most: number;
  readonly now: number;
  readonly until: number;
}

/**
 * How many places this node may fill from now until `until`. Where all want more than there are, each gets its share as places come free:
 * a node that has more runs than its share keeps the places of those, and fills none anew.
 */
export function* lendPlaces(input: LendPlaces): Operation<number> {
  const { tenant, node, running, wants, most, now, until } = input;
  // One lock for the rows of a tenant: two nodes that ask at once must see each other's.
  yield* first(tenants.LOCK, { tenant });
  yield* all(sql.NEW_PLACES, { tenant, node, until });
  const rows = yield* all<{ node: string; places: number; wants: number }>(sql.PLACES, { tenant, node, now });
  const others = rows.filter((row) => row.node !== node);
  const sum = (of: "places" | "wants"): number => others.reduce((total, row) => total + row[of], 0);
  const sharers = others.filter((row) => row.wants > 0).length + 1;
  const fair = Math.max(1, Math.floor(most / sharers));
  const share = sum("wants") + wants <= most ? wants : Math.min(wants, Math.max(fair, most - sum("wants")));
  const places = Math.min(share, Math.max(0, most - sum("places")));
  yield* all(sql.SET_PLACES, { tenant, node, places: Math.max(running, places), wants, until });
  return places;
}

export function* givePlacesBack(input: { readonly tenant: string; readonly node: string }): Operation<void> {
  yield* all(sql.GIVE_BACK, input);
}

export function* dropShares(input: { readonly before: number }): Operation<void> {
  yield* all(sql.DROP_BUCKETS, input);
  yield* all(sql.DROP_PLACES, input);
}
