/**
 * A worker process as the operating system shows it, and its rank there. Its id comes late where a launcher starts it, and is another one once
 * the program that put up its walls has forked it.
 */
import { whenUp } from "../launcher/started.ts";
import type { LaunchedProcess } from "./launch.ts";
import { lower, raise } from "./priority.ts";
import { type MemoryUse, ProcessStats } from "./process-stats.ts";

export class SeenProcess {
  readonly #process: LaunchedProcess;
  #stats: ProcessStats;
  #isOver = false;
  /** Asked for before there is a process to rank. */
  #startsLow = false;
  readonly #onStarted: (() => void)[] = [];

  constructor(launched: LaunchedProcess) {
    this.#process = launched;
    this.#stats = new ProcessStats(launched.pid);
    whenUp(launched.child, (pid) => {
      this.lookAt(pid);
      if (this.#startsLow) this.lower();
      this.#announce();
    });
  }

  /** -1 while there is none. */
  get pid(): number {
    return this.#stats.pid;
  }

  get memory(): MemoryUse | null {
    return this.#stats.memory;
  }

  get mainThreadCpuMs(): number | null {
    return this.#stats.mainThreadCpuMs;
  }

  /** Calls `listener` once it has a process id, or never will have one. */
  whenStarted(listener: () => void): void {
    if (this.#isPending) this.#onStarted.push(listener);
    else listener();
  }

  lookAt(pid: number): void {
    if (pid === this.pid || this.#isOver) return;
    this.#process.cgroup?.join(pid);
    this.#stats.close();
    this.#stats = new ProcessStats(pid);
  }

  lower(): boolean {
    if (this.#isOver) return false;
    this.#process.cgroup?.rank("low");
    this.#startsLow = true;
    return this.#isPending || lower(this.pid);
  }

  raise(): boolean {
    if (this.#isOver) return false;
    this.#process.cgroup?.rank("normal");
    this.#startsLow = false;
    return this.#isPending || raise(this.pid);
  }

  /** It has ended: nothing is read or set any more. */
  close(): void {
    this.#isOver = true;
    this.#stats.close();
    this.#announce();
  }

  get #isPending(): boolean {
    return this.pid === -1 && !this.#isOver;
  }

  #announce(): void {
    for (const listener of this.#onStarted.splice(0)) listener();
  }
}
