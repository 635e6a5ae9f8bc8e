/**
 * The memory budget: how much the worker processes hold together, against what they may. Only pages of a process's own are counted: the ones of Node's
 * binary are there once, however many processes map them. What a process weighs is read while it is looked at anyway, and of idle ones a few at a time.
 */
import { totalmem } from "node:os";

const MIB = 1024 * 1024;
/** What a process is taken to weigh before one of them was looked at. */
const GUESS_BYTES = 20 * MIB;
/** Weight of a new figure in the mean of what idle processes weigh. */
const FRESH = 0.1;

/** Half of what the machine has, or of what the host's cgroup may take where that is less. */
export function defaultBudgetBytes(): number {
  const constrained = process.constrainedMemory();
  const machine = totalmem();
  return Math.floor((constrained > 0 ? Math.min(constrained, machine) : machine) / 2);
}

export class MemoryBudget<Process extends object> {
  readonly #budgetBytes: number;
  readonly #weights = new Map<Process, number>();
  #heldBytes = 0;
  #typicalBytes = GUESS_BYTES;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get isSpent(): boolean {
    return this.#heldBytes > this.#budgetBytes;
  }

  /** Whether one more process fits in. */
  get hasRoom(): boolean {
    return this.#heldBytes + this.#typicalBytes <= this.#budgetBytes;
  }

  /** How many of the usual weight fit in. */
  get places(): number {
    return Math.max(1, Math.floor(this.#budgetBytes / this.#typicalBytes));
  }

  /** A process was started: until it is looked at it weighs what they usually do. */
  add(process: Process): void {
    this.#set(process, this.#typicalBytes);
  }

  /** What a process weighs now; null where the system does not say. */
  weigh(process: Process, bytes: number | null, isIdle: boolean): void {
    if (bytes === null || !this.#weights.has(process)) return;
    this.#set(process, bytes);
    if (isIdle) this.#typicalBytes += (bytes - this.#typicalBytes) * FRESH;
  }

  remove(process: Process): void {
    this.#heldBytes -= this.#weights.get(process) ?? 0;
    this.#weights.delete(process);
  }

  #set(process: Process, bytes: number): void {
    this.#heldBytes += bytes - (this.#weights.get(process) ?? 0);
    this.#weights.set(process, bytes);
  }
}
