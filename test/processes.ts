/** The processes of this machine as tests see them, and waiting for what they do. Where the system has no /proc there are none to see. */
import { readFileSync, readdirSync } from "node:fs";

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** The default is patience with a busy machine. */
export async function until(condition: () => boolean, milliseconds = 60_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > end) throw new Error("it did not come true in time");
    await pause(20);
  }
}

export interface ProcessSeen {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly command: string;
  readonly state: string;
}

/** All processes of the machine, where it shows them. */
export function processes(): ProcessSeen[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      const [state, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const command = readFileSync(`/proc/${entry}/cmdline`, "utf8").replaceAll("\0", " ");
      return [{ pid: Number(entry), parent: Number(parent), group: Number(group), command, state: state! }];
    } catch {
      return [];
    }
  });
}

/** Everything that descends from this process, zombies too. */
export function childPids(root = process.pid): number[] {
  const all = processes();
  const found = new Set([root]);
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  found.delete(root);
  return [...found];
}

/** The worker processes of this process's runtimes, the ones that run Node and not a wall around it. */
export function workerPids(root = process.pid): number[] {
  const own = new Set(childPids(root));
  return processes()
    .filter(({ pid, command }) => own.has(pid) && command.includes("worker.cjs") && /^\S*node /.test(command))
    .map(({ pid }) => pid);
}

export function isAlive(pid: number): boolean {
  return processes().some((seen) => seen.pid === pid && seen.state !== "Z");
}
