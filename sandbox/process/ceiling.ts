/** The ceiling of worker processes: how many the machine lets this host start, whatever memory there is: by its open files, and by its processes and threads. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ownCgroup } from "./cgroup.ts";

const MOST = 4_096;
const LEAST = 4;
/** Two channels, a pipe for errors, and one to spare while it starts. */
const FILES_PER_WORKER = 4;
/** Left to the host for its own sockets, files and threads. */
const FILES_OF_HOST = 512;
const TASKS_OF_HOST = 64;
/** Node's own threads, and the program that put up its walls. */
const TASKS_PER_WORKER = 16;

export function processCeiling(read: (path: string) => string | null = readText): number {
  const limits = read("/proc/self/limits");
  const byFiles = (softLimit(limits, "Max open files") - FILES_OF_HOST) / FILES_PER_WORKER;
  // The kernel does not hold root to it.
  const tasks = process.getuid?.() === 0 ? Infinity : softLimit(limits, "Max processes");
  const byTasks = (Math.min(tasks, groupTasks(read)) - TASKS_OF_HOST) / TASKS_PER_WORKER;
  return Math.max(LEAST, Math.floor(Math.min(MOST, byFiles, byTasks)));
}

function softLimit(limits: string | null, name: string): number {
  const line = limits?.split("\n").find((each) => each.startsWith(name));
  return toNumber(line?.slice(name.length).trim().split(/\s+/)[0]);
}

/** The processes and threads that the host's cgroup may hold together. */
function groupTasks(read: (path: string) => string | null): number {
  const group = ownCgroup("pids", read);
  return group === null ? Infinity : toNumber(read(join(group.folder, "pids.max"))?.trim());
}

/** Infinite where it is not said or `unlimited` or `max`. */
function toNumber(text: string | undefined): number {
  const value = Number(text);
  return text === undefined || text === "" || !Number.isFinite(value) ? Infinity : value;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
