/**
 * Starts one worker process behind every wall that the machine offers, with nothing but its two channels: an empty environment in UTC and
 * en-US, no standard streams but a short stderr, and permission to read its own two files.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import type { Socket } from "node:net";
import { type MemoryCgroup, makeCgroup } from "./memory-cgroup.ts";
import type { Walls } from "./walls.ts";

export interface LaunchOptions {
  readonly walls: Walls;
  /** Bytes that the process may take at first, where a cgroup can hold it to that. */
  readonly memoryBytes: number;
  /** The script to run in place of the worker's own: a probe of the walls. */
  readonly script?: string;
}

export interface LaunchedProcess {
  readonly child: ChildProcess;
  /** Of the process that was started; with bubblewrap its child is the worker. */
  readonly pid: number;
  /** Frames both ways. */
  readonly main: Socket;
  /** Synchronous host calls: the worker stands still on its end. */
  readonly sync: Socket;
  /** What a dying V8 has to say; read for its first few thousand characters only. */
  readonly errors: Readable;
  readonly cgroup: MemoryCgroup | null;
}

const ENVIRONMENT = { TZ: "UTC", LANG: "en_US.UTF-8", LC_ALL: "en_US.UTF-8" };

export function launchWorker({ walls, memoryBytes, script = walls.files.script }: LaunchOptions): LaunchedProcess {
  const cgroup = joinable(walls, memoryBytes);
  const command = [...walls.prefix, walls.files.node, ...nodeArguments(walls, script)];
  const [program, ...rest] = command;
  const child = spawn(program!, rest, {
    cwd: "/",
    env: ENVIRONMENT,
    stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
    windowsHide: true,
    // A group of its own, to be ended as a whole.
    detached: walls.forks,
  });
  if (cgroup !== null) {
    if (child.pid !== undefined) cgroup.join(child.pid);
    child.once("error", () => cgroup.remove());
    // After whoever wants to know how it ended.
    child.once("exit", () => setImmediate(() => cgroup.remove()));
  }
  // A failed start is told by the `error` event; until then there is no pid.
  return {
    child,
    pid: child.pid ?? -1,
    main: child.stdio[3] as Socket,
    sync: child.stdio[4] as Socket,
    errors: child.stdio[2] as Readable,
    cgroup,
  };
}

/** Bubblewrap takes the worker along only once both are up; killed before that, its child would wait for it for ever. */
export function endProcess({ child, pid }: LaunchedProcess, { forks }: Walls): void {
  if (forks && pid > 0) {
    try {
      process.kill(-pid, "SIGKILL");
      return;
    } catch {
      // The group is gone, or not there yet.
    }
  }
  child.kill("SIGKILL");
}

/** The worker's own process id, once it runs. */
export function workerPid(started: number, { forks }: Walls): number {
  if (!forks) return started;
  try {
    return Number(readFileSync(`/proc/${started}/task/${started}/children`, "utf8").split(" ")[0]) || started;
  } catch {
    return started;
  }
}

function nodeArguments({ files, watchesHost }: Walls, script: string): string[] {
  const reads = [script, files.addon].map((file) => `--allow-fs-read=${file}`);
  const permissions = ["--permission", "--allow-addons", ...reads, ...(watchesHost ? ["--allow-worker"] : [])];
  // isolated-vm needs --no-node-snapshot in the process that loads it.
  return [
    "--no-node-snapshot",
    "--no-warnings",
    ...permissions,
    script,
    files.addon,
    ...(watchesHost ? [String(process.pid)] : []),
  ];
}

function joinable({ cgroups }: Walls, bytes: number): MemoryCgroup | null {
  if (cgroups === null) return null;
  try {
    return makeCgroup(cgroups, `${process.pid}-${crypto.randomUUID()}`, bytes);
  } catch {
    return null;
  }
}
