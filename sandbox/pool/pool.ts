/**
 * The pool lends places in worker processes to runs. A process serves one cordon from its first run on, and no more of them compute at once than
 * there are processors for. When a process has to go, the run to blame ends, the others pay no more than they must: a run that
 * had no effect outside runs again elsewhere.
 */
import type { Completion, RunEnd } from "../completion.ts";
import { SandboxError } from "../errors.ts";
import { FairQueue } from "../../base/fair-queue.ts";
import { settledWithin } from "../../base/time.ts";
import { Fleet } from "./fleet.ts";
import { JournalBudget } from "./journal-collector.ts";
import { HostRun } from "./host-run.ts";
import type { RunRequest, Sandbox, SandboxOptions } from "../request.ts";
import { DEFAULT_SANDBOX_LIMITS } from "../limits.ts";
import { availableParallelism } from "node:os";
import { type Image, scriptImage } from "../image.ts";
import { defaultBudgetBytes } from "./memory-budget.ts";
import { findLeaver, findPlace } from "./placement.ts";
import type { EndedFrame } from "../protocol/worker-frames.ts";
import { processCeiling } from "../process/ceiling.ts";
import { type FreePlaces, Ranks } from "./ranks.ts";
import { SecondChances } from "./second-chances.ts";
import type { Slot } from "./slot.ts";
import { DIRECTLY } from "../launcher/started.ts";
import { type Walls, findWalls } from "../process/walls.ts";
import { POLL_MS, capBytes, inspect } from "./watch.ts";
import type { WorkerExit } from "../process/worker-process.ts";

const MIB = 1024 * 1024;
const MAX_FAILED_STARTS = 3;
/** Processes that one cordon takes at most, where there are not more processors than that. */
const PER_CORDON = 16;
/** Milliseconds between two looks at what computes. */
const LOOK_MS = 10;
const DEFAULT_QUEUE_MS = 30_000;
/** Of the inputs of a tenant's runs that wait. */
const WAITING_CHARS = 64 * 1024 * 1024;

export class Pool implements Sandbox {
  readonly walls: Walls;
  readonly #image: Image;
  readonly #memoryMiB: number;
  readonly #processors = Math.max(2, availableParallelism());
  readonly #runsPerWorker: number;
  readonly #queueMs: number;
  readonly #fleet: Fleet;
  readonly #queue: FairQueue<HostRun>;
  readonly #unsettled = new Set<HostRun>();
  readonly #journals = new JournalBudget();
  readonly #ranks: Ranks;
  readonly #chances = new SecondChances({
    queueAgain: (run) => this.#queue.pushFront(run.request.tenant, run, run.request),
    dispatch: () => this.#dispatch(),
  });
  /** Cordons whose runs found no process. */
  readonly #starving = new Set<string>();
  /** Processes with runs in them. */
  readonly #busy = new Set<Slot>();
  #watch: NodeJS.Timeout | undefined;
  /** One timer that is set again: a run that comes alone would make one and clear it. */
  #looks: NodeJS.Timeout | undefined;
  #isLooking = false;
  #failedStarts = 0;
  #nextRun = 1;
  #closed = false;

  constructor(options: SandboxOptions) {
    this.#image = options.image ?? scriptImage({});
    this.#memoryMiB = options.memoryMiB ?? DEFAULT_SANDBOX_LIMITS.memoryMiB;
    this.walls = options.walls ?? findWalls(options.optimize);
    this.#runsPerWorker = options.runsPerWorker ?? 16;
    this.#ranks = new Ranks(this.#processors);
    this.#queueMs = options.queueMs ?? DEFAULT_QUEUE_MS;
    const waiting = { of: (run: HostRun) => run.request.input.length, most: WAITING_CHARS };
    this.#queue = new FairQueue(options.queuePerTenant ?? 1_000, options.weightOf, waiting);
    const { memoryBudgetMiB, isolatesAhead: ahead = 2 } = options;
    this.#fleet = new Fleet(
      {
        configuration: { type: "configure", image: this.#image, memoryMiB: this.#memoryMiB, ahead },
        walls: this.walls,
        starter: options.starter ?? DIRECTLY,
        runsPerWorker: this.#runsPerWorker,
        ceiling: options.workers ?? processCeiling(),
        budgetBytes: memoryBudgetMiB === undefined ? defaultBudgetBytes() : memoryBudgetMiB * MIB,
        idleMs: options.idleMs,
        processors: this.#processors,
      },
      {
        onReady: () => {
          this.#failedStarts = 0;
          this.#dispatch();
        },
        onEnded: (slot, run, end, frame) => this.#onEnded(slot, run, end, frame),
        onFreed: (slot) => this.#onFreed(slot),
        onExit: (slot, exit) => this.#onExit(slot, exit),
      },
    );
    this.#fleet.start(this.#image);
  }

  get events(): Sandbox["events"] {
    return this.#fleet.events;
  }

  run(request: RunRequest): Promise<Completion> {
    if (this.#closed) return Promise.reject(new SandboxError("SANDBOX_CLOSED", "the sandbox is closed"));
    request.stages?.mark("queued");
    return new Promise((resolve, reject) => {
      const run = new HostRun(this.#nextRun++, request, { resolve, reject }, undefined, this.#journals);
      if (request.signal?.aborted) return run.complete({ type: "cancelled" });
      if (!this.#queue.push(request.tenant, run, request)) return run.complete({ type: "refused" });
      this.#hold(run);
      // A run may have to wait before any process takes it; the host must live to see its end.
      (this.#watch ??= setInterval(() => this.#inspect(), POLL_MS)).ref();
      return this.#dispatch();
    });
  }

  async close(drainMs = 0): Promise<void> {
    this.#closed = true;
    const ends = [...this.#unsettled].map((run) => new Promise<void>((resolve) => run.onSettled(resolve)));
    if (drainMs > 0) await settledWithin(Promise.all(ends), drainMs);
    clearInterval(this.#watch);
    clearTimeout(this.#looks);
    this.#queue.drain((run) => run.complete({ type: "cancelled" }));
    for (const slot of this.#busy) for (const run of slot.runs.values()) run.complete({ type: "cancelled" });
    await this.#fleet.close();
  }

  /** Until it has settled. A signal may outlive many runs: it must not keep them. */
  #hold(run: HostRun): void {
    const { signal } = run.request;
    this.#unsettled.add(run);
    run.onSettled(() => {
      this.#unsettled.delete(run);
      if (this.#unsettled.size === 0) this.#watch?.unref();
    });
    if (signal === undefined) return;
    const cancel = (): void => this.#cancel(run);
    signal.addEventListener("abort", cancel);
    run.onSettled(() => signal.removeEventListener("abort", cancel));
  }

  #cancel(run: HostRun): void {
    if (run.settled) return;
    if (this.#queue.remove(run.request.tenant, run)) return run.complete({ type: "cancelled" });
    const slot = [...this.#busy].find(({ runs }) => runs.has(run.id));
    if (slot === undefined) return;
    // A worker that is still starting does not know the run yet: it could not stop it, and would be killed for that.
    if (!slot.withdraw(run)) return slot.stop(run, "cancelled");
    run.complete({ type: "cancelled" });
    this.#onFreed(slot);
  }

  #dispatch(): void {
    if (this.#queue.isEmpty) return;
    const free = this.#ranks.countFree(this.#busy);
    while (!this.#queue.isEmpty && this.#queue.takeNext((run) => this.#place(run, free)));
    if (this.#queue.isEmpty) this.#starving.clear();
    else this.#letOneLeave();
  }

  #place(run: HostRun, free: FreePlaces): boolean {
    const { cordon, tenant } = run.request;
    const isOffender = this.#ranks.isOffender(tenant);
    const kind = isOffender ? "low" : "high";
    const alone = this.#chances.wantsProcess(run);
    const slot = this.#findPlace(run, { alone, isOffender, mayCompute: free[kind] > 0 });
    if (slot === null) return false;
    this.#starving.delete(cordon);
    const { memoryMiB } = run.request.limits;
    if (memoryMiB > this.#memoryMiB) slot.raiseCap(capBytes(this.#runsPerWorker, memoryMiB, slot.weight));
    if (!slot.isBusy) free[kind]--;
    this.#ranks.place(slot, run.request);
    run.request.stages?.mark("placed");
    slot.add(run, { alone });
    this.#fleet.bind(slot);
    this.#busy.add(slot);
    this.#lookSoon();
    return true;
  }

  #findPlace(
    run: HostRun,
    { alone, isOffender, mayCompute }: Readonly<Record<"alone" | "isOffender" | "mayCompute", boolean>>,
  ): Slot | null {
    const { cordon, tenant, image = this.#image } = run.request;
    const rules = {
      computingPerCordon: this.#processors,
      perCordon: Math.max(PER_CORDON, this.#processors * 2),
      othersStarve: this.#starving.size > 0 && !this.#starving.has(cordon),
      mayCompute,
    };
    const candidates = this.#fleet.candidates(cordon, { isOffender });
    const place = findPlace(candidates, { cordon, image: image.id }, alone ? 1 : this.#runsPerWorker, rules);
    if (place === null) return null;
    if (place.type === "slot") return place.slot;
    // What has a place, or an end in sight, waits for no other process to go.
    if (!this.#fleet.mayStart || this.#ranks.waitMs(tenant) > 0) return place.else;
    if (this.#fleet.makeRoom({ isOffender }))
      return this.#fleet.start(image, { isOffender, isLow: this.#ranks.startsLow(run.request) });
    // A run that only prefers to be alone does not have a process emptied for it: in the end it may have to share that very one.
    if (place.isFirst && !alone) this.#starving.add(cordon);
    return place.else;
  }

  /** A cordon that found no process is owed one: the next that goes idle, and another cordon has to let one go. */
  #letOneLeave(): void {
    if (this.#starving.size === 0) return;
    const leaver = findLeaver(this.#fleet.slots, this.#starving.size);
    if (leaver === null) return;
    leaver.drain();
    if (leaver.isIdle) this.#fleet.retire(leaver);
  }

  #onEnded(slot: Slot, run: HostRun, end: RunEnd, { usage, logsDropped }: EndedFrame): void {
    if (this.#chances.repeat(run, end, usage.cpuMs)) return;
    if (computedTooLong(end)) this.#ranks.noteOffence(run.request.tenant);
    // What is left in it need not wait for what has gone.
    slot.precedence.rank({ low: false });
    run.complete(end, usage, logsDropped);
  }

  #onFreed(slot: Slot): void {
    if (slot.isIdle) {
      this.#busy.delete(slot);
      if (slot.draining || slot.worker.isBloated) this.#fleet.retire(slot);
    }
    this.#dispatch();
    this.#fleet.keepSpares();
  }

  #lookSoon(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    if (this.#looks === undefined) this.#looks = setTimeout(() => this.#look(), LOOK_MS).unref();
    else this.#looks.refresh();
  }

  /** Puts what computes for long after all others, and fills its place. */
  #look(): void {
    this.#isLooking = false;
    this.#ranks.look(this.#busy);
    this.#dispatch();
    if (this.#busy.size > 0) this.#lookSoon();
  }

  #inspect(): void {
    const now = performance.now();
    for (const slot of this.#busy) inspect(slot, (...ending) => this.#endSlot(...ending), now);
    this.#fleet.tidy(now);
    for (const run of this.#queue.expire((each) => each.waitedMs(now) > this.#queueMs))
      run.complete({ type: "refused", waited: true });
    this.#dispatch();
    if (this.#fleet.isBound || !this.#queue.isEmpty) return;
    clearInterval(this.#watch);
    this.#watch = undefined;
  }

  #endSlot(slot: Slot, blamed: HostRun | null, end: RunEnd, reason: string): void {
    if (!this.#fleet.remove(slot)) return;
    this.#busy.delete(slot);
    if (blamed !== null && end.type !== "cancelled") this.#ranks.noteOffence(blamed.request.tenant);
    for (const run of slot.end(reason)) {
      if (run === blamed || (blamed === null && end.type === "out_of_memory")) run.complete(end);
      else this.#chances.rescue(run, reason, { mayRepeat: !this.#closed });
    }
    this.#dispatch();
    this.#fleet.keepSpares();
  }

  #onExit(slot: Slot, exit: WorkerExit): void {
    if (!this.#fleet.slots.has(slot)) return;
    if (!slot.ready) return this.#onFailedStart(slot, exit);
    const end: RunEnd = exit.outOfMemory
      ? { type: "out_of_memory", stack: null }
      : { type: "crashed", reason: exit.reason, ownFault: true };
    return this.#endSlot(slot, exit.killedByOthers ? null : slot.current, end, exit.reason);
  }

  #onFailedStart(slot: Slot, exit: WorkerExit): void {
    this.#fleet.remove(slot);
    this.#busy.delete(slot);
    this.#failedStarts++;
    const error = new SandboxError("WORKER_UNAVAILABLE", `no worker process could be started: ${exit.reason}`);
    for (const run of slot.end(exit.reason)) {
      if (this.#failedStarts >= MAX_FAILED_STARTS) run.fail(error);
      else this.#chances.queueAgain(run);
    }
    if (!this.#closed) this.#dispatch();
  }
}

/** Not one that merely waited until its time was over. */
const computedTooLong = (end: RunEnd): boolean => end.type === "timed_out" && !end.waiting;
