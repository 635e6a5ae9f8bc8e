/**
 * Whose turn it is on this node: a bound for all, a bound and a rate for each tenant, and between tenants that wait turns by weight.
 * A phone run goes before chat, by so much as does not starve the others: it counts as if its tenant had used less.
 */
import { deadlines } from "../../base/wheel.ts";
import { ProblemError } from "../fault.ts";
import type { Pressure } from "./pressure.ts";
import { rateLimited } from "./shares.ts";

export interface Asking {
  readonly tenant: string;
  readonly phone: boolean;
  readonly weight: number;
  /** Runs of the tenant at once; a function where it changes while they wait. */
  readonly concurrent: number | (() => number);
  readonly perSecond: number | null;
  /** Milliseconds of `now()`; null: the node's own bound alone. */
  readonly deadline: number | null;
  /** Null: its caller never withdraws it. */
  readonly signal: AbortSignal | null;
}

export interface Scheduler {
  /** Resolves when it may run; the function gives the place back. Rejects with 429, 503 or 504, and nothing ran. */
  enter(asking: Asking): Promise<() => void>;
  readonly running: number;
  readonly waiting: number;
  /** Of one tenant. */
  demand(tenant: string): { readonly running: number; readonly waiting: number };
  /** A bound has changed: what waits is looked at. */
  look(): void;
  /** Refuses what waits and whatever comes. */
  close(): void;
}

export interface SchedulerOptions {
  readonly concurrency: number;
  readonly queuePerTenant: number;
  readonly queueMs: number;
  readonly now?: () => number;
  /** Bounds each tenant's runs while the node is late; without it only their own bounds hold. */
  readonly pressure?: Pick<Pressure, "asked" | "bound"> | undefined;
}

interface Waiter extends Asking {
  readonly order: number;
  readonly go: (leave: () => void) => void;
  readonly refuse: (error: Error) => void;
}

interface Account {
  running: number;
  readonly phone: Waiter[];
  readonly chat: Waiter[];
  /** Runs that it was given, divided by its weight, on the clock of all tenants. */
  used: number;
  tokens: number;
  refilledAt: number;
}

/** How many runs ahead of its fair turn a phone run is taken. */
const PHONE_AHEAD = 4;

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over the accounts of one node
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { concurrency, queuePerTenant, queueMs, now = Date.now, pressure } = options;
  const accounts = new Map<string, Account>();
  let running = 0;
  let waiting = 0;
  let served = 0;
  let order = 0;
  let closed = false;

  const boundOf = ({ concurrent }: Asking): number =>
    Math.min(typeof concurrent === "function" ? concurrent() : concurrent, pressure?.bound() ?? Infinity);

  function accountOf(tenant: string): Account {
    let account = accounts.get(tenant);
    if (account === undefined) {
      account = { running: 0, phone: [], chat: [], used: served, tokens: Number.NaN, refilledAt: now() };
      accounts.set(tenant, account);
    }
    return account;
  }

  function give(tenant: string, account: Account, weight: number): () => void {
    running += 1;
    account.running += 1;
    // Who was away does not come back with a claim on what it did not use.
    account.used = Math.max(account.used, served) + 1 / weight;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      running -= 1;
      account.running -= 1;
      if (account.running === 0 && account.phone.length + account.chat.length === 0 && full(account))
        accounts.delete(tenant);
      next();
    };
  }

  /** An account with a rate is kept until its tokens are back: forgetting it would give them back at once. */
  const full = (account: Account): boolean => Number.isNaN(account.tokens) || now() - account.refilledAt > 60_000;

  function next(): void {
    while (running < concurrency && waiting > 0) {
      const turn = nextTurn(accounts.values(), boundOf);
      if (turn === null) return;
      const { account, lane, waiter } = turn;
      lane.shift();
      waiting -= 1;
      served = Math.max(served, account.used);
      waiter.go(give(waiter.tenant, account, waiter.weight));
    }
  }

  function wait(asking: Asking, account: Account): Promise<() => void> {
    waiting += 1;
    const lane = asking.phone ? account.phone : account.chat;
    return standInLane(lane, asking, { order: (order += 1), queueMs, now, onLeft: () => (waiting -= 1) });
  }

  return {
    async enter(asking) {
      if (closed) throw draining();
      const account = accountOf(asking.tenant);
      pressure?.asked(asking.tenant);
      if (asking.deadline !== null && asking.deadline <= now()) throw deadlinePassed();
      takeToken(account, asking.perSecond, now());
      const before = account.phone.length + account.chat.length;
      // While there is a free place, those that wait are held by their own tenant's bound.
      if (running < concurrency && account.running < boundOf(asking) && before === 0) {
        return give(asking.tenant, account, asking.weight);
      }
      if (before >= queuePerTenant) {
        throw new ProblemError(429, "QUEUE_FULL", "Too many runs of this tenant are waiting.", { retryAfter: 1 });
      }
      return wait(asking, account);
    },
    get running() {
      return running;
    },
    get waiting() {
      return waiting;
    },
    demand(tenant) {
      const account = accounts.get(tenant);
      if (account === undefined) return { running: 0, waiting: 0 };
      return { running: account.running, waiting: account.phone.length + account.chat.length };
    },
    look: next,
    close() {
      closed = true;
      for (const { phone, chat } of accounts.values()) {
        for (const waiter of [...phone.splice(0), ...chat.splice(0)]) {
          waiting -= 1;
          waiter.refuse(draining());
        }
      }
    },
  };
}

interface Turn {
  readonly account: Account;
  readonly lane: Waiter[];
  readonly waiter: Waiter;
}

/** The one that has the oldest claim, of those that their tenant's bound lets run. */
function nextTurn(accounts: Iterable<Account>, boundOf: (asking: Asking) => number): Turn | null {
  let best: (Turn & { readonly rank: number }) | null = null;
  for (const account of accounts) {
    for (const lane of [account.phone, account.chat]) {
      const waiter = lane[0];
      if (waiter === undefined || account.running >= boundOf(waiter)) continue;
      const rank = account.used - (waiter.phone ? PHONE_AHEAD : 0);
      if (best === null || rank < best.rank || (rank === best.rank && waiter.order < best.waiter.order)) {
        best = { account, waiter, lane, rank };
      }
    }
  }
  return best;
}

interface Standing {
  readonly order: number;
  readonly queueMs: number;
  readonly now: () => number;
  /** It left before its turn. */
  readonly onLeft: () => void;
}

/** Waits at the end of a lane for a turn, until its deadline, the queue's patience or its caller ends that. */
function standInLane(lane: Waiter[], asking: Asking, { order, queueMs, now, onLeft }: Standing): Promise<() => void> {
  const until = Math.min(asking.deadline ?? Infinity, now() + queueMs);
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      deadlines.stop(bell);
      asking.signal?.removeEventListener("abort", aborted);
    };
    const waiter: Waiter = {
      ...asking,
      order,
      go(leave) {
        settle();
        resolve(leave);
      },
      refuse(error) {
        settle();
        reject(error);
      },
    };
    const withdraw = (error: Error): void => {
      const index = lane.indexOf(waiter);
      if (index === -1) return;
      lane.splice(index, 1);
      onLeft();
      waiter.refuse(error);
    };
    const overdue = (): void =>
      withdraw(asking.deadline !== null && asking.deadline <= until ? deadlinePassed() : tooLong());
    const bell = deadlines.set(until - now(), overdue);
    const aborted = (): void =>
      withdraw(new ProblemError(409, "EXECUTION_CANCELLED", "It was cancelled before it began."));
    asking.signal?.addEventListener("abort", aborted, { once: true });
    lane.push(waiter);
  });
}

/** A bucket that holds a second's worth, one at least. */
function takeToken(account: Account, perSecond: number | null, at: number): void {
  if (perSecond === null) return;
  const most = Math.max(1, perSecond);
  const before = Number.isNaN(account.tokens) ? most : account.tokens;
  account.tokens = Math.min(most, before + ((at - account.refilledAt) / 1000) * perSecond);
  account.refilledAt = at;
  if (account.tokens < 1) {
    throw rateLimited(((1 - account.tokens) / perSecond) * 1000);
  }
  account.tokens -= 1;
}

export const deadlinePassed = (): ProblemError =>
  new ProblemError(504, "DEADLINE_PASSED", "The deadline passed while the run waited; nothing ran.");
export const draining = (): ProblemError =>
  new ProblemError(503, "DRAINING", "This node is being stopped; nothing ran.", { retryAfter: 1 });
const tooLong = (): ProblemError =>
  new ProblemError(429, "QUEUE_TIMEOUT", "The run waited longer than the queue allows; nothing ran.", {
    retryAfter: 1,
  });
