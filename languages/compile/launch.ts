/**
 * Starts a compile process behind the walls that worker processes get: what it parses is as hostile, and esbuild is native code. It starts before
 * the files are known that it will read, so it sees the file system as it is, and can write none of it.
 */
import { ownFile } from "../../base/own-files.ts";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import process from "node:process";
import { parse } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type WorkerCgroup,
  type Walls,
  endProcess,
  findWalls,
  isOpenToAll,
  makeCgroups,
  prefixForReader,
} from "../../sandbox/index.ts";
import type { CompileRequest } from "./messages.ts";

/** The user of the process: `nobody`, the host's own user, or one without any walls, where this machine puts up none around it. */
export type CompileUser = "nobody" | "own" | "bare";

export interface LaunchedCompiler {
  readonly child: ChildProcess;
  readonly cgroup: WorkerCgroup | null;
  end(): void;
}

/** Threads and processes of Node and esbuild, whose number grows with that of processors. */
const MAX_PROCESSES = 1_024;

export type Read = Pick<CompileRequest, "root" | "packages" | "reads">;

/** The user `nobody`, unless there is something to read that only another may. */
export function userFor({ root, packages, reads }: Read): CompileUser {
  if (process.platform === "win32") return "bare";
  const paths = [root, packages?.folder ?? null, ...reads].filter((path) => path !== null);
  return paths.every(isOpenToAll) ? "nobody" : "own";
}

/** `compiler` is the module that the process loads before it says that it is ready. */
export function launchCompiler(compiler: string, user: CompileUser, memoryBytes: number): LaunchedCompiler {
  const walls = findWalls();
  const entry = fileURLToPath(ownFile("./child.ts", import.meta.url));
  const command = [...prefixOf(walls, user), walls.files.node, "--no-warnings", "--disable-sigusr1", entry, compiler];
  const name = `${process.pid}-${crypto.randomUUID()}`;
  const cgroup =
    user === "bare"
      ? null
      : makeCgroups({ memory: walls.cgroups, pids: walls.pidsCgroups }, name, {
          memoryBytes,
          processes: MAX_PROCESSES,
        });
  const child = spawn(command[0]!, command.slice(1), {
    // The host's variables are not the compiler's: NODE_OPTIONS, NODE_PATH and ESBUILD_BINARY_PATH would change what it does.
    env: {},
    cwd: parse(entry).root,
    detached: process.platform !== "win32",
    windowsHide: true,
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  if (cgroup !== null && child.pid !== undefined) cgroup.join(child.pid);
  child.once("error", () => cgroup?.remove());
  child.once("exit", () => setImmediate(() => cgroup?.remove()));
  const forks = user !== "bare" && walls.forks;
  return { child, cgroup, end: () => end(child, cgroup, forks) };
}

/** Whether this machine starts anything at all behind these walls; asked only after one did not come up. */
export function canLaunch(user: CompileUser): boolean {
  if (user === "bare") return true;
  const walls = findWalls();
  const [program, ...rest] = [...prefixOf(walls, user), walls.files.node, "--version"];
  const tried = spawnSync(program!, rest, { cwd: "/", env: {}, timeout: 5_000, encoding: "utf8", windowsHide: true });
  return tried.stdout?.trim() === process.version;
}

const prefixOf = (walls: Walls, user: CompileUser): string[] =>
  user === "bare" ? [] : prefixForReader(walls, { asNobody: user === "nobody" });

function end(child: ChildProcess, cgroup: WorkerCgroup | null, forks: boolean): void {
  if (child.pid === undefined) return;
  if (process.platform !== "win32") return endProcess({ child, pid: child.pid, cgroup }, { forks });
  spawn("taskkill", ["/pid", String(child.pid), "/T", "/F"], { stdio: "ignore" }).on("error", () => child.kill());
}
