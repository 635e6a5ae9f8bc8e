/**
 * Runs that wait, a bounded queue for each tenant, taken in turn (weighted round robin): a tenant that floods fills its own queue and no other.
 * What is urgent comes before the rest of its tenant's, and tenants with something urgent before the others, but for one turn in a few, so that
 * nothing waits for ever behind it.
 */
/** Urgent items taken in a row while others wait. */
const URGENT_IN_A_ROW = 4;

type Lane = "urgent" | "ordinary";

interface Waiting<T> {
  readonly urgent: T[];
  readonly ordinary: T[];
  bytes: number;
}

/** What items hold of memory, of which a tenant may have so much waiting; one of any size may wait alone. */
export interface QueueBytes<T> {
  readonly of: (item: T) => number;
  readonly most: number;
}

export class FairQueue<T> {
  readonly #maxPerTenant: number;
  readonly #bytes: QueueBytes<T>;
  readonly #weightOf: (tenant: string) => number;
  readonly #queues = new Map<string, Waiting<T>>();
  /** Turns that a tenant may still take before it goes to the back. */
  #turn: { readonly tenant: string; readonly left: number } | null = null;
  #urgent = 0;
  #urgentInARow = 0;

  constructor(
    maxPerTenant: number,
    weightOf: (tenant: string) => number = () => 1,
    bytes: QueueBytes<T> = { of: () => 0, most: Infinity },
  ) {
    this.#maxPerTenant = maxPerTenant;
    this.#bytes = bytes;
    this.#weightOf = weightOf;
  }

  get isEmpty(): boolean {
    return this.#queues.size === 0;
  }

  /** False if the tenant's queue is full. */
  push(tenant: string, item: T, { urgent = false }: { readonly urgent?: boolean } = {}): boolean {
    const queue = this.#queues.get(tenant);
    if (queue !== undefined && sizeOf(queue) >= this.#maxPerTenant) return false;
    if (queue !== undefined && queue.bytes + this.#bytes.of(item) > this.#bytes.most) return false;
    this.#laneOf(tenant, item, urgent).push(item);
    return true;
  }

  /** Puts back what had been taken, at the head of its tenant's queue; never refused, because it was admitted before. */
  pushFront(tenant: string, item: T, { urgent = false }: { readonly urgent?: boolean } = {}): void {
    this.#laneOf(tenant, item, urgent).unshift(item);
  }

  /** The next item, in turn, that can be placed: `place` says whether it was. A tenant whose item cannot be placed keeps its turn. */
  takeNext(place: (item: T) => boolean): boolean {
    const yields = this.#urgentInARow >= URGENT_IN_A_ROW;
    if (yields && this.#takeFrom("ordinary", place)) return true;
    if (this.#urgent > 0 && this.#takeFrom("urgent", place)) return true;
    return !yields && this.#takeFrom("ordinary", place);
  }

  remove(tenant: string, item: T): boolean {
    const queue = this.#queues.get(tenant);
    if (queue === undefined) return false;
    const lane = queue.urgent.includes(item) ? "urgent" : "ordinary";
    const index = queue[lane].indexOf(item);
    if (index === -1) return false;
    queue[lane].splice(index, 1);
    this.#note(tenant, queue, lane, item);
    return true;
  }

  /** Takes out whatever `isOver` says has waited too long, oldest first and no further than the first that has not. */
  expire(isOver: (item: T) => boolean): T[] {
    const over: T[] = [];
    for (const [tenant, queue] of this.#queues)
      for (const lane of ["urgent", "ordinary"] as const)
        while (queue[lane].length > 0 && isOver(queue[lane][0]!)) {
          const item = queue[lane].shift()!;
          over.push(item);
          this.#note(tenant, queue, lane, item);
        }
    return over;
  }

  /** Empties the queue. */
  drain(each: (item: T) => void): void {
    const items = [...this.#queues.values()].flatMap(({ urgent, ordinary }) => [...urgent, ...ordinary]);
    this.#queues.clear();
    this.#urgent = 0;
    for (const item of items) each(item);
  }

  /** The lane that takes the item. */
  #laneOf(tenant: string, item: T, urgent: boolean): T[] {
    let queue = this.#queues.get(tenant);
    if (queue === undefined) this.#queues.set(tenant, (queue = { urgent: [], ordinary: [], bytes: 0 }));
    queue.bytes += this.#bytes.of(item);
    if (urgent) this.#urgent++;
    return urgent ? queue.urgent : queue.ordinary;
  }

  /** A tenant's first in a lane, in turn. What is not urgent waits for all of its own tenant's that is. */
  #takeFrom(lane: Lane, place: (item: T) => boolean): boolean {
    for (const [tenant, queue] of this.#queues) {
      if (lane === "ordinary" && queue.urgent.length > 0) continue;
      const item = queue[lane][0];
      if (queue[lane].length === 0 || !place(item!)) continue;
      queue[lane].shift();
      if (lane === "urgent") this.#urgentInARow++;
      else this.#urgentInARow = 0;
      this.#countTurn(tenant, queue);
      this.#note(tenant, queue, lane, item!);
      return true;
    }
    return false;
  }

  /** One less in a lane. */
  #note(tenant: string, queue: Waiting<T>, lane: Lane, item: T): void {
    if (lane === "urgent") this.#urgent--;
    queue.bytes -= this.#bytes.of(item);
    if (sizeOf(queue) === 0) this.#queues.delete(tenant);
  }

  #countTurn(tenant: string, queue: Waiting<T>): void {
    const left = (this.#turn?.tenant === tenant ? this.#turn.left : this.#turnsOf(tenant)) - 1;
    this.#turn = left > 0 && sizeOf(queue) > 0 ? { tenant, left } : null;
    if (this.#turn !== null) return;
    this.#queues.delete(tenant);
    if (sizeOf(queue) > 0) this.#queues.set(tenant, queue);
  }

  /** The function is the host's: what it gives that is no weight counts as one turn. */
  #turnsOf(tenant: string): number {
    try {
      const weight = this.#weightOf(tenant);
      return weight >= 1 ? weight : 1;
    } catch {
      return 1;
    }
  }
}

const sizeOf = ({ urgent, ordinary }: Pick<Waiting<unknown>, Lane>): number => urgent.length + ordinary.length;
