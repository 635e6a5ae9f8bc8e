/**
 * The pool lends places in worker processes to runs. A process serves one cordon from its first run on; one more is kept started for whoever comes
 * next. When a process has to go, the run to blame ends, the others pay no more than they must: who did nothing that anybody saw runs again elsewhere.
 */
import type { Completion, RunEnd } from "../completion.ts";
import { SandboxError } from "../errors.ts";
import { createEmitter } from "../../base/events.ts";
import { FairQueue } from "../../base/fair-queue.ts";
import { settledWithin } from "../../base/time.ts";
import type { SandboxEvent } from "../events.ts";
import { HostRun } from "./host-run.ts";
import type { RunRequest, Sandbox, SandboxOptions } from "../request.ts";
import { DEFAULT_SANDBOX_LIMITS } from "../limits.ts";
import type { ConfigureFrame } from "../protocol/frames.ts";
import { availableParallelism } from "node:os";
import { type Image, scriptImage } from "../image.ts";
import { findLeaver, findPlace, longestIdle } from "./placement.ts";
import type { LaunchOptions } from "../process/launch.ts";
import { SecondChances } from "./second-chances.ts";
import { Slot } from "./slot.ts";
import { type Walls, findWalls } from "../process/walls.ts";
import { POLL_MS, capBytes, inspect } from "./watch.ts";
import { type WorkerExit, WorkerProcess } from "../process/worker-process.ts";

const SPARE_AFTER_MS = 200;
/** Where all processes are taken: how long one has to have been idle to be given up for a spare. */
const SPARE_FROM_IDLE_MS = 2_000;
const MAX_FAILED_STARTS = 3;
/** The reason of an end that the pool chose for want of work. */
const NOT_NEEDED = "it was not needed any more";

export class Pool implements Sandbox {
  readonly #configuration: ConfigureFrame;
  readonly walls: Walls;
  readonly events = createEmitter<SandboxEvent>();
  readonly #maxWorkers: number;
  readonly #computingPerCordon = Math.max(2, availableParallelism());
  readonly #runsPerWorker: number;
  readonly #idleMs: number;
  readonly #slots = new Set<Slot>();
  readonly #queue: FairQueue<HostRun>;
  readonly #unsettled = new Set<HostRun>();
  readonly #chances = new SecondChances({
    queueAgain: (run) => this.#queue.pushFront(run.request.tenant, run),
    dispatch: () => this.#dispatch(),
  });
  readonly #exits = new Set<Promise<void>>();
  /** Cordons whose runs found no process. */
  readonly #starving = new Set<string>();
  #watch: NodeJS.Timeout | undefined;
  #spareTimer: NodeJS.Timeout | undefined;
  #failedStarts = 0;
  #nextRun = 1;
  #closed = false;

  constructor(options: SandboxOptions) {
    this.#configuration = {
      type: "configure",
      image: options.image ?? scriptImage({}),
      memoryMiB: options.memoryMiB ?? DEFAULT_SANDBOX_LIMITS.memoryMiB,
      ahead: options.isolatesAhead ?? 2,
    };
    this.walls = options.walls ?? findWalls(options.optimize);
    this.#maxWorkers = options.workers ?? Math.max(16, availableParallelism() * 2);
    this.#runsPerWorker = options.runsPerWorker ?? 16;
    this.#idleMs = options.idleMs ?? 10_000;
    this.#queue = new FairQueue(options.queuePerTenant ?? 1_000, options.weightOf);
    this.#startSlot();
  }

  run(request: RunRequest): Promise<Completion> {
    if (this.#closed) return Promise.reject(new SandboxError("SANDBOX_CLOSED", "the sandbox is closed"));
    return new Promise((resolve, reject) => {
      const run = new HostRun(this.#nextRun++, request, { resolve, reject });
      if (request.signal?.aborted) return run.complete({ type: "cancelled" });
      if (!this.#queue.push(request.tenant, run)) return run.complete({ type: "refused" });
      this.#hold(run);
      return this.#dispatch();
    });
  }

  async close(drainMs = 0): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#spareTimer);
    const running = () => [...this.#slots].flatMap((slot) => [...slot.runs.values()]);
    if (drainMs > 0) await settledWithin(Promise.all([...this.#unsettled].map((run) => run.whenSettled())), drainMs);
    clearInterval(this.#watch);
    this.#queue.drain((run) => run.complete({ type: "cancelled" }));
    for (const run of running()) run.complete({ type: "cancelled" });
    for (const slot of this.#slots) this.#retire(slot);
    await Promise.all(this.#exits);
  }

  /** Until it has settled. A signal may outlive many runs: it must not keep them. */
  #hold(run: HostRun): void {
    const { signal } = run.request;
    const cancel = (): void => this.#cancel(run);
    signal?.addEventListener("abort", cancel);
    this.#unsettled.add(run);
    void run.whenSettled().then(() => {
      this.#unsettled.delete(run);
      signal?.removeEventListener("abort", cancel);
    });
  }

  #cancel(run: HostRun): void {
    if (run.settled) return;
    if (this.#queue.remove(run.request.tenant, run)) return run.complete({ type: "cancelled" });
    const slot = [...this.#slots].find(({ runs }) => runs.has(run.id));
    if (slot === undefined) return;
    // A worker that is still starting does not know the run yet: told to stop it, it would not, and be killed for that.
    if (!slot.withdraw(run)) return slot.stop(run, "cancelled");
    run.complete({ type: "cancelled" });
    this.#onFreed(slot);
  }

  #dispatch(): void {
    while (!this.#queue.isEmpty && this.#queue.takeNext((run) => this.#place(run)));
  }

  #place(run: HostRun): boolean {
    const alone = this.#chances.wantsProcess(run);
    const { cordon } = run.request;
    const image = this.#imageOf(run);
    const slot = this.#findPlace(cordon, image, alone);
    if (slot === null) return false;
    this.#starving.delete(cordon);
    const { memoryMiB } = run.request.limits;
    if (memoryMiB > this.#configuration.memoryMiB) slot.raiseCap(capBytes(this.#runsPerWorker, memoryMiB, slot.weight));
    slot.add(run, { alone });
    this.#watch ??= setInterval(() => this.#inspect(), POLL_MS).unref();
    return true;
  }

  #imageOf(run: HostRun): Image {
    return run.request.image ?? this.#configuration.image;
  }

  #findPlace(cordon: string, image: Image, isAlone: boolean): Slot | null {
    const rules = {
      computingPerCordon: this.#computingPerCordon,
      othersStarve: this.#starving.size > 0 && !this.#starving.has(cordon),
    };
    const place = findPlace(this.#slots, { cordon, image: image.id }, isAlone ? 1 : this.#runsPerWorker, rules);
    if (place?.type === "slot") return place.slot;
    if (place !== null && this.#makeRoom()) return this.#startSlot(image);
    // Who only wants to be alone does not have a process emptied for it: in the end it may have to share that very one.
    if (place !== null && place.else === null && !isAlone) this.#starve(cordon);
    return place?.else ?? null;
  }

  /** True if one more process may be started, after ending one that has been idle for so long where that is needed. */
  #makeRoom(idleMs = 0): boolean {
    if (this.#slots.size < this.#maxWorkers) return true;
    const idle = longestIdle(this.#slots);
    if (idle === null || performance.now() - idle.idleSince < idleMs) return false;
    this.#retire(idle);
    return true;
  }

  /** A cordon that found no process is owed one: the next that goes idle, and somebody has to let one go. */
  #starve(cordon: string): void {
    this.#starving.add(cordon);
    const leaver = findLeaver(this.#slots, this.#starving.size);
    if (leaver === null) return;
    leaver.drain();
    if (leaver.isIdle) this.#retire(leaver);
  }

  #startSlot(image = this.#configuration.image): Slot {
    const launch = this.#launch(image);
    const slot: Slot = new Slot(
      {
        configuration: { ...this.#configuration, image },
        capBytes: launch.memoryBytes,
        start: (listener) => new WorkerProcess(launch, listener),
      },
      {
        onReady: () => {
          this.#failedStarts = 0;
          this.events.emit(() => ({ event: "worker.ready", ...slot.identity, startMs: slot.livedMs }));
        },
        onEnded: (run, end, { usage, logsDropped }) => {
          if (!this.#chances.repeat(run, end, usage.cpuMs)) run.complete(end, usage, logsDropped);
        },
        onFreed: () => this.#onFreed(slot),
        onExit: (exit) => {
          this.#noteExit(slot, exit);
          this.#onExit(slot, exit);
        },
      },
    );
    this.#slots.add(slot);
    this.events.emit(() => ({ event: "worker.started", ...slot.identity }));
    const { exited } = slot.worker;
    this.#exits.add(exited);
    void exited.then(() => this.#exits.delete(exited));
    return slot;
  }

  #launch({ files, weight }: Image): LaunchOptions {
    const memoryBytes = capBytes(this.#runsPerWorker, this.#configuration.memoryMiB, weight);
    return { walls: this.walls, memoryBytes, files };
  }

  #retire(slot: Slot): void {
    this.#slots.delete(slot);
    slot.worker.kill(NOT_NEEDED);
  }

  #noteExit(slot: Slot, { reason }: WorkerExit): void {
    this.events.emit(() => ({
      event: "worker.ended",
      ...slot.identity,
      cordon: slot.cordon,
      reason,
      isExpected: reason === NOT_NEEDED,
      livedMs: slot.livedMs,
    }));
  }

  #onFreed(slot: Slot): void {
    if (slot.isIdle && (slot.draining || slot.worker.isBloated)) this.#retire(slot);
    this.#dispatch();
    this.#keepSpare();
  }

  /** One process is kept started, unbound, but started only when nobody needs the processor. */
  #keepSpare(): void {
    if (this.#closed || this.#spareTimer !== undefined) return;
    this.#spareTimer = setTimeout(() => {
      this.#spareTimer = undefined;
      const hasSpare = [...this.#slots].some((slot) => slot.cordon === null);
      if (!hasSpare && !this.#closed && this.#makeRoom(SPARE_FROM_IDLE_MS)) this.#startSlot();
    }, SPARE_AFTER_MS).unref();
  }

  #inspect(): void {
    const now = performance.now();
    for (const slot of this.#slots) {
      if (!slot.isIdle) inspect(slot, (...ending) => this.#endSlot(...ending));
      else if (slot.cordon !== null && now - slot.idleSince > this.#idleMs) this.#retire(slot);
    }
    if ([...this.#slots].some((slot) => slot.cordon !== null)) return;
    clearInterval(this.#watch);
    this.#watch = undefined;
  }

  #endSlot(slot: Slot, blamed: HostRun | null, end: RunEnd, reason: string): void {
    if (!this.#slots.delete(slot)) return;
    for (const run of slot.end(reason)) {
      if (run === blamed || (blamed === null && end.type === "out_of_memory")) run.complete(end);
      else this.#chances.rescue(run, reason, { mayRepeat: !this.#closed });
    }
    this.#dispatch();
    this.#keepSpare();
  }

  #onExit(slot: Slot, exit: WorkerExit): void {
    if (!this.#slots.has(slot)) return;
    if (!slot.ready) return this.#onFailedStart(slot, exit);
    const end: RunEnd = exit.outOfMemory
      ? { type: "out_of_memory", stack: null }
      : { type: "crashed", reason: exit.reason, ownFault: true };
    return this.#endSlot(slot, exit.killedByOthers ? null : slot.current, end, exit.reason);
  }

  #onFailedStart(slot: Slot, exit: WorkerExit): void {
    this.#slots.delete(slot);
    this.#failedStarts++;
    const error = new SandboxError("WORKER_UNAVAILABLE", `no worker process could be started: ${exit.reason}`);
    for (const run of slot.runs.values()) {
      if (this.#failedStarts >= MAX_FAILED_STARTS) run.fail(error);
      else this.#chances.queueAgain(run);
    }
    if (!this.#closed) this.#dispatch();
  }
}
