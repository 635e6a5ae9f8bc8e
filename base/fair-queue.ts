/**
 * Runs that wait, a bounded queue for each tenant, taken in turn (weighted round robin): a tenant that floods fills its own queue and nobody else's.
 */
export class FairQueue<T> {
  readonly #maxPerTenant: number;
  readonly #weightOf: (tenant: string) => number;
  readonly #queues = new Map<string, T[]>();
  /** Turns that a tenant may still take before it goes to the back. */
  #turn: { readonly tenant: string; readonly left: number } | null = null;

  constructor(maxPerTenant: number, weightOf: (tenant: string) => number = () => 1) {
    this.#maxPerTenant = maxPerTenant;
    this.#weightOf = weightOf;
  }

  get isEmpty(): boolean {
    return this.#queues.size === 0;
  }

  /** False if the tenant's queue is full. */
  push(tenant: string, item: T): boolean {
    const queue = this.#queues.get(tenant);
    if (queue === undefined) this.#queues.set(tenant, [item]);
    else if (queue.length >= this.#maxPerTenant) return false;
    else queue.push(item);
    return true;
  }

  /** Puts back what had been taken, at the head of its tenant's queue; never refused, because it was admitted before. */
  pushFront(tenant: string, item: T): void {
    const queue = this.#queues.get(tenant);
    if (queue === undefined) this.#queues.set(tenant, [item]);
    else queue.unshift(item);
  }

  /** The next item, in turn, that can be placed: `place` says whether it was. Whoever cannot be placed keeps its turn. */
  takeNext(place: (item: T) => boolean): boolean {
    for (const [tenant, queue] of this.#queues) {
      if (!place(queue[0]!)) continue;
      queue.shift();
      this.#countTurn(tenant, queue);
      return true;
    }
    return false;
  }

  remove(tenant: string, item: T): boolean {
    const queue = this.#queues.get(tenant);
    const index = queue?.indexOf(item) ?? -1;
    if (queue === undefined || index === -1) return false;
    queue.splice(index, 1);
    if (queue.length === 0) this.#queues.delete(tenant);
    return true;
  }

  /** Empties the queue. */
  drain(each: (item: T) => void): void {
    const items = [...this.#queues.values()].flat();
    this.#queues.clear();
    for (const item of items) each(item);
  }

  #countTurn(tenant: string, queue: T[]): void {
    const left = (this.#turn?.tenant === tenant ? this.#turn.left : Math.max(1, this.#weightOf(tenant))) - 1;
    this.#turn = left > 0 && queue.length > 0 ? { tenant, left } : null;
    if (this.#turn !== null) return;
    this.#queues.delete(tenant);
    if (queue.length > 0) this.#queues.set(tenant, queue);
  }
}
