/** A worker process with the runs it holds: the pool lends its places, the watch reads its state. */
import type { RunEnd } from "../completion.ts";
import type { ImageWeight } from "../image.ts";
import type { HostRun } from "./host-run.ts";
import { FrameBudget } from "../process/frame-budget.ts";
import type { LaunchOptions } from "../process/launch.ts";
import type { ConfigureFrame, EndedFrame } from "../protocol/frames.ts";
import { readResult } from "../protocol/result-text.ts";
import { type WorkerExit, type WorkerListener, WorkerProcess } from "../process/worker-process.ts";

/** Milliseconds that a run's isolate may take to be gone after the run has ended, or to end after it was told to stop. */
export const GRACE_MS = 50;
/** Milliseconds without work after which a worker makes isolates ready. */
const PREPARE_AFTER_MS = 2;
/** Milliseconds between two looks at the memory of a process because of its turns. */
const LOOK_AFTER_MS = 5;
const MAX_HEAPS = 1_000;

export interface SlotListener {
  onReady(slot: Slot): void;
  onEnded(slot: Slot, run: HostRun, end: RunEnd | { readonly type: "stopped" }, frame: EndedFrame): void;
  /** A place is free again. */
  onFreed(slot: Slot): void;
  onExit(slot: Slot, exit: WorkerExit): void;
}

export type StopReason = "wall" | "cancelled" | "memory";

export class Slot {
  /** The image that its isolates are made of, from its start on. */
  readonly image: string;
  readonly weight: ImageWeight;
  /** Null until its first run: from then on it serves that cordon alone. */
  cordon: string | null = null;
  ready = false;
  /** Takes no more runs: another cordon waits for its place. */
  draining = false;
  /** When it began to serve its cordon. */
  boundAt = Infinity;
  readonly startedAt = performance.now();
  readonly runs = new Map<number, HostRun>();
  readonly stopping = new Map<number, { readonly reason: StopReason; readonly since: number }>();
  /** Ended runs whose isolates are still there, and since when. */
  readonly lingering = new Map<number, number>();
  /** What each isolate weighed when the worker last told. */
  heaps: Readonly<Record<string, number>> | null = null;
  idleSince = performance.now();
  lastEndedAt = 0;
  /** Held for one run alone, so that there is no doubt who is to blame. */
  isExclusive = false;
  /** Whether it has held several runs at once since it was last idle. */
  wasShared = false;
  /** Memory that ended runs have left in the process: it is given back when it pleases the allocator. Seen at the next look. */
  leftBytes = 0;
  hasLeftovers = false;
  /** The most that it has taken since it was last idle, and whether that comes near what it may: then it is looked at with each turn. */
  #highBytes = 0;
  isHeavy = false;
  /** What the process may take with every place in use. */
  capBytes: number;
  readonly worker: WorkerProcess;
  readonly #listener: SlotListener;
  #current: number | null = null;
  #preparing: NodeJS.Timeout | undefined;
  #isPreparing = false;
  readonly #frames = new FrameBudget();
  #lookedAt = -Infinity;

  constructor(configuration: ConfigureFrame, launch: LaunchOptions, listener: SlotListener) {
    this.#listener = listener;
    this.image = configuration.image.id;
    this.weight = configuration.image.weight;
    this.capBytes = launch.memoryBytes;
    this.worker = new WorkerProcess(launch, {
      onReady: (missing) => this.#onReady(missing),
      onFrame: (frame, bytes) => this.#onFrame(frame, bytes),
      onSyncCall: (frame) => void this.#answerSync(frame.run, frame.name, frame.args),
      onExit: (exit) => listener.onExit(this, exit),
    });
    this.worker.send(configuration);
  }

  /** What events call it. */
  get identity(): { readonly worker: number; readonly image: string } {
    return { worker: this.worker.pid, image: this.image };
  }

  get livedMs(): number {
    return performance.now() - this.startedAt;
  }

  get load(): number {
    return this.runs.size + this.lingering.size;
  }

  /** Runs that wait for an answer of the host. */
  get waits(): number {
    let waiting = 0;
    for (const run of this.runs.values()) if (run.isWaiting) waiting++;
    return waiting;
  }

  get isIdle(): boolean {
    return this.load === 0;
  }

  /**
   * The run that computes, if one does. A run that is alone in its worker does not say that it enters; the worker reads in the order in which
   * the host sent, so that one is the oldest here.
   */
  get current(): HostRun | null {
    const told = this.#current === null ? undefined : this.runs.get(this.#current);
    return told ?? this.runs.values().next().value ?? null;
  }

  /** The run that computes right now: the process was asked for a sign of life and has given none. */
  get computing(): HostRun | null {
    return this.worker.isSilent || this.runs.size === 1 ? this.current : null;
  }

  add(run: HostRun): void {
    if (this.isIdle) this.worker.setRef(true);
    if (this.cordon === null) {
      this.cordon = run.request.cordon;
      this.boundAt = performance.now();
    }
    const { returnBytes, argumentBytes } = run.request.limits;
    this.worker.expect(Math.max(returnBytes, argumentBytes));
    if (this.runs.size > 0) this.wasShared = true;
    this.runs.set(run.id, run);
    if (this.ready) this.#begin(run);
  }

  raiseCap(bytes: number): void {
    this.capBytes = Math.max(this.capBytes, bytes);
    this.worker.raiseMemory(bytes);
  }

  /** True if the run had not been sent yet, and now never will be. */
  withdraw(run: HostRun): boolean {
    if (this.ready || !this.runs.delete(run.id)) return false;
    if (this.isIdle) this.#rest();
    return true;
  }

  stop(run: HostRun, reason: StopReason): void {
    if (this.stopping.has(run.id)) return;
    this.stopping.set(run.id, { reason, since: performance.now() });
    this.worker.send({ type: "stop", run: run.id });
  }

  /** Memory that was taken since the last look is the doing of the run whose turn it was. */
  noteGrowth(grown: number): void {
    const more = grown - this.#highBytes;
    if (more <= 0) return;
    this.#highBytes = grown;
    if (this.current !== null) this.current.grownBytes += more;
  }

  #onReady(missing: number): void {
    this.ready = true;
    this.#prepareWhenIdle(missing);
    for (const run of this.runs.values()) this.#begin(run);
    this.#listener.onReady(this);
  }

  #begin(run: HostRun): void {
    const { script } = run.request;
    this.worker.sendScript(script.hash, script.code);
    this.worker.send(run.begin(), run.request.input);
  }

  #onFrame(frame: Parameters<WorkerListener["onFrame"]>[0], bytes?: Uint8Array): void {
    if (frame.type === "pong") {
      if (Object.keys(frame.heaps).length > MAX_HEAPS) throw new Error("it weighs more isolates than there are runs");
      this.heaps = frame.heaps;
      return;
    }
    if (frame.type === "prepared" && this.#isPreparing) {
      this.#isPreparing = false;
      return this.#prepareWhenIdle(frame.missing);
    }
    // Nothing else is asked of a process without runs, so nothing else is heard from it.
    if (this.isIdle) throw new Error("a frame without a run");
    if (frame.type === "freed") return this.#free(frame.run, frame.missing);
    if (frame.type === "prepared") throw new Error("it was not asked to prepare");
    const run = this.runs.get(frame.run);
    if (run === undefined || frame.type === "entered") this.#spendFrame();
    if (run === undefined) return;
    switch (frame.type) {
      case "log":
        return run.log(frame.level, frame.message, frame.time);
      case "dropped":
        return run.noteDropped(frame.lines);
      case "entered":
        if (this.isHeavy) this.#lookAtGrowth();
        this.#current = frame.run;
        // Another turn began, so those of the ended runs are over; the worker says so as soon as it is free.
        for (const id of this.lingering.keys()) this.lingering.set(id, Infinity);
        return;
      case "call":
        return void this.#answerAsync(run, frame.call, frame.name, frame.args, bytes);
      case "ended": {
        const { end } = frame;
        const read = end.type === "returned" ? readResult(end.json, run.request.limits.returnBytes, end) : end;
        this.runs.delete(run.id);
        this.lastEndedAt = performance.now();
        this.lingering.set(run.id, this.lastEndedAt);
        this.hasLeftovers = true;
        return this.#listener.onEnded(this, run, read, frame);
      }
      default:
        frame satisfies never;
    }
  }

  #spendFrame(): void {
    if (!this.#frames.take()) throw new Error("it sends more frames than any worker of ours");
  }

  /** What was taken so far is the doing of the run whose turn ends. Looking costs, and turns can be short. */
  #lookAtGrowth(): void {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_AFTER_MS) return;
    this.#lookedAt = now;
    this.noteGrowth(this.worker.grownBytes ?? 0);
  }

  /** Isolates are made ready while nobody waits: each takes the worker's thread for a while. */
  #prepareWhenIdle(missing: number): void {
    if (missing === 0) return;
    this.#preparing ??= setTimeout(() => {
      if (!this.isIdle || this.#isPreparing) return;
      this.#isPreparing = true;
      this.worker.send({ type: "prepare" });
    }, PREPARE_AFTER_MS).unref();
    this.#preparing.refresh();
  }

  #free(id: number, missing: number): void {
    // Who still runs keeps its place, and the time that it was given to stop.
    if (!this.lingering.delete(id)) throw new Error("it freed a run that had not ended");
    this.stopping.delete(id);
    if (this.#current === id) this.#current = null;
    if (this.isIdle) {
      this.#rest();
      this.worker.rebase();
    }
    this.#prepareWhenIdle(missing);
    this.#listener.onFreed(this);
  }

  /** Its last run is gone, and what those runs did to it is nobody's any more. */
  #rest(): void {
    this.idleSince = performance.now();
    this.wasShared = false;
    this.isExclusive = false;
    this.leftBytes = 0;
    this.hasLeftovers = false;
    this.#highBytes = 0;
    this.isHeavy = false;
    this.worker.setRef(false);
  }

  /** The worker stands still until this is answered, and so does the clock of every run in it. */
  async #answerSync(id: number, name: string, args: string): Promise<void> {
    const run = this.runs.get(id);
    if (!run?.admits({ name, args }, "sync")) return this.worker.kill("it made a call that it may not make");
    for (const each of this.runs.values()) each.pause();
    const { answer } = await run.call({ name, args });
    for (const each of this.runs.values()) each.resume();
    this.worker.answerSync(answer);
  }

  async #answerAsync(run: HostRun, call: number, name: string, args: string, bytes?: Uint8Array): Promise<void> {
    if (!run.admits({ name, args }, "async")) return this.worker.kill("it made a call that it may not make");
    const answered = await run.waitFor(run.call({ name, args }, bytes));
    if (this.runs.has(run.id))
      this.worker.send({ type: "answer", run: run.id, call, answer: answered.answer }, answered.bytes);
  }
}

/** What being told to stop means for a run. */
export function stoppedEnd(reason: StopReason): RunEnd {
  switch (reason) {
    case "wall":
      return { type: "timed_out", limit: "wall", stack: null, waiting: true };
    case "cancelled":
      return { type: "cancelled" };
    case "memory":
      return { type: "out_of_memory", stack: null };
    default:
      return reason satisfies never;
  }
}
