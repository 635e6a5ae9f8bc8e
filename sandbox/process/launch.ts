/**
 * Starts one worker process behind every wall that the machine offers, with nothing but its two channels: an empty environment in UTC and
 * en-US, no standard streams but a short stderr, and permission to read its own two files.
 */
import { kill } from "../launcher/end-tree.ts";
import { type Channel, DIRECTLY, type StartedProcess, type Starter, whenUp } from "../launcher/started.ts";
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
  /** Default: the host itself. */
  readonly starter?: Starter;
}

export interface LaunchedProcess extends Pick<StartedProcess, "child" | "end"> {
  /** Of the process that was started, -1 while there is none; behind walls that fork its child is the worker. */
  readonly pid: number;
  /** Frames both ways. */
  readonly main: Channel;
  /** Synchronous host calls: the worker stands still on its end. */
  readonly sync: Channel;
  /** What a dying V8 has to say; read for its first few thousand characters only. */
  readonly errors: Channel;
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
  const { walls, memoryBytes, files = [], starter = DIRECTLY } = options;
  const cgroup = joinable(walls, memoryBytes);
  const started = starter.start({
    command: [...walls.prefix, walls.files.node, ...nodeArguments(options)],
    cwd: "/",
    env: ENVIRONMENT,
    stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
    files,
    forks: walls.forks,
  });
  const { child } = started;
  const end = (): void => {
    started.end();
    endGroup(cgroup);
  };
  // What it leaves behind goes with it.
  child.once("exit", end);
  if (cgroup !== null) {
    whenUp(child, (pid) => cgroup.join(pid));
    child.once("error", () => cgroup.remove());
    // After the listeners that report how it ended.
    child.once("exit", () => setImmediate(() => cgroup.remove()));
  }
  return {
    child,
    get pid() {
      return child.pid ?? -1;
    },
    main: started.channel(3)!,
    sync: started.channel(4)!,
    errors: started.channel(2)!,
    cgroup,
    end,
  };
}

/** What a worker started and took out of its process group, where no namespace ends it. */
export function endGroup(cgroup: WorkerCgroup | null): void {
  for (const left of cgroup?.pids ?? []) kill(left);
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
