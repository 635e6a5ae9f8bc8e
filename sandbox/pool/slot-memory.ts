/**
 * Accounts of the memory of one worker process between two times of idleness: what it may take, the most that it took, what ended runs left
 * behind. The host looks at a process from outside, so a byte is charged to the run whose turn it was when it was first seen.
 */
export interface MemoryLook {
  /** Bytes that the process has taken since it was last idle. */
  readonly grown: number;
  /** Bytes that the runs in it may take. */
  readonly due: number;
  /** Bytes that those runs took in their own turns. */
  readonly own: number;
  /** Whether every ended run is gone and the process answers: only then does what is left differ from what is still in use. */
  readonly isSettled: boolean;
}

/** Milliseconds between two looks at the memory of a process because of its turns. */
const LOOK_AFTER_MS = 5;

export class SlotMemory {
  #capBytes: number;
  #highBytes = 0;
  #leftBytes = 0;
  #hasLeftovers = false;
  #isHeavy = false;
  #lookedAt = -Infinity;

  constructor(capBytes: number) {
    this.#capBytes = capBytes;
  }

  /** What the process may take with every place in use. */
  get capBytes(): number {
    return this.#capBytes;
  }

  /** Whether it comes near what it may take: then it is looked at with each turn, though turns can be short and looking costs. */
  isLookDue(now: number): boolean {
    if (!this.#isHeavy || now - this.#lookedAt < LOOK_AFTER_MS) return false;
    this.#lookedAt = now;
    return true;
  }

  raiseCap(bytes: number): void {
    this.#capBytes = Math.max(this.#capBytes, bytes);
  }

  /** What was taken since the last look; 0 where it is no more than before. */
  growth(grown: number): number {
    const more = Math.max(0, grown - this.#highBytes);
    this.#highBytes += more;
    return more;
  }

  /** An ended run may leave memory behind, which comes back when it pleases the allocator. It is measured at the next settled look. */
  noteEnded(): void {
    this.#hasLeftovers = true;
  }

  /** What the process may have taken by now: what its runs may, and what others left, for which those who are still there are not to blame. */
  allowedBytes({ grown, due, own, isSettled }: MemoryLook): number {
    const allowed = this.#allowedBytes({ grown, due, own, isSettled });
    this.#isHeavy = grown > allowed / 2;
    return allowed;
  }

  #allowedBytes({ grown, due, own, isSettled }: MemoryLook): number {
    if (this.#hasLeftovers) {
      if (!isSettled) return this.#capBytes;
      this.#hasLeftovers = false;
      // All but what those who are here took themselves: they may still take the rest of what is due to them.
      this.#leftBytes = Math.min(Math.max(0, grown - own), this.#capBytes);
    }
    return due + this.#leftBytes;
  }

  /** The last run is gone: what it did to the process is on no run's account any more. */
  reset(): void {
    this.#leftBytes = 0;
    this.#hasLeftovers = false;
    this.#highBytes = 0;
    this.#isHeavy = false;
  }
}
