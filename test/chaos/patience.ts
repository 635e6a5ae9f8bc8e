/**
 * How long the end of a chaos run is waited for, measured in what a live relay and a store that answers did meanwhile and not by a clock: a busy
 * machine takes longer for the same steps, and a lost row stays where it is however long one waits.
 */
import type { Entry } from "../../delivery/rows.ts";
import type { HandoffStore as Store } from "../../delivery/store-schema.ts";
import { CHAOS_SETTINGS } from "./settings.ts";

/** So often a relay that had a place for a due row may have left it lying: it is the next in its turn long before. */
const PASSED_OVER = 50;
/** Nothing goes wrong at the provider any more, so that an attempt more may only be one that was slow. */
const ATTEMPTS = 40;
/** Looks of ours at the store without one of the relay's between: it stands still. */
const LOOKS_ALONE = 400;

/** One pass of the relay over the outbox. */
interface Pass {
  readonly now: number;
  /** How many rows of a tenant it would have taken, beyond those that it took. */
  roomFor(tenant: string): boolean;
}

export interface Patience {
  /** The store, watched. */
  readonly store: Store;
  /** How often the store has answered. */
  answers(): number;
  /** What these open rows wait for, if the wait is over: then it makes no sense to look again. */
  verdict(open: readonly Entry[]): string | null;
}

interface Seen {
  readonly entry: Entry;
  readonly attempts: number;
  readonly passedOver: number;
}

export function watchRelay(store: Store): Patience {
  let answers = 0;
  let passes: Pass[] = [];
  let looksAlone = 0;
  let seen = new Map<string, Seen>();

  function look(entry: Entry): Seen {
    const before = seen.get(entry.intentId);
    const { leaseToken, attempts: tried } = entry.outbox;
    if (before === undefined) return { entry, attempts: 0, passedOver: 0 };
    if (before.entry.outbox.leaseToken !== leaseToken || before.entry.outbox.task !== entry.outbox.task)
      return { entry, attempts: before.attempts + Math.max(1, tried - before.entry.outbox.attempts), passedOver: 0 };
    const missed = passes.filter((pass) => isDue(before.entry, pass.now) && pass.roomFor(entry.tenant)).length;
    return { entry, attempts: before.attempts, passedOver: before.passedOver + missed };
  }

  return {
    store: {
      ...store,
      async run(name, input) {
        const result = await store.run(name, input);
        answers += 1;
        if (name === "lease") passes.push(passOf(input as never, result as never));
        return result;
      },
    },
    answers: () => answers,
    verdict(open) {
      looksAlone = passes.length === 0 ? looksAlone + 1 : 0;
      seen = new Map(open.map((entry) => [entry.intentId, look(entry)]));
      passes = [];
      if (looksAlone > LOOKS_ALONE) return `the relay did not look at the outbox in ${LOOKS_ALONE} looks of ours`;
      for (const { entry, attempts, passedOver } of seen.values()) {
        if (passedOver > PASSED_OVER) return `${entry.intentId} was due and passed over ${passedOver} times`;
        if (attempts > ATTEMPTS) return `${entry.intentId} was tried ${attempts} times at a provider that takes all`;
      }
      return null;
    },
  };
}

interface LeaseInput {
  readonly now: number;
  readonly limit: number;
  readonly each: number;
  readonly rooms: readonly { readonly tenant: string; readonly room: number }[];
}

function passOf({ now, limit, each, rooms }: LeaseInput, taken: readonly Entry[]): Pass {
  const roomOf = new Map(rooms.map(({ tenant, room }) => [tenant, room]));
  const takenOf = Map.groupBy(taken, ({ tenant }) => tenant);
  return {
    now,
    roomFor: (tenant) => taken.length < limit && (takenOf.get(tenant)?.length ?? 0) < (roomOf.get(tenant) ?? each),
  };
}

/** Whether a pass at that time, which sweeps first, had to take it. */
function isDue({ outbox, createdAt }: Entry, now: number): boolean {
  const { task, status, nextAt, leaseUntil } = outbox;
  const free = leaseUntil === null || leaseUntil <= now;
  // A dial is none of the relay's until its time is over.
  if (task === "dial" && status === "waiting") return free && createdAt + (CHAOS_SETTINGS.dialWithinMs ?? 0) <= now;
  return free && (task === "dial" || nextAt <= now);
}
