/**
 * The time budget of a run: what one run has used of its time, kept apart by who used it: the guest computing, the guest waiting, the host answering,
 * and other runs of the process computing. The last two are nothing that the action can delay, so its wall clock stands still meanwhile.
 */

/** How long this thread has computed for any run. */
export interface ThreadUse {
  busyMs: number;
}

/** Where a budget reads its time, in milliseconds. Both numbers stand still while a debugger holds the guest. */
export interface Stopwatch {
  now(): number;
  /** CPU time of this thread. */
  cpuMs(): number;
}

const THREAD_WATCH: Stopwatch = {
  now: () => performance.now(),
  cpuMs() {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  },
};

export class Budget {
  readonly #wallMs: number;
  readonly #cpuMs: number;
  readonly #thread: ThreadUse;
  readonly #watch: Stopwatch;
  readonly #began: number;
  readonly #busyBefore: number;
  #ownBusyMs = 0;
  #cpuUsedMs = 0;
  #hostUsedMs = 0;
  #openCalls = 0;
  #awaitedMs = 0;
  /** Since when the guest stands still with calls open, and how busy the thread was until then. */
  #idle: { readonly since: number; readonly busyMs: number } | null = null;
  #cpuMark = 0;
  #turnEndsAt = Infinity;

  constructor(wallMs: number, cpuMs: number, thread: ThreadUse, watch: Stopwatch = THREAD_WATCH) {
    this.#thread = thread;
    this.#watch = watch;
    this.#began = watch.now();
    this.#busyBefore = thread.busyMs;
    this.#wallMs = wallMs;
    this.#cpuMs = cpuMs;
  }

  /** Milliseconds of wall time used, without the waits for synchronous host calls and for other runs that compute. */
  get wallUsedMs(): number {
    return this.#watch.now() - this.#began - this.#hostUsedMs - this.#othersMs;
  }

  /** At most the wall limit once more: in a process that is always busy a run that waits for nothing ends all the same. */
  get #othersMs(): number {
    return Math.min(this.#thread.busyMs - this.#busyBefore - this.#ownBusyMs, this.#wallMs);
  }

  get cpuUsedMs(): number {
    return this.#cpuMark === 0 ? this.#cpuUsedMs : this.#cpuUsedMs + this.#watch.cpuMs() - this.#cpuMark;
  }

  /** The waits for synchronous calls, and those in which the guest did nothing while an asynchronous one was open. */
  get hostUsedMs(): number {
    return this.#hostUsedMs + this.#awaitedMs + this.#idleMs;
  }

  get #idleMs(): number {
    if (this.#idle === null) return 0;
    const { since, busyMs } = this.#idle;
    return Math.max(0, this.#watch.now() - since - (this.#thread.busyMs - busyMs));
  }

  /** An asynchronous host call went out; its time still counts as the action's own, which could do other things meanwhile. */
  openCall(): void {
    this.#openCalls += 1;
  }

  closeCall(): void {
    this.#openCalls -= 1;
  }

  get wallLeftMs(): number {
    return this.#wallMs - this.wallUsedMs;
  }

  /** Milliseconds for which the guest may compute from now, by either limit. */
  get leftMs(): number {
    return Math.min(this.wallLeftMs, this.#cpuMs - this.cpuUsedMs);
  }

  get totalMs(): number {
    return Math.min(this.#wallMs, this.#cpuMs);
  }

  /** Which limit the guest would run into if it computed on. */
  get nearer(): "wall" | "cpu" {
    return this.wallLeftMs < this.#cpuMs - this.cpuUsedMs ? "wall" : "cpu";
  }

  /** How long the guest may compute in one go from now: never more than either limit leaves. */
  get turnMs(): number {
    return Math.max(1, Math.ceil(this.leftMs));
  }

  /** Which limit a turn that was cut off ran into. */
  get reached(): "wall" | "cpu" {
    return this.wallLeftMs <= 1 ? "wall" : "cpu";
  }

  /** V8's own timer stands still while the guest is in a call of ours, so a guest that does nothing else is ended by this clock. */
  get isTurnOver(): boolean {
    return this.#watch.now() > this.#turnEndsAt;
  }

  get isCpuSpent(): boolean {
    return this.cpuUsedMs > this.#cpuMs;
  }

  /** Runs `turn`, of at most `maxMs`, with its CPU time on this budget. */
  compute(maxMs: number, turn: () => void): void {
    this.#awaitedMs += this.#idleMs;
    this.#idle = null;
    const entered = this.#watch.now();
    this.#turnEndsAt = entered + maxMs;
    this.#cpuMark = this.#watch.cpuMs();
    try {
      turn();
    } finally {
      const busyMs = this.#watch.now() - entered;
      this.#ownBusyMs += busyMs;
      this.#thread.busyMs += busyMs;
      this.#cpuUsedMs += this.#watch.cpuMs() - this.#cpuMark;
      this.#cpuMark = 0;
      if (this.#openCalls > 0) this.#idle = { since: this.#watch.now(), busyMs: this.#thread.busyMs };
    }
  }

  /** Runs `call`, whose time is the host's. */
  waitForHost<T>(call: () => T): T {
    const asked = this.#watch.now();
    try {
      return call();
    } finally {
      const waitedMs = this.#watch.now() - asked;
      this.#hostUsedMs += waitedMs;
      this.#turnEndsAt += waitedMs;
    }
  }
}
