/** The two sides that calls of a relay go to, tenants and endpoints: which calls each has out, and whether it is known to hang. */

const PROBE_BASE_MS = 1000;
const PROBE_CAP_MS = 60_000;

export interface Call {
  readonly tenant: string;
  readonly since: number;
  /** It tries whether a suspect answers again. */
  readonly isProbe: boolean;
  /** It holds a place of the slow lane. */
  readonly isSlow: boolean;
}

/** One tenant, or one endpoint. */
export interface Party {
  readonly out: Set<Call>;
  /** Of a tenant: where its last call went to. */
  endpoint: string | null;
  /** The tenants whose calls hung since the last answer. */
  readonly hungOf: Set<string>;
  /** How often in a row calls hung; those that were out together count once. */
  hung: number;
  hungAt: number;
  answeredAt: number;
  /** When the next probe may go out. */
  probeAt: number;
}

export function partyOf(parties: Map<string, Party>, name: string): Party {
  const there = parties.get(name);
  if (there !== undefined) return there;
  const party: Party = {
    out: new Set(),
    endpoint: null,
    hungOf: new Set(),
    hung: 0,
    hungAt: Number.NEGATIVE_INFINITY,
    answeredAt: Number.NEGATIVE_INFINITY,
    probeAt: 0,
  };
  parties.set(name, party);
  return party;
}

/** Whether calls of that many tenants hung, or have been out since before `longAgo`, without an answer to any call since then. */
export function isSuspect(party: Party, tenants: number, longAgo: number): boolean {
  if (party.hungOf.size >= tenants) return true;
  const hanging = [...party.out].filter(({ since }) => since <= longAgo && since > party.answeredAt);
  return new Set([...party.hungOf, ...hanging.map(({ tenant }) => tenant)]).size >= tenants;
}

export function noteAnswer(party: Party, now: number): void {
  party.answeredAt = now;
  party.hungOf.clear();
  party.hung = 0;
  party.probeAt = 0;
}

/** A call that hangs while others of its party are answered says nothing of the party. */
export function noteHang(party: Party, call: Call, now: number): void {
  if (party.answeredAt > call.since) return;
  party.hungOf.add(call.tenant);
  if (party.hungAt > call.since) return;
  party.hung += 1;
  party.hungAt = now;
  party.probeAt = now + Math.min(PROBE_CAP_MS, PROBE_BASE_MS * 2 ** Math.min(party.hung - 1, 10));
}
