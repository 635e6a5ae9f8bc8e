/**
 * Starts one worker process behind every wall that the machine offers, with nothing but its two channels: an empty environment in UTC and
 * en-US, no standard streams but a short stderr, and permission to read its own two files.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import type { Socket } from "node:net";
import { type WorkerCgroup, makeCgroups } from "./cgroup.ts";
import { engineFlags } from "./engine.ts";
import { MAX_PROCESSES } from "./wall-commands.ts";
import type { Walls } from "./walls.ts";

export interface LaunchOptions {
  readonly walls: Walls;
  /** Bytes that the process may take at first, where a cgroup can hold it to that. */
  readonly memoryBytes: number;
  /** The script to run in place of the worker's own: a probe of the walls. */
  readonly script?: string;
  /** Node's own flags in place of the worker's: for a probe of the walls behind Node's permissions. */
  readonly nodeFlags?: readonly string[];
  /** Files that the process may read by descriptors, behind the two channels. */
  readonly files?: readonly string[];
}

export interface LaunchedProcess {
  readonly child: ChildProcess;
  /** Of the process that was started; behind walls that fork its child is the worker. */
  readonly pid: number;
  /** Frames both ways. */
  readonly main: Socket;
  /** Synchronous host calls: the worker stands still on its end. */
  readonly sync: Socket;
  /** What a dying V8 has to say; read for its first few thousand characters only. */
  readonly errors: Readable;
  readonly cgroup: WorkerCgroup | null;
}

const ENVIRONMENT = { TZ: "UTC", LANG: "en_US.UTF-8", LC_ALL: "en_US.UTF-8" };

/** isolated-vm needs --no-node-snapshot in the process that loads it; the last of them leaves isolates their own eval. */
const WORKER_FLAGS = [
  "--no-node-snapshot",
  "--no-warnings",
  "--disable-sigusr1",
  "--no-experimental-sqlite",
  "--disallow-code-generation-from-strings",
  ...["--no-experimental-ffi", "--no-experimental-webstorage"].filter((flag) =>
    process.allowedNodeEnvironmentFlags.has(flag),
  ),
];

export function launchWorker(options: LaunchOptions): LaunchedProcess {
  const { walls, memoryBytes } = options;
  const files = (options.files ?? []).map((path) => openSync(path, "r"));
  const cgroup = joinable(walls, memoryBytes);
  const command = [...walls.prefix, walls.files.node, ...nodeArguments(options)];
  const [program, ...rest] = command;
  const child = spawn(program!, rest, {
    cwd: "/",
    env: ENVIRONMENT,
    stdio: ["ignore", "ignore", "pipe", "pipe", "pipe", ...files],
    windowsHide: true,
    // A group of its own, to be ended as a whole.
    detached: process.platform !== "win32",
  });
  // What it leaves behind goes with it.
  child.once("exit", () => {
    if (child.pid !== undefined) kill(-child.pid);
    endGroup(cgroup);
  });
  for (const file of files) closeSync(file);
  if (cgroup !== null) {
    if (child.pid !== undefined) cgroup.join(child.pid);
    child.once("error", () => cgroup.remove());
    // After the listeners that report how it ended.
    child.once("exit", () => setImmediate(() => cgroup.remove()));
  }
  // A failed start is reported by the `error` event; until then there is no pid.
  return {
    child,
    pid: child.pid ?? -1,
    main: child.stdio[3] as Socket,
    sync: child.stdio[4] as Socket,
    errors: child.stdio[2] as Readable,
    cgroup,
  };
}

/**
 * The process itself first: native code in it may have left its group, and the order to die with its parent. The end of the first process of a
 * namespace ends all that are in it. Bubblewrap takes the worker along only once both are up; killed before that, its child would wait for it for ever.
 */
export function endProcess(
  { child, pid, cgroup }: Pick<LaunchedProcess, "child" | "pid" | "cgroup">,
  walls: Pick<Walls, "forks">,
): void {
  if (walls.forks && pid > 0 && child.exitCode === null && child.signalCode === null) {
    const worker = workerPid(pid, walls);
    if (worker !== pid) kill(worker);
  }
  if (pid > 0 && kill(-pid)) return endGroup(cgroup);
  child.kill("SIGKILL");
  endGroup(cgroup);
}

/** What a worker started and took out of its process group, where no namespace ends it. */
function endGroup(cgroup: WorkerCgroup | null): void {
  for (const left of cgroup?.pids ?? []) kill(left);
}

/** False where there is no such process or group, or not yet. */
function kill(pid: number): boolean {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}

/** The worker's own process id, once it runs. */
export function workerPid(started: number, { forks }: Pick<Walls, "forks">): number {
  if (!forks) return started;
  try {
    return Number(readFileSync(`/proc/${started}/task/${started}/children`, "utf8").split(" ")[0]) || started;
  } catch {
    return started;
  }
}

function nodeArguments({ walls, script = walls.files.script, nodeFlags }: LaunchOptions): string[] {
  const { files, watchesHost, optimize } = walls;
  const reads = [script, files.addon].map((file) => `--allow-fs-read=${file}`);
  const permissions = ["--permission", "--allow-addons", ...reads, ...(watchesHost ? ["--allow-worker"] : [])];
  const flags = nodeFlags ?? [...WORKER_FLAGS, ...permissions];
  return [...flags, ...engineFlags(optimize), script, files.addon, ...(watchesHost ? [String(process.pid)] : [])];
}

function joinable({ cgroups, pidsCgroups }: Walls, memoryBytes: number): WorkerCgroup | null {
  const name = `${process.pid}-${crypto.randomUUID()}`;
  return makeCgroups({ memory: cgroups, pids: pidsCgroups }, name, { memoryBytes, processes: MAX_PROCESSES });
}
