/**
 * The priority of a worker process: whether it computes beside all others or after them. Three things decide that on Linux: the nice value of its
 * thread; where the kernel groups sessions by itself, that of its session's group, within which the former counts; and the weight of its cgroup, where
 * it has one.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";

const LOWEST = 19;
const NORMAL = 0;

/** What the two depend on; exchanged in tests. */
export interface PrioritySystem {
  setNice(pid: number, nice: number): void;
  /** Null where the kernel groups no sessions. */
  readonly setGroupNice: ((pid: number, nice: number) => void) | null;
}

/** True if the process computes after all others from now on. */
export function lower(pid: number, system: PrioritySystem = machine()): boolean {
  return set(pid, LOWEST, system);
}

/** True if it computes beside all others again. An ordinary user may lower a process and not raise it. */
export function raise(pid: number, system: PrioritySystem = machine()): boolean {
  return set(pid, NORMAL, system);
}

function set(pid: number, nice: number, { setNice, setGroupNice }: PrioritySystem): boolean {
  if (pid <= 0) return false;
  try {
    setNice(pid, nice);
    // The kernel takes only some of these a second from an ordinary user: it is asked again at the next look.
    setGroupNice?.(pid, nice);
    return true;
  } catch {
    return false;
  }
}

let found: PrioritySystem | undefined;

function machine(): PrioritySystem {
  return (found ??= { setNice: setPriority, setGroupNice: groupsSessions() ? setGroupNice : null });
}

function groupsSessions(): boolean {
  try {
    return readFileSync("/proc/sys/kernel/sched_autogroup_enabled", "latin1").trim() === "1";
  } catch {
    return false;
  }
}

function setGroupNice(pid: number, nice: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(nice));
  } catch (error) {
    // Its group belongs to another user where the process may not be looked into; then the nice value alone has to do.
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") throw error;
  }
}
