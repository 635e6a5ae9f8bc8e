/**
 * Statistics of a process of ours: what the operating system says of it, read from outside it. Linux only; elsewhere null, and only the wall limit stops
 * a run.
 */
import { closeSync, openSync, readSync } from "node:fs";

const PAGE_BYTES = 4096;
/** Longer than any line that is read here. */
const text = Buffer.allocUnsafe(256);

export interface MemoryUse {
  readonly residentBytes: number;
  /** Without what is mapped from files, which processes of one program share: a cheap look at nearly what `smaps_rollup` calls private. */
  readonly ownBytes: number;
}

/** Looks at one process again and again: its files stay open, for opening one costs several times what reading it does. */
export class ProcessStats {
  readonly pid: number;
  readonly #memory: ProcFile;
  readonly #cpu: ProcFile;

  constructor(pid: number) {
    this.pid = pid;
    this.#memory = new ProcFile(`/proc/${pid}/statm`);
    this.#cpu = new ProcFile(`/proc/${pid}/task/${pid}/schedstat`);
  }

  /** Null where the system does not say, and once the process is gone. */
  get memory(): MemoryUse | null {
    const [, resident, shared] = this.#memory.read()?.split(" ") ?? [];
    if (resident === undefined || shared === undefined) return null;
    return { residentBytes: Number(resident) * PAGE_BYTES, ownBytes: (Number(resident) - Number(shared)) * PAGE_BYTES };
  }

  /** CPU time of the process's main thread in milliseconds; null as above. */
  get mainThreadCpuMs(): number | null {
    const nanoseconds = this.#cpu.read()?.split(" ")[0];
    return nanoseconds === undefined ? null : Number(nanoseconds) / 1e6;
  }

  /** Nothing is read any more. */
  close(): void {
    this.#memory.close();
    this.#cpu.close();
  }
}

/** CPU time of the main thread of a process that is looked at once. */
export function mainThreadCpuMs(pid: number): number | null {
  const stats = new ProcessStats(pid);
  try {
    return stats.mainThreadCpuMs;
  } finally {
    stats.close();
  }
}

/** Opened when it is first read. The descriptor names the process, not its number: it never reads another one's that got the number later. */
class ProcFile {
  readonly #path: string;
  #descriptor: number | null = null;
  #isClosed = process.platform !== "linux";

  constructor(path: string) {
    this.#path = path;
  }

  read(): string | null {
    if (this.#isClosed) return null;
    try {
      this.#descriptor ??= openSync(this.#path, "r");
      return text.toString("latin1", 0, readSync(this.#descriptor, text, 0, text.length, 0));
    } catch {
      return null;
    }
  }

  close(): void {
    this.#isClosed = true;
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }
}
