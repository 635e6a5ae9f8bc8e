/** What the operating system says of a process of ours, read from outside it. Linux only; elsewhere null, and only the wall limit stops a run. */
import { readFileSync } from "node:fs";

const PAGE_BYTES = 4096;

/** Resident memory in bytes. */
export function residentBytes(pid: number): number | null {
  const text = readProc(`/proc/${pid}/statm`);
  const pages = text?.split(" ")[1];
  return pages === undefined ? null : Number(pages) * PAGE_BYTES;
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
