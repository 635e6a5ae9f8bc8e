/**
 * Setups: what the runs of a worker process have in common, by the number under which the worker was sent it. The worker keeps the same list by the same
 * rule.
 */
import type { RunSetup } from "../protocol/host-frames.ts";
import { SETUPS_PER_WORKER } from "../protocol/wire.ts";

export class Setups {
  readonly #numbers = new Map<string, number>();
  #next = 0;

  /** `send` is called with its JSON text where the worker does not have it. */
  numberOf(setup: RunSetup, send: (number: number, text: string) => void): number {
    const text = JSON.stringify(setup);
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#next++;
    this.#numbers.set(text, number);
    if (this.#numbers.size > SETUPS_PER_WORKER) this.#numbers.delete(this.#numbers.keys().next().value!);
    send(number, text);
    return number;
  }
}
