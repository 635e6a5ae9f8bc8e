/**
 * Ranks of processes: which compute beside the others and which after them, and how many of either do at once. A tenant that behaves waits for no loop of
 * another's: what computes for long goes after all others, and a tenant whose runs end that way begins there.
 */
import { mainThreadCpuMs } from "../process/process-stats.ts";
import { Neighbours } from "./neighbours.ts";
import { Offenders } from "./offenders.ts";
import type { Slot } from "./slot.ts";

/** Processes for each processor that compute at once, and of those that begin after all others because of their tenant. */
const COMPUTING = 2;
const COMPUTING_LOW = 1;
/** Looks after which those are looked at too that rested, or that compute after all others. */
const FULL_LOOK_EVERY = 8;
const CPU_IS_READ = mainThreadCpuMs(process.pid) !== null;

/** How many more processes may compute, beside the others and after them. */
export interface FreePlaces {
  high: number;
  low: number;
}

interface Whose {
  readonly tenant: string;
  readonly cordon: string;
}

export class Ranks {
  readonly #processors: number;
  readonly #offenders = new Offenders();
  readonly #neighbours = new Neighbours();
  #looks = 0;

  constructor(processors: number) {
    this.#processors = processors;
  }

  isOffender(tenant: string): boolean {
    return this.#offenders.has(tenant);
  }

  /** Milliseconds until a process may be started for the tenant. */
  waitMs(tenant: string): number {
    return this.#offenders.waitMs(tenant);
  }

  /** A run of the tenant was ended for computing too long, or took its process along. */
  noteOffence(tenant: string): void {
    this.#offenders.note(tenant);
  }

  /** Whether a process that is started for a run, or is given to it, computes after all others from the first. */
  startsLow({ tenant, cordon }: Whose): boolean {
    return this.isOffender(tenant) && this.#neighbours.has(cordon);
  }

  /** A run is about to be put into a process. */
  place(slot: Slot, whose: Whose): void {
    if (slot.isIdle) slot.precedence.rank({ low: this.startsLow(whose) });
    if (!this.isOffender(whose.tenant)) this.#neighbours.note(whose.cordon);
  }

  countFree(busy: Iterable<Slot>): FreePlaces {
    // Where CPU time cannot be read, a guest that waits for its own timer looks as if it computed.
    if (!CPU_IS_READ) return { high: Infinity, low: Infinity };
    const free = { high: this.#processors * COMPUTING, low: this.#processors * COMPUTING_LOW };
    for (const slot of busy) {
      if (slot.competes) free.high--;
      else if (slot.precedence.isLow && slot.isBusy && !slot.precedence.isResting) free.low--;
    }
    return free;
  }

  /** Puts what computes for long after all others, and brings up what is starved there though no neighbour gains by it. */
  look(busy: Iterable<Slot>): void {
    const isFull = ++this.#looks % FULL_LOOK_EVERY === 0;
    for (const slot of busy) {
      if (!slot.competes && !(isFull && slot.ready && slot.isBusy)) continue;
      const { cordon, precedence } = slot;
      const hasNeighbours = this.#neighbours.has(cordon);
      // For a neighbour's sake alone: after all others means after what else the machine has to do, and that may be much.
      precedence.look({ mayLower: hasNeighbours });
      if (precedence.isStarved && !hasNeighbours) precedence.hurry();
    }
  }
}
