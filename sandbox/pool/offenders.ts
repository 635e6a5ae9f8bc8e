/**
 * Tenants whose runs were ended for computing too long, or took their process along. What hurts their neighbours is not the loop itself, which
 * computes after all others, but the process that has to be started after it. So an offender waits before each start, longer from time to time,
 * and is forgotten as it behaves.
 */

/** Milliseconds after which an offence weighs half. */
const HALF_LIFE_MS = 30_000;
/** Below this a tenant is taken to behave. */
const FORGIVEN = 0.5;
const FIRST_BACK_OFF_MS = 100;
const MAX_BACK_OFF_MS = 5_000;
/** Tenants remembered at most: the one whose offence is oldest is forgotten first. */
const MAX_TENANTS = 10_000;

interface Record {
  score: number;
  at: number;
  /** Before this time no process is started for the tenant. */
  startsAt: number;
}

export class Offenders {
  readonly #now: () => number;
  /** In the order of their last offence. */
  readonly #records = new Map<string, Record>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  note(tenant: string): void {
    const now = this.#now();
    const score = this.#scoreOf(tenant, now) + 1;
    this.#records.delete(tenant);
    this.#records.set(tenant, { score, at: now, startsAt: now + backOffMs(score) });
    if (this.#records.size > MAX_TENANTS) this.#records.delete(this.#records.keys().next().value!);
  }

  has(tenant: string): boolean {
    return this.#records.has(tenant) && this.#scoreOf(tenant, this.#now()) >= FORGIVEN;
  }

  /** Milliseconds until a process may be started for the tenant; 0 for one that behaves. */
  waitMs(tenant: string): number {
    const record = this.#records.get(tenant);
    return record === undefined ? 0 : Math.max(0, record.startsAt - this.#now());
  }

  #scoreOf(tenant: string, now: number): number {
    const record = this.#records.get(tenant);
    return record === undefined ? 0 : record.score * 2 ** ((record.at - now) / HALF_LIFE_MS);
  }
}

const backOffMs = (score: number): number => Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** (score - 1));
