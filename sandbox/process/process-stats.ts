/** What the operating system says of a process of ours, read from outside it. Linux only; elsewhere null, and only the wall limit stops a run. */
import { readFileSync } from "node:fs";

const PAGE_BYTES = 4096;

export interface MemoryUse {
  readonly residentBytes: number;
  /** Without what is mapped from files, which processes of one program share: a cheap look at nearly what `smaps_rollup` calls private. */
  readonly ownBytes: number;
}

export function memoryUse(pid: number): MemoryUse | null {
  const [, resident, shared] = readProc(`/proc/${pid}/statm`)?.split(" ") ?? [];
  if (resident === undefined || shared === undefined) return null;
  return { residentBytes: Number(resident) * PAGE_BYTES, ownBytes: (Number(resident) - Number(shared)) * PAGE_BYTES };
}

/** CPU time of the process's main thread in milliseconds. */
export function mainThreadCpuMs(pid: number): number | null {
  const text = readProc(`/proc/${pid}/task/${pid}/schedstat`);
  const nanoseconds = text?.split(" ")[0];
  return nanoseconds === undefined ? null : Number(nanoseconds) / 1e6;
}

function readProc(path: string): string | null {
  if (process.platform !== "linux") return null;
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null;
  }
}
