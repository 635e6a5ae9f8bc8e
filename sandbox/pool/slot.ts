/** A worker process with the runs it holds: the pool lends its places, the watch reads its state. */
import type { RunEnd } from "../completion.ts";
import type { ImageWeight } from "../image.ts";
import type { HostRun } from "./host-run.ts";
import { FrameBudget } from "../process/frame-budget.ts";
import type { EndedFrame } from "../protocol/worker-frames.ts";
import { readResult } from "../protocol/result-text.ts";
import type { WorkerListener } from "../process/worker-process.ts";
import { answerAsync, answerSync } from "./host-calls.ts";
import { Preparer } from "./preparer.ts";
import { Precedence } from "./precedence.ts";
import { SlotMemory } from "./slot-memory.ts";
import { type SlotListener, type SlotParts, type SlotWorker, type StopReason, stoppedEnd } from "./slot-parts.ts";
import { SlotRuns, type Stop } from "./slot-runs.ts";

/** Milliseconds that a run's isolate may take to be gone after the run has ended, or to end after it was asked to. */
export const GRACE_MS = 50;

export class Slot {
  /** The image that its isolates are made of, from its start on. */
  readonly image: string;
  readonly weight: ImageWeight;
  readonly worker: SlotWorker;
  /** Whether its process computes beside the others or after them. */
  readonly precedence: Precedence;
  readonly startedAt: number;
  readonly #memory: SlotMemory;
  readonly #now: () => number;
  readonly #listener: SlotListener;
  readonly #runs = new SlotRuns();
  #cordon: string | null = null;
  #boundAt = Infinity;
  #ready = false;
  #draining = false;
  #isExclusive = false;
  #wasShared = false;
  #idleSince: number;
  #lastEndedAt = 0;
  readonly #preparer: Preparer;
  readonly #frames: FrameBudget;

  constructor({ configuration, capBytes, start, now = () => performance.now() }: SlotParts, listener: SlotListener) {
    this.#listener = listener;
    this.#now = now;
    this.startedAt = now();
    this.#idleSince = this.startedAt;
    this.#frames = new FrameBudget(now);
    this.image = configuration.frame.image.id;
    this.weight = configuration.frame.image.weight;
    this.#memory = new SlotMemory(capBytes);
    this.#preparer = new Preparer(configuration.frame.ahead, this);
    this.worker = start({
      onReady: (missing) => this.#onReady(missing),
      onFrame: (frame, bytes) => this.#onFrame(frame, bytes),
      onSyncCall: (frame) => answerSync(this.#runs.all, this.worker, frame),
      onExit: (exit) => listener.onExit(exit),
    });
    this.precedence = new Precedence(this.worker, now);
    this.worker.sendEncoded(configuration.encoded);
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

  /** When it began to serve its cordon, being ready. */
  get boundAt(): number {
    return this.#boundAt;
  }

  get runs(): ReadonlyMap<number, HostRun> {
    return this.#runs.all;
  }

  /** Runs that were asked to end, and since when. */
  get stopping(): ReadonlyMap<number, Stop> {
    return this.#runs.stopping;
  }

  /** Ended runs whose isolates are still there, and since when. */
  get lingering(): ReadonlyMap<number, number> {
    return this.#runs.lingering;
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
    return this.#runs.load;
  }

  get waits(): number {
    return this.#runs.waits;
  }

  get isIdle(): boolean {
    return this.#runs.load === 0;
  }

  /** Whether one of its runs may want a processor, as far as the host knows. */
  get isBusy(): boolean {
    return this.#runs.mayCompute;
  }

  get isPrepared(): boolean {
    return this.#preparer.isPrepared;
  }

  get current(): HostRun | null {
    return this.#runs.current;
  }

  /** Whether its runs take a processor from others: not while they only wait, nor while it computes after all others. */
  get competes(): boolean {
    return this.#ready && this.isBusy && !this.precedence.isLow && !this.precedence.isResting;
  }

  /** The run that computes right now: the process was asked for a sign of life and has given none. */
  get computing(): HostRun | null {
    return this.worker.isSilent || this.runs.size === 1 ? this.current : null;
  }

  /** What the isolate of a run weighed when the worker last said. */
  heapBytes(run: HostRun): number {
    return this.#runs.heapBytes(run);
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
    if (this.runs.size > 0) this.#wasShared = true;
    this.#runs.add(run);
    if (this.#ready) this.#begin(run);
  }

  /** Has it take no more runs. */
  drain(): void {
    this.#draining = true;
  }

  /** Ends the process and gives the runs that it held, for which it is no longer answerable. */
  end(reason: string): HostRun[] {
    this.worker.kill(reason);
    return this.#runs.take();
  }

  raiseCap(bytes: number): void {
    this.#memory.raiseCap(bytes);
    this.worker.raiseMemory(bytes);
  }

  /** True if the run had not been sent yet, and now never will be. */
  withdraw(run: HostRun): boolean {
    if (this.#ready || !this.#runs.remove(run)) return false;
    if (this.isIdle) this.#rest();
    return true;
  }

  stop(run: HostRun, reason: StopReason): void {
    if (!this.#runs.stop(run, { reason, since: this.#now() })) return;
    this.worker.send({ type: "stop", run: run.id });
  }

  /** Memory that was taken since the last look is the doing of the run whose turn it was. */
  noteGrowth(grown: number): void {
    const more = this.#memory.growth(grown);
    this.current?.noteGrown(more);
  }

  /** Bytes that the process may have taken by now, of which `due` are what the runs in it may take and `own` what they did take. */
  allowedBytes(grown: number, due: number, own: number): number {
    const isSettled = this.lingering.size === 0 && !this.worker.isSilent;
    return this.#memory.allowedBytes({ grown, due, own, isSettled });
  }

  #onReady(missing: number): void {
    this.#ready = true;
    if (this.#cordon !== null) this.#boundAt = this.#now();
    this.precedence.onReady();
    this.#preparer.want(missing);
    for (const run of this.runs.values()) this.#begin(run);
    this.#listener.onReady();
  }

  #begin(run: HostRun): void {
    this.precedence.noteProgress();
    this.#preparer.noteRun();
    const { script } = run.request;
    this.worker.sendScript(script.hash, script.code);
    this.worker.send(run.begin(), run.request.input);
    if (run.request.stages === undefined) return;
    this.worker.wokeAt ??= 0;
    run.request.stages.mark("sent");
  }

  #onFrame(frame: Parameters<WorkerListener["onFrame"]>[0], bytes?: Uint8Array): void {
    if (frame.type === "pong") return this.#runs.weigh(frame.heaps);
    if (frame.type === "prepared") return this.#preparer.onPrepared(frame.missing);
    // Nothing else is asked of a process without runs, so nothing else is an answer.
    if (this.isIdle) throw new Error("a frame without a run");
    if (frame.type === "freed") return this.#free(frame.run, frame.missing);
    if (frame.type === "stages") return this.#runs.takeMarks(frame.run, frame.marks);
    const run = this.runs.get(frame.run);
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
        this.precedence.noteProgress();
        return this.#runs.enter(run);
      case "call":
        return void answerAsync(this.#runs.all, this.worker, run, frame, bytes);
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
    else if (frame.end.type === "stopped") end = stoppedEnd(this.stopping.get(run.id)?.reason ?? "cancelled");
    else end = frame.end;
    run.request.stages?.mark("host_woke", this.worker.wokeAt!);
    run.request.stages?.mark("result_read");
    this.#lastEndedAt = this.#now();
    this.#runs.end(run, this.#lastEndedAt);
    this.precedence.noteProgress();
    this.#memory.noteEnded();
    this.#listener.onEnded(run, end, frame);
  }

  #free(id: number, missing: number): void {
    if (!this.#runs.free(id)) throw new Error("it freed a run that had not ended");
    if (this.isIdle) {
      this.#rest();
      this.worker.rebase();
    }
    this.#preparer.want(missing);
    this.#listener.onFreed();
  }

  /** The slot's last run is gone, and what its runs did to the process is on no run's account any more. */
  #rest(): void {
    this.#idleSince = this.#now();
    this.#wasShared = false;
    this.#isExclusive = false;
    this.#memory.reset();
    this.worker.setRef(false);
  }
}
