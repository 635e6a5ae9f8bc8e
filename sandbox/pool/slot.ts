/** A worker process with the runs it holds: the pool lends its places, the watch reads its state. */
import type { RunEnd } from "../completion.ts";
import type { ImageWeight } from "../image.ts";
import type { HostRun } from "./host-run.ts";
import { FrameBudget } from "../process/frame-budget.ts";
import type { EndedFrame } from "../protocol/frames.ts";
import { readResult } from "../protocol/result-text.ts";
import type { WorkerListener } from "../process/worker-process.ts";
import { answerAsync, answerSync } from "./host-calls.ts";
import { Preparer } from "./preparer.ts";
import { SlotMemory } from "./slot-memory.ts";
import { type SlotListener, type SlotParts, type SlotWorker, type StopReason, stoppedEnd } from "./slot-parts.ts";

/** Milliseconds that a run's isolate may take to be gone after the run has ended, or to end after it was told to stop. */
export const GRACE_MS = 50;
const MAX_HEAPS = 1_000;

export class Slot {
  /** The image that its isolates are made of, from its start on. */
  readonly image: string;
  readonly weight: ImageWeight;
  readonly worker: SlotWorker;
  readonly startedAt: number;
  readonly #memory: SlotMemory;
  readonly #now: () => number;
  readonly #listener: SlotListener;
  readonly #runs = new Map<number, HostRun>();
  readonly #stopping = new Map<number, { readonly reason: StopReason; readonly since: number }>();
  readonly #lingering = new Map<number, number>();
  #cordon: string | null = null;
  #boundAt = Infinity;
  #ready = false;
  #draining = false;
  #isExclusive = false;
  #wasShared = false;
  #heaps: Readonly<Record<string, number>> | null = null;
  #idleSince: number;
  #lastEndedAt = 0;
  #current: number | null = null;
  readonly #preparer: Preparer;
  readonly #frames: FrameBudget;

  constructor({ configuration, capBytes, start, now = () => performance.now() }: SlotParts, listener: SlotListener) {
    this.#listener = listener;
    this.#now = now;
    this.startedAt = now();
    this.#idleSince = this.startedAt;
    this.#frames = new FrameBudget(now);
    this.image = configuration.image.id;
    this.weight = configuration.image.weight;
    this.#memory = new SlotMemory(capBytes);
    this.#preparer = new Preparer(
      () => this.isIdle,
      () => this.worker.send({ type: "prepare" }),
    );
    this.worker = start({
      onReady: (missing) => this.#onReady(missing),
      onFrame: (frame, bytes) => this.#onFrame(frame, bytes),
      onSyncCall: (frame) => answerSync(this.#runs, this.worker, frame),
      onExit: (exit) => listener.onExit(exit),
    });
    this.worker.send(configuration);
  }

  /** What events call it. */
  get identity(): { readonly worker: number; readonly image: string } {
    return { worker: this.worker.pid, image: this.image };
  }

  get livedMs(): number {
    return this.#now() - this.startedAt;
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** Null until its first run: from then on it serves that cordon alone. */
  get cordon(): string | null {
    return this.#cordon;
  }

  /** When it began to serve its cordon. */
  get boundAt(): number {
    return this.#boundAt;
  }

  get runs(): ReadonlyMap<number, HostRun> {
    return this.#runs;
  }

  /** Runs that were asked to end, and since when. */
  get stopping(): ReadonlyMap<number, { readonly reason: StopReason; readonly since: number }> {
    return this.#stopping;
  }

  /** Ended runs whose isolates are still there, and since when. */
  get lingering(): ReadonlyMap<number, number> {
    return this.#lingering;
  }

  /** Takes no more runs: another cordon waits for its place. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Held for one run alone, so that there is no doubt who is to blame. */
  get isExclusive(): boolean {
    return this.#isExclusive;
  }

  /** Whether it has held several runs at once since it was last idle. */
  get wasShared(): boolean {
    return this.#wasShared;
  }

  get idleSince(): number {
    return this.#idleSince;
  }

  get lastEndedAt(): number {
    return this.#lastEndedAt;
  }

  get load(): number {
    return this.#runs.size + this.#lingering.size;
  }

  /** Runs that wait for an answer of the host. */
  get waits(): number {
    let waiting = 0;
    for (const run of this.#runs.values()) if (run.isWaiting) waiting++;
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
    const told = this.#current === null ? undefined : this.#runs.get(this.#current);
    return told ?? this.#runs.values().next().value ?? null;
  }

  /** The run that computes right now: the process was asked for a sign of life and has given none. */
  get computing(): HostRun | null {
    return this.worker.isSilent || this.#runs.size === 1 ? this.current : null;
  }

  /** What the isolate of a run weighed when the worker last said. */
  heapBytes(run: HostRun): number {
    return this.#heaps?.[String(run.id)] ?? 0;
  }

  /** `alone` keeps every other run out until this one is gone. */
  add(run: HostRun, { alone }: { readonly alone: boolean }): void {
    if (this.isIdle) this.worker.setRef(true);
    this.#isExclusive = alone;
    if (this.#cordon === null) {
      this.#cordon = run.request.cordon;
      this.#boundAt = this.#now();
    }
    const { returnBytes, argumentBytes } = run.request.limits;
    this.worker.expect(Math.max(returnBytes, argumentBytes));
    if (this.#runs.size > 0) this.#wasShared = true;
    this.#runs.set(run.id, run);
    if (this.#ready) this.#begin(run);
  }

  /** Has it take no more runs. */
  drain(): void {
    this.#draining = true;
  }

  /** Ends the process and gives the runs that it held, for which it is no longer answerable. */
  end(reason: string): HostRun[] {
    this.worker.kill(reason);
    const runs = [...this.#runs.values()];
    this.#runs.clear();
    return runs;
  }

  raiseCap(bytes: number): void {
    this.#memory.raiseCap(bytes);
    this.worker.raiseMemory(bytes);
  }

  /** True if the run had not been sent yet, and now never will be. */
  withdraw(run: HostRun): boolean {
    if (this.#ready || !this.#runs.delete(run.id)) return false;
    if (this.isIdle) this.#rest();
    return true;
  }

  stop(run: HostRun, reason: StopReason): void {
    if (this.#stopping.has(run.id)) return;
    this.#stopping.set(run.id, { reason, since: this.#now() });
    this.worker.send({ type: "stop", run: run.id });
  }

  /** Memory that was taken since the last look is the doing of the run whose turn it was. */
  noteGrowth(grown: number): void {
    const more = this.#memory.growth(grown);
    this.current?.noteGrown(more);
  }

  /** Bytes that the process may have taken by now, of which `due` are what the runs in it may take and `own` what they did take. */
  allowedBytes(grown: number, due: number, own: number): number {
    const isSettled = this.#lingering.size === 0 && !this.worker.isSilent;
    return this.#memory.allowedBytes({ grown, due, own, isSettled });
  }

  #onReady(missing: number): void {
    this.#ready = true;
    this.#preparer.want(missing);
    for (const run of this.#runs.values()) this.#begin(run);
    this.#listener.onReady();
  }

  #begin(run: HostRun): void {
    const { script } = run.request;
    this.worker.sendScript(script.hash, script.code);
    this.worker.send(run.begin(), run.request.input);
  }

  #onFrame(frame: Parameters<WorkerListener["onFrame"]>[0], bytes?: Uint8Array): void {
    if (frame.type === "pong") {
      if (Object.keys(frame.heaps).length > MAX_HEAPS) throw new Error("it weighs more isolates than there are runs");
      this.#heaps = frame.heaps;
      return;
    }
    if (frame.type === "prepared") return this.#preparer.onPrepared(frame.missing);
    // Nothing else is asked of a process without runs, so nothing else is heard from it.
    if (this.isIdle) throw new Error("a frame without a run");
    if (frame.type === "freed") return this.#free(frame.run, frame.missing);
    const run = this.#runs.get(frame.run);
    if ((run === undefined || frame.type === "entered") && !this.#frames.take())
      throw new Error("it sends more frames than any worker of ours");
    if (run === undefined) return;
    switch (frame.type) {
      case "log":
        return run.log(frame.level, frame.message, frame.time);
      case "dropped":
        return run.noteDropped(frame.lines);
      case "entered":
        // What was taken so far is the doing of the run whose turn ends.
        if (this.#memory.isLookDue(this.#now())) this.noteGrowth(this.worker.grownBytes ?? 0);
        this.#current = frame.run;
        // Another turn began, so those of the ended runs are over; the worker says so as soon as it is free.
        for (const id of this.#lingering.keys()) this.#lingering.set(id, Infinity);
        return;
      case "call":
        return void answerAsync(this.#runs, this.worker, run, frame, bytes);
      case "ended":
        run.readJournal(bytes);
        return this.#onEnded(run, frame);
      default:
        frame satisfies never;
    }
  }

  #onEnded(run: HostRun, frame: EndedFrame): void {
    let end: RunEnd;
    if (frame.end.type === "returned") end = readResult(frame.end.json, run.request.limits.returnBytes, frame.end);
    else if (frame.end.type === "stopped") end = stoppedEnd(this.#stopping.get(run.id)?.reason ?? "cancelled");
    else end = frame.end;
    this.#runs.delete(run.id);
    this.#lastEndedAt = this.#now();
    this.#lingering.set(run.id, this.#lastEndedAt);
    this.#memory.noteEnded();
    this.#listener.onEnded(run, end, frame);
  }

  #free(id: number, missing: number): void {
    // Who still runs keeps its place, and the time that it was given to stop.
    if (!this.#lingering.delete(id)) throw new Error("it freed a run that had not ended");
    this.#stopping.delete(id);
    if (this.#current === id) this.#current = null;
    if (this.isIdle) {
      this.#rest();
      this.worker.rebase();
    }
    this.#preparer.want(missing);
    this.#listener.onFreed();
  }

  /** Its last run is gone, and what those runs did to it is nobody's any more. */
  #rest(): void {
    this.#idleSince = this.#now();
    this.#wasShared = false;
    this.#isExclusive = false;
    this.#memory.reset();
    this.worker.setRef(false);
  }
}
