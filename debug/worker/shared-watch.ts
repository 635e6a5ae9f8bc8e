/**
 * The clock of a guest under the debugger, shared by the two threads of its process: the main thread, which plays the guest and notes when it
 * stands still, and the watch thread, which ends a turn that has used its limits. Standing still is a pause of the debugger or a wait for the
 * host; neither is time of the guest's. Numbers are whole microseconds of the system's monotonic clock, which both threads read alike.
 */
import type { Stopwatch } from "../../sandbox/worker/budget.ts";

const SLOTS = 12;
const STILL_SINCE = 0;
const STILL_TOTAL = 1;
const STILL_CPU = 2;
const TURN = 3;
const TURN_BEGAN = 4;
const TURN_STILL = 5;
const TURN_CPU = 6;
const WALL_LIMIT = 7;
const CPU_LIMIT = 8;
const CUT_TURN = 9;
const RUN_BYTES = 10;
const MEMORY_LIMIT = 11;

export type Limit = "wall" | "cpu" | "memory";
/** What the process may take beside what a run may: of the room that V8 keeps for young objects, say. */
const SLACK_BYTES = 64 * 1024 * 1024;

/** The numbers behind both views, to be handed to the other thread. */
export type SharedNumbers = BigInt64Array<SharedArrayBuffer>;

export function createSharedNumbers(): SharedNumbers {
  return new BigInt64Array(new SharedArrayBuffer(SLOTS * BigInt64Array.BYTES_PER_ELEMENT));
}

const micros = (): number => Number(process.hrtime.bigint() / 1_000n);

function cpuMicros({ user, system }: { readonly user: number; readonly system: number }): number {
  return user + system;
}

class View {
  readonly #numbers: SharedNumbers;

  constructor(numbers: SharedNumbers) {
    this.#numbers = numbers;
  }

  protected get(slot: number): number {
    return Number(Atomics.load(this.#numbers, slot));
  }

  protected set(slot: number, value: number): void {
    Atomics.store(this.#numbers, slot, BigInt(Math.round(value)));
  }

  protected waitWhile(slot: number, value: number, ms: number): void {
    Atomics.wait(this.#numbers, slot, BigInt(value), ms);
  }

  protected notify(slot: number): void {
    Atomics.notify(this.#numbers, slot);
  }

  /** Microseconds for which the guest has stood still so far. */
  protected get still(): number {
    const since = this.get(STILL_SINCE);
    return this.get(STILL_TOTAL) + (since === 0 ? 0 : micros() - since);
  }
}

/** The main thread's view. */
export class GuestWatch extends View implements Stopwatch {
  /** Of pauses alone: a budget counts the waits for the host by itself. */
  #pausedMicros = 0;
  #cpuAtStill = 0;
  #turns = 0;

  now(): number {
    return (micros() - this.#pausedMicros) / 1_000;
  }

  cpuMs(): number {
    return (cpuMicros(process.threadCpuUsage()) - this.get(STILL_CPU)) / 1_000;
  }

  /** The guest stands still from now on; called by the debugger's own message, before the thread waits. */
  pause(): void {
    this.#stop();
  }

  resume(): void {
    this.#pausedMicros += this.#go();
  }

  whileHostAnswers<T>(call: () => T): T {
    this.#stop();
    try {
      return call();
    } finally {
      this.#go();
    }
  }

  /** A run begins that may take so much. */
  begin(memoryMiB: number): void {
    this.set(RUN_BYTES, process.memoryUsage.rss());
    this.set(MEMORY_LIMIT, memoryMiB * 1024 * 1024 + SLACK_BYTES);
  }

  /** A turn begins that may take so long. */
  arm(wallMs: number, cpuMs: number): void {
    this.set(TURN_BEGAN, micros());
    this.set(TURN_STILL, this.still);
    this.set(TURN_CPU, cpuMicros(process.cpuUsage()) - this.get(STILL_CPU));
    this.set(WALL_LIMIT, wallMs * 1_000);
    this.set(CPU_LIMIT, cpuMs * 1_000);
    this.set(TURN, ++this.#turns);
  }

  /** The turn is over. Where it was about to be cut off, the signal is waited for, so that it cannot hit the next one. */
  disarm(): void {
    const turn = this.#turns;
    this.set(TURN, 0);
    if (this.get(CUT_TURN) === turn) this.waitWhile(CUT_TURN, turn, 1_000);
  }

  #stop(): void {
    if (this.get(STILL_SINCE) !== 0) return;
    this.#cpuAtStill = cpuMicros(process.threadCpuUsage());
    this.set(STILL_SINCE, micros());
  }

  #go(): number {
    const since = this.get(STILL_SINCE);
    if (since === 0) return 0;
    const stood = micros() - since;
    this.set(STILL_TOTAL, this.get(STILL_TOTAL) + stood);
    this.set(STILL_SINCE, 0);
    this.set(STILL_CPU, this.get(STILL_CPU) + cpuMicros(process.threadCpuUsage()) - this.#cpuAtStill);
    return stood;
  }
}

/** The watch thread's view. */
export class TurnView extends View {
  /** The turn that is under way; 0 while there is none. */
  get turn(): number {
    return this.get(TURN);
  }

  get isStill(): boolean {
    return this.get(STILL_SINCE) !== 0;
  }

  /** Which limit the turn has passed. The CPU time is that of the whole process, so it counts only where as much time has gone by as well. */
  get passed(): Limit | null {
    if (this.turn === 0 || this.isStill) return null;
    if (process.memoryUsage.rss() - this.get(RUN_BYTES) > this.get(MEMORY_LIMIT)) return "memory";
    const ran = micros() - this.get(TURN_BEGAN) - (this.still - this.get(TURN_STILL));
    if (ran > this.get(WALL_LIMIT)) return "wall";
    const limit = this.get(CPU_LIMIT);
    if (ran <= limit) return null;
    return cpuMicros(process.cpuUsage()) - this.get(STILL_CPU) - this.get(TURN_CPU) > limit ? "cpu" : null;
  }

  beginCut(turn: number): void {
    this.set(CUT_TURN, turn);
  }

  endCut(): void {
    this.set(CUT_TURN, 0);
    this.notify(CUT_TURN);
  }
}
