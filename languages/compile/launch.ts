/**
 * Starts a compile process behind the walls that worker processes get: what it parses is as hostile, and esbuild is native code. It sees what it is
 * made of and the packages that actions may import (view.ts), and can write none of it. Where there is no such view it sees all there is.
 */
import { ownFile } from "../../base/own-files.ts";
import { spawn, spawnSync } from "node:child_process";
import process from "node:process";
import { parse } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Channel,
  type StartedProcess,
  type Starter,
  type WorkerCgroup,
  type Walls,
  endGroup,
  findWalls,
  isOpenToAll,
  makeCgroups,
  prefixForReader,
  whenUp,
} from "../../sandbox/index.ts";
import type { CompileRequest } from "./messages.ts";
import { FILES_DESCRIPTOR } from "./host-disk.ts";
import { type View, viewFor } from "./view.ts";

/** The user of the process: `nobody`, the host's own user, or one without any walls, where this machine puts up none around it. */
export type CompileUser = "nobody" | "own" | "bare";

/** Where it stands: who it is, and what it sees; null for the whole file system. */
export interface CompilePlace {
  readonly user: CompileUser;
  readonly view: View | null;
}

export interface LaunchedCompiler extends Pick<StartedProcess, "child"> {
  readonly cgroup: WorkerCgroup | null;
  /** Requests and answers; null where the process could not be started. */
  readonly channel: Channel | null;
  /** On which it asks for the action's files; null for one that sees them. */
  readonly fileChannel: Channel | null;
  end(): void;
}

/** Threads and processes of Node and esbuild, whose number grows with that of processors. */
const MAX_PROCESSES = 1_024;
const CHANNEL_DESCRIPTOR = 3;
const TRIAL_MS = 20_000;

export type Read = Pick<CompileRequest, "root" | "packages" | "reads">;

/** Null where this machine offers a process no view of its own. */
export function findView(packages: string | null, folders: readonly string[]): View | null {
  return findWalls().standing.includes("view") ? viewFor(packages, folders) : null;
}

/** The user `nobody`, unless there is something to read that only others may. What the host hands in it need not read. */
export function userFor({ root, packages, reads }: Read, view: View | null): CompileUser {
  if (process.platform === "win32") return "bare";
  const beside = view === null ? [root, ...reads] : view.paths;
  const paths = [packages?.folder ?? null, ...beside].filter((path) => path !== null);
  return paths.every(isOpenToAll) ? "nobody" : "own";
}

/** `compiler` is the module that the process loads before it says that it is ready. */
export function launchCompiler(
  compiler: string,
  place: CompilePlace,
  memoryBytes: number,
  starter: Starter,
): LaunchedCompiler {
  const { user, view } = place;
  const walls = findWalls();
  const name = `${process.pid}-${crypto.randomUUID()}`;
  const cgroup =
    user === "bare"
      ? null
      : makeCgroups({ memory: walls.cgroups, pids: walls.pidsCgroups }, name, {
          memoryBytes,
          processes: MAX_PROCESSES,
        });
  const started = starter.start({
    command: [...commandOf(walls, place, compiler), String(CHANNEL_DESCRIPTOR)],
    // The host's variables are not the compiler's: NODE_OPTIONS, NODE_PATH and ESBUILD_BINARY_PATH would change what it does.
    env: {},
    cwd: parse(fileURLToPath(childFile())).root,
    stdio: ["ignore", "ignore", "ignore", "pipe", ...(view === null ? [] : ["pipe" as const])],
    files: [],
    forks: user !== "bare" && walls.forks,
  });
  const { child } = started;
  if (cgroup !== null) whenUp(child, (pid) => cgroup.join(pid));
  child.once("error", () => cgroup?.remove());
  child.once("exit", () => setImmediate(() => cgroup?.remove()));
  return {
    child,
    cgroup,
    channel: started.channel(CHANNEL_DESCRIPTOR),
    fileChannel: view === null ? null : started.channel(FILES_DESCRIPTOR),
    end: () => end(started, cgroup),
  };
}

/** Whether this machine starts anything at all behind these walls; asked only after one did not come up. */
export function canLaunch(user: CompileUser): boolean {
  if (user === "bare") return true;
  const walls = findWalls();
  const [program, ...rest] = [...prefixOf(walls, { user, view: null }), walls.files.node, "--version"];
  const tried = spawnSync(program!, rest, { cwd: "/", env: {}, timeout: 5_000, encoding: "utf8", windowsHide: true });
  return tried.stdout?.trim() === process.version;
}

/** Whether a compile process finds all that it is made of in its view: it loads its compiler, and has nothing else to do without a channel. */
export function canSeeItself(compiler: string, place: CompilePlace): boolean {
  const [program, ...rest] = commandOf(findWalls(), place, compiler);
  const tried = spawnSync(program!, rest, { cwd: "/", env: {}, stdio: "ignore", timeout: TRIAL_MS, windowsHide: true });
  return tried.status === 0;
}

const childFile = (): URL => ownFile("./child.ts", import.meta.url);

function commandOf(walls: Walls, place: CompilePlace, compiler: string): string[] {
  const flags = ["--no-warnings", "--disable-sigusr1", fileURLToPath(childFile()), compiler];
  return [...prefixOf(walls, place), walls.files.node, ...flags];
}

function prefixOf(walls: Walls, { user, view }: CompilePlace): string[] {
  if (user === "bare") return [];
  const seen = view === null ? null : { paths: [walls.files.node, ...view.paths], links: view.links };
  return prefixForReader(walls, { asNobody: user === "nobody", seen });
}

function end(started: StartedProcess, cgroup: WorkerCgroup | null): void {
  const { child } = started;
  if (process.platform !== "win32" || child.pid === undefined) {
    started.end();
    return endGroup(cgroup);
  }
  spawn("taskkill", ["/pid", String(child.pid), "/T", "/F"], { stdio: "ignore" }).on("error", () => child.kill());
}
