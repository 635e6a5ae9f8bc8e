/** The processes that descend from this one and the memory they hold, read from /proc. Linux only: elsewhere there is nothing to report. */
import { readFileSync, readdirSync } from "node:fs";

export interface ProcessMemory {
  readonly residentBytes: number;
  /** Shared pages counted once among those who share them. */
  readonly proportionalBytes: number;
}

const PAGE_BYTES = 4096;

export const canReadProcesses = (): boolean => process.platform === "linux";

/** Worker processes of a sandbox in this process, however many walls stand between. */
export function workerProcesses(): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    const parent = /^\d+$/.test(entry) ? parentOf(Number(entry)) : null;
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const found: number[] = [];
  const visit = (pid: number): void => {
    for (const child of children.get(pid) ?? []) {
      if (isWorker(child)) found.push(child);
      visit(child);
    }
  };
  visit(process.pid);
  return found;
}

export function memoryOf(pid: number): ProcessMemory {
  const proportional = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1];
  return { residentBytes: residentOf(pid), proportionalBytes: Number(proportional ?? 0) * 1_024 };
}

export const residentOf = (pid: number): number => Number(read(`/proc/${pid}/statm`).split(" ")[1] ?? 0) * PAGE_BYTES;

function parentOf(pid: number): number | null {
  const stat = read(`/proc/${pid}/stat`);
  const parent = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
  return parent === undefined ? null : Number(parent);
}

/** The process that runs the worker's script, not a launcher that has it among its arguments. */
function isWorker(pid: number): boolean {
  const [program = "", ...args] = read(`/proc/${pid}/cmdline`).split("\0");
  return /node[^/]*$/.test(program) && args.some((arg) => arg.endsWith("worker.cjs"));
}

/** Empty where the process is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
