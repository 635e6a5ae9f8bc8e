/**
 * The worker processes: which there are, how many there may be, and when one is started or let go. What bounds them is the memory that they hold
 * together and, for a host that sets it, their number. The one that has been idle for longest goes first; a few more are kept started for tenants
 * that come new.
 */
import type { RunEnd } from "../completion.ts";
import { createEmitter } from "../../base/events.ts";
import type { SandboxEvent } from "../events.ts";
import type { Image } from "../image.ts";
import type { HostRun } from "./host-run.ts";
import { MemoryBudget } from "./memory-budget.ts";
import { longestIdle } from "./placement.ts";
import { Configuration } from "../protocol/configuration.ts";
import type { ConfigureFrame } from "../protocol/host-frames.ts";
import type { EndedFrame } from "../protocol/worker-frames.ts";
import { Slot } from "./slot.ts";
import { SpareTarget } from "./spares.ts";
import { VisitHistory } from "./visits.ts";
import type { Starter } from "../launcher/started.ts";
import type { Walls } from "../process/walls.ts";
import { capBytes } from "./watch.ts";
import { type WorkerExit, WorkerProcess } from "../process/worker-process.ts";

const SPARE_AFTER_MS = 200;
/** Where no more processes may be started: how long one has to have been idle to be given up for a spare. */
const SPARE_FROM_IDLE_MS = 2_000;
/** Milliseconds after which an idle process goes that the host had to put after all others and cannot raise again. */
const STUCK_MS = 250;
/** Past this a process that does not get ready no longer keeps others from starting. */
const SLOW_START_MS = 2_000;
/** Idle processes whose memory is looked at in one round. */
const WEIGHED_AT_ONCE = 4;
/** The reason of an end that the pool chose for want of work. */
const NOT_NEEDED = "it was not needed any more";

export interface FleetOptions {
  readonly configuration: ConfigureFrame;
  readonly walls: Walls;
  /** What starts the processes. */
  readonly starter: Starter;
  readonly runsPerWorker: number;
  /** Processes at most. */
  readonly ceiling: number;
  readonly budgetBytes: number;
  /** How long an idle process is kept; by how often its cordon comes back where it is not said. */
  readonly idleMs?: number | undefined;
  /** How many may start at once, so that each gets a processor. */
  readonly processors: number;
}

export interface FleetListener {
  onReady(slot: Slot): void;
  onEnded(slot: Slot, run: HostRun, end: RunEnd, frame: EndedFrame): void;
  onFreed(slot: Slot): void;
  onExit(slot: Slot, exit: WorkerExit): void;
}

export interface Starting {
  /** Whether a tenant asks for it that misbehaved: it may not take the last places. */
  readonly isOffender: boolean;
  /** Whether it computes after all others from its start on. */
  readonly isLow?: boolean;
}

export class Fleet {
  readonly events = createEmitter<SandboxEvent>();
  readonly #options: FleetOptions;
  readonly #listener: FleetListener;
  readonly #slots = new Set<Slot>();
  readonly #byCordon = new Map<string, Set<Slot>>();
  readonly #spares = new Set<Slot>();
  readonly #starting = new Set<Slot>();
  /** Those that were started for a tenant that misbehaved. */
  readonly #offending = new Set<Slot>();
  readonly #exits = new Set<Promise<void>>();
  /** By image: a runtime has one for each language. */
  readonly #configurations = new Map<string, Configuration>();
  readonly #budget: MemoryBudget<Slot>;
  readonly #spareTarget: SpareTarget;
  readonly #visits: VisitHistory;
  #spareTimer: NodeJS.Timeout | undefined;
  #toWeigh: Iterator<Slot> = [].values();
  #closed = false;

  constructor(options: FleetOptions, listener: FleetListener) {
    const { ceiling, budgetBytes, processors } = options;
    this.#options = options;
    this.#listener = listener;
    this.#budget = new MemoryBudget(budgetBytes);
    this.#visits = new VisitHistory(options.idleMs);
    this.#spareTarget = new SpareTarget(Math.min(processors * 2, Math.ceil(ceiling / 4)));
  }

  get slots(): ReadonlySet<Slot> {
    return this.#slots;
  }

  get isBound(): boolean {
    return this.#byCordon.size > 0;
  }

  /** The cordon's processes, and spares: those are for tenants that behave, where there is more than one place. */
  *candidates(cordon: string, { isOffender }: Starting): Generator<Slot> {
    yield* this.#byCordon.get(cordon) ?? [];
    if (!isOffender || this.#options.ceiling === 1) yield* this.#spares;
  }

  /** Places that tenants which misbehaved may take together: the rest is reserved for the others. */
  get #offendersPlaces(): number {
    const places = Math.min(this.#options.ceiling, this.#budget.places);
    return Math.max(1, places - Math.max(1, Math.floor(places / 8)));
  }

  /** Whether another process may start now: more than there are processors would only keep each other from getting ready. */
  get mayStart(): boolean {
    let fresh = 0;
    for (const slot of this.#starting) if (slot.livedMs < SLOW_START_MS) fresh++;
    return fresh < this.#options.processors;
  }

  /** True if one more process may be started, after ending one that has been idle for so long where that is needed. */
  makeRoom({ isOffender }: Starting, idleMs = 0): boolean {
    if (isOffender && this.#offending.size >= this.#offendersPlaces) {
      const idle = longestIdle(this.#offending);
      if (idle === null) return false;
      this.retire(idle);
    }
    while (this.#slots.size > 0 && (this.#slots.size >= this.#options.ceiling || !this.#budget.hasRoom)) {
      const idle = this.#longestIdle({ isOffender });
      if (idle === null || performance.now() - idle.idleSince < idleMs) return false;
      this.retire(idle);
    }
    return true;
  }

  start(image: Image, { isOffender, isLow = false }: Starting = { isOffender: false }): Slot {
    const { configuration, walls, runsPerWorker, starter } = this.#options;
    const memoryBytes = capBytes(runsPerWorker, configuration.memoryMiB, image.weight);
    const launch = { walls, memoryBytes, files: image.files, starter };
    const slot: Slot = new Slot(
      {
        configuration: this.#configurationOf(image),
        capBytes: memoryBytes,
        start: (listener) => new WorkerProcess(launch, listener),
      },
      {
        onReady: () => {
          this.#starting.delete(slot);
          this.events.emit(() => ({ event: "worker.ready", ...slot.identity, startMs: slot.livedMs }));
          this.#listener.onReady(slot);
        },
        onEnded: (run, end, frame) => this.#listener.onEnded(slot, run, end, frame),
        onFreed: () => {
          this.#budget.weigh(slot, slot.worker.ownBytes, slot.isIdle);
          if (slot.cordon !== null) this.#visits.noteEnd(slot.cordon);
          this.#listener.onFreed(slot);
        },
        onExit: (exit) => {
          this.#noteExit(slot, exit);
          this.#listener.onExit(slot, exit);
        },
      },
    );
    if (isLow) slot.precedence.rank({ low: true });
    if (isOffender) this.#offending.add(slot);
    this.#slots.add(slot);
    this.#spares.add(slot);
    this.#starting.add(slot);
    this.#budget.add(slot);
    slot.worker.whenStarted(() => this.events.emit(() => ({ event: "worker.started", ...slot.identity })));
    const { exited } = slot.worker;
    this.#exits.add(exited);
    void exited.then(() => this.#exits.delete(exited));
    return slot;
  }

  /** A process was given its first run: from here on it serves that cordon. */
  bind(slot: Slot): void {
    if (slot.cordon !== null) this.#visits.noteRun(slot.cordon);
    if (!this.#spares.delete(slot) || slot.cordon === null) return;
    const own = this.#byCordon.get(slot.cordon);
    if (own === undefined) this.#spareTarget.noteNew();
    if (own === undefined) this.#byCordon.set(slot.cordon, new Set([slot]));
    else own.add(slot);
  }

  /** False if it was gone already. */
  remove(slot: Slot): boolean {
    if (!this.#slots.delete(slot)) return false;
    this.#spares.delete(slot);
    this.#starting.delete(slot);
    this.#offending.delete(slot);
    this.#budget.remove(slot);
    const own = slot.cordon === null ? undefined : this.#byCordon.get(slot.cordon);
    own?.delete(slot);
    if (own?.size === 0) this.#byCordon.delete(slot.cordon!);
    return true;
  }

  #configurationOf(image: Image): Configuration {
    const known = this.#configurations.get(image.id);
    if (known !== undefined) return known;
    const made = new Configuration({ ...this.#options.configuration, image });
    this.#configurations.set(image.id, made);
    return made;
  }

  retire(slot: Slot): void {
    this.remove(slot);
    slot.worker.kill(NOT_NEEDED);
  }

  /** Lets go what has been idle for long, and what memory no longer allows, longest idle first. */
  tidy(now: number): void {
    for (const slot of this.#slots) {
      if (!slot.isIdle || slot.cordon === null) continue;
      const keepMs = slot.precedence.isStuck ? STUCK_MS : this.#visits.keepMs(slot.cordon);
      if (now - slot.idleSince > keepMs) this.retire(slot);
    }
    this.#weighSome();
    while (this.#budget.isSpent && this.#slots.size > 1) {
      const idle = this.#longestIdle({ isOffender: false });
      if (idle === null) return;
      this.retire(idle);
    }
  }

  /** Starts what is missing of the spares, one at a time, when no run has asked for a processor for a while. */
  keepSpares(): void {
    if (this.#closed || this.#spareTimer !== undefined || this.#spares.size >= this.#spareTarget.target) return;
    this.#spareTimer = setTimeout(() => {
      this.#spareTimer = undefined;
      if (this.#closed || this.#spares.size >= this.#spareTarget.target || this.#starting.size > 0) return;
      if (!this.makeRoom({ isOffender: false }, SPARE_FROM_IDLE_MS)) return;
      this.start(this.#options.configuration.image);
      this.keepSpares();
    }, SPARE_AFTER_MS / this.#spareTarget.target).unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#spareTimer);
    for (const slot of this.#slots) this.retire(slot);
    await Promise.all(this.#exits);
  }

  /** A spare goes last of all, and for no offender. */
  #longestIdle({ isOffender }: Starting): Slot | null {
    return longestIdle(this.#bound()) ?? (isOffender ? null : longestIdle(this.#spares));
  }

  *#bound(): Generator<Slot> {
    for (const own of this.#byCordon.values()) yield* own;
  }

  /** Reading what a process holds takes the host a while, so it is a few at a time; those with runs are looked at by the watch. */
  #weighSome(): void {
    for (let left = WEIGHED_AT_ONCE; left > 0; left--) {
      const { value: slot, done } = this.#toWeigh.next();
      if (done === true) {
        this.#toWeigh = this.#slots.values();
        return;
      }
      if (slot.isIdle && slot.ready) slot.worker.weigh();
      this.#budget.weigh(slot, slot.worker.ownBytes, slot.isIdle);
    }
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
}
