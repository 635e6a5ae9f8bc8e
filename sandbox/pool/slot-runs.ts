/** The runs that a worker process holds: those in flight, those asked to end, and ended ones whose isolates are still there. */
import type { StageMarks } from "../../base/stages.ts";
import type { WorkerMark } from "../protocol/stages.ts";
import type { HostRun } from "./host-run.ts";
import type { StopReason } from "./slot-parts.ts";

const MAX_HEAPS = 1_000;

export interface Stop {
  readonly reason: StopReason;
  readonly since: number;
}

export class SlotRuns {
  readonly #runs = new Map<number, HostRun>();
  readonly #stopping = new Map<number, Stop>();
  readonly #lingering = new Map<number, number>();
  /** Of ended runs that are followed, until the worker has said when they reached which stage. */
  readonly #marked = new Map<number, StageMarks>();
  #current: number | null = null;
  #heaps: Readonly<Record<string, number>> = {};

  get all(): ReadonlyMap<number, HostRun> {
    return this.#runs;
  }

  get stopping(): ReadonlyMap<number, Stop> {
    return this.#stopping;
  }

  get lingering(): ReadonlyMap<number, number> {
    return this.#lingering;
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

  /** Whether one of them may want a processor, as far as the host knows: a guest that waits for its own timer does not say so. */
  get mayCompute(): boolean {
    if (this.#lingering.size > 0) return true;
    for (const run of this.#runs.values()) if (!run.isWaiting && !run.isPaused) return true;
    return false;
  }

  /**
   * The run that computes, if one does. A run that is alone in its worker does not say that it enters; the worker reads in the order in which
   * the host sent, so that one is the oldest here.
   */
  get current(): HostRun | null {
    const told = this.#current === null ? undefined : this.#runs.get(this.#current);
    return told ?? this.#runs.values().next().value ?? null;
  }

  /** What the worker says that the isolate of each run weighs. */
  weigh(heaps: Readonly<Record<string, number>>): void {
    if (Object.keys(heaps).length > MAX_HEAPS) throw new Error("it weighs more isolates than there are runs");
    this.#heaps = heaps;
  }

  heapBytes({ id }: HostRun): number {
    return this.#heaps[String(id)] ?? 0;
  }

  add(run: HostRun): void {
    this.#runs.set(run.id, run);
  }

  /** False if it is not here. */
  remove(run: HostRun): boolean {
    return this.#runs.delete(run.id);
  }

  /** Empties it of the runs in flight, and gives them. */
  take(): HostRun[] {
    const runs = [...this.#runs.values()];
    this.#runs.clear();
    return runs;
  }

  /** False if it was asked to end before. */
  stop(run: HostRun, stop: Stop): boolean {
    if (this.#stopping.has(run.id)) return false;
    this.#stopping.set(run.id, stop);
    return true;
  }

  /** Another turn began, so those of the ended runs are over; the worker says so as soon as it is free. */
  enter(run: HostRun): void {
    this.#current = run.id;
    for (const id of this.#lingering.keys()) this.#lingering.set(id, Infinity);
  }

  end(run: HostRun, at: number): void {
    this.#runs.delete(run.id);
    this.#lingering.set(run.id, at);
    if (run.request.stages !== undefined) this.#marked.set(run.id, run.request.stages);
  }

  /** Throws for a run that is not followed, or of which it was said before. */
  takeMarks(id: number, marks: readonly WorkerMark[]): void {
    const stages = this.#marked.get(id);
    if (stages === undefined) throw new Error("stages that were not asked for");
    this.#marked.delete(id);
    for (const [stage, at] of marks) stages.mark(stage, at);
  }

  /** Its isolate is gone. What still runs keeps its place, and the time that it was given to stop: then this is false. */
  free(id: number): boolean {
    if (!this.#lingering.delete(id)) return false;
    this.#stopping.delete(id);
    this.#marked.delete(id);
    if (this.#current === id) this.#current = null;
    return true;
  }
}
