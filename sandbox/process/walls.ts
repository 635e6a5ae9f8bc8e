/**
 * The walls of the operating system around a worker process: which of them this machine offers, and the command line that puts them up.
 * Node's permissions, the empty environment and the closed descriptors stand everywhere; the rest is tried out once for each host process,
 * with the very command line that workers are started with.
 */
import { spawnSync } from "node:child_process";
import { realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { addonPath } from "./addon.ts";
import { assetPath } from "../assets.ts";
import { type CgroupFolder, type CgroupFolders, findCgroupFolders } from "./cgroup.ts";
import { type Optimize, optimizerWall } from "./engine.ts";
import type { Wall, WallName } from "./wall.ts";
import { type Tools, type Tried, type Viewed, composeWalls, findTools, isRoot } from "./wall-commands.ts";

export interface Walls {
  readonly list: readonly Wall[];
  /** Programs and their arguments to be put before the program that is walled in. */
  readonly prefix: readonly string[];
  /** Whether the worker process is a child of the process that is started. */
  readonly forks: boolean;
  /** Whether the worker has to look by itself whether its host still lives. */
  readonly watchesHost: boolean;
  /** Where the memory of a worker process can be held to a cap. */
  readonly cgroups: CgroupFolder | null;
  /** Where the number of its processes and threads can be. */
  readonly pidsCgroups: CgroupFolder | null;
  /** What the command line puts up, and with which programs. */
  readonly standing: readonly Tried[];
  readonly tools: Tools;
  /** Which of V8's compilers work for actions. */
  readonly optimize: Optimize;
  /** The files that a worker process reads. */
  readonly files: WorkerFiles;
}

export interface WorkerFiles {
  readonly node: string;
  readonly script: string;
  readonly addon: string;
}

const TOOL_FOLDERS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];

let found: Walls | undefined;

/** Tried out once for each host process: the machine does not change under it. */
export function findWalls(optimize: Optimize = "maglev"): Walls {
  found ??= tryWalls();
  if (found.optimize === optimize) return found;
  const list = found.list.map((wall) => (wall.name === "no-optimizer" ? optimizerWall(optimize) : wall));
  return { ...found, optimize, list };
}

export function tryWalls(toolFolders: readonly string[] = TOOL_FOLDERS): Walls {
  const files = {
    node: realpathSync(process.execPath),
    script: realpathSync(assetPath("worker.cjs")),
    addon: addonPath(),
  };
  const trial: Trial = { tools: findTools(toolFolders), files, why: new Map() };
  const wanted = wish(trial);
  const standing = process.platform === "win32" ? new Set<Tried>() : keepWhatWorks(wanted, trial);
  const { memory, pids } = process.platform === "linux" ? findCgroupFolders() : { memory: null, pids: null };
  const forks = standing.has("view") || standing.has("pids");
  return {
    list: describe(standing, { memory, pids }, trial.why),
    prefix: prefixOf(standing, trial),
    forks,
    watchesHost: !standing.has("setpriv") && !forks,
    cgroups: memory,
    pidsCgroups: pids,
    standing: [...standing],
    tools: trial.tools,
    optimize: "maglev",
    files,
  };
}

export interface Reader {
  /** Where that user may read what it has to. */
  readonly asNobody: boolean;
  /** What it sees beside the system's libraries; null for the whole file system. */
  readonly seen: Pick<Viewed, "paths" | "links"> | null;
}

/** The same walls for another program of ours, which writes nothing either. */
export function prefixForReader({ standing, tools }: Walls, { asNobody, seen }: Reader): string[] {
  // Its processes are counted by a cgroup alone: how many threads a compiler takes depends on the machine.
  const walls = standing.filter((wall) => wall !== "nproc" && (asNobody || wall !== "nobody"));
  return composeWalls(new Set(walls), tools, seen ?? { paths: [], everything: true });
}

/** Whether every user may come to this file or folder, and read it. */
export function isOpenToAll(path: string): boolean {
  try {
    const entry = statSync(path);
    return isOpenToOthers(path) && (!entry.isDirectory() || (entry.mode & 0o001) !== 0);
  } catch {
    return false;
  }
}

interface Trial {
  readonly tools: Tools;
  readonly files: WorkerFiles;
  /** Why a wall is missing. */
  readonly why: Map<Tried, string>;
}

const prefixOf = (walls: ReadonlySet<Tried>, { tools, files }: Trial): string[] =>
  composeWalls(walls, tools, { paths: [files.node, files.script, files.addon] });

/** What there are tools for, each after those that it stands on. */
function wish({ tools, files, why }: Trial): Set<Tried> {
  const wanted = new Set<Tried>();
  const want = (wall: Tried, missing: string | null): void => {
    if (missing === null) wanted.add(wall);
    else why.set(wall, missing);
  };
  const linux = process.platform === "linux" ? null : "Linux only";
  want("cores", tools.sh === null && tools.prlimit === null ? "there is no shell" : null);
  want("setpriv", linux ?? (tools.setpriv === null ? "setpriv is not installed" : null));
  want("nobody", why.get("setpriv") ?? whyNotNobody(files));
  want("view", linux ?? (tools.bwrap === null ? "bubblewrap is not installed" : null));
  const hasNamespaces = tools.bwrap !== null || tools.unshare !== null;
  want("network", linux ?? (hasNamespaces ? null : "neither unshare nor bubblewrap is installed"));
  // Without bubblewrap it takes setpriv too, lest the worker outlives a host that was killed.
  const forks = tools.bwrap !== null || (tools.unshare !== null && tools.setpriv !== null);
  want("pids", linux ?? (forks ? null : "neither bubblewrap nor unshare with setpriv is installed"));
  want("proc", why.get("pids") ?? null);
  want("nproc", why.get("pids") ?? (tools.prlimit === null ? "prlimit is not installed" : whyNotCounted(tools)));
  if (wanted.has("view")) wanted.add("userns");
  return wanted;
}

function whyNotNobody(files: WorkerFiles): string | null {
  if (!isRoot()) return "the host is an ordinary user already";
  const closed = Object.values(files).find((file) => !isOpenToOthers(file));
  return closed === undefined ? null : "other users may not read the files of the worker process";
}

/** The kernel counts the processes of a user in each user namespace: outside one of its own, all workers would be counted together. */
function whyNotCounted({ bwrap }: Tools): string | null {
  return bwrap === null && isRoot() ? "a host that is root opens no user namespace" : null;
}

function isOpenToOthers(file: string): boolean {
  if ((statSync(file).mode & 0o004) === 0) return false;
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder))
    if ((statSync(folder).mode & 0o001) === 0) return false;
  return true;
}

/** All of them at once; where that fails, each that works on top of those before it. */
function keepWhatWorks(wanted: Set<Tried>, trial: Trial): Set<Tried> {
  if (works(wanted, trial)) return wanted;
  let kept = new Set<Tried>();
  for (const wall of wanted) {
    const next = new Set([...kept, wall]);
    const isBased = (wall !== "proc" && wall !== "nproc") || kept.has("pids");
    if (isBased && works(next, trial)) kept = next;
    else trial.why.set(wall, isBased ? "this machine refuses it" : trial.why.get("pids")!);
  }
  return kept;
}

function works(walls: Set<Tried>, trial: Trial): boolean {
  const [program, ...rest] = [...prefixOf(walls, trial), trial.files.node, "--version"];
  const tried = spawnSync(program!, rest, { cwd: "/", env: {}, timeout: 5_000, encoding: "utf8", windowsHide: true });
  return tried.stdout?.trim() === process.version;
}

function describe(walls: ReadonlySet<Tried>, cgroups: CgroupFolders, why: ReadonlyMap<Tried, string>): Wall[] {
  const tried = (name: WallName, wall: Tried, how: string): Wall =>
    walls.has(wall) ? { name, stands: true, note: how } : { name, stands: false, note: why.get(wall) ?? "not offered" };
  const byNamespace = walls.has("view") ? "bubblewrap" : "unshare";
  const noGroups = process.platform === "linux" ? "no cgroup with a memory controller can be written" : "Linux only";
  return [
    { name: "environment", stands: true, note: "empty, UTC, en-US" },
    { name: "descriptors", stands: true, note: "two channels" },
    { name: "permission", stands: true, note: "Node's permission model, and built-in modules refused" },
    tried("core-files", "cores", "resource limits"),
    {
      name: "ends-with-host",
      stands: true,
      note: walls.has("setpriv") || walls.has("view") ? "parent death signal" : "a thread that watches the host",
    },
    tried("network", "network", `an empty namespace, by ${byNamespace}`),
    tried("read-only-view", "view", `bubblewrap${walls.has("userns") ? ", without further user namespaces" : ""}`),
    describeProcesses(walls, cgroups, why),
    tried("nobody", "nobody", "setpriv"),
    tried("no-new-privileges", "setpriv", "setpriv"),
    cgroups.memory === null
      ? { name: "memory-cgroup", stands: false, note: noGroups }
      : { name: "memory-cgroup", stands: true, note: `cgroup v${cgroups.memory.version}` },
    optimizerWall("maglev"),
  ];
}

/** It stands on three things: a process that sees no other, that can signal no other, and whose number is held. */
function describeProcesses(walls: ReadonlySet<Tried>, { pids }: CgroupFolders, why: ReadonlyMap<Tried, string>): Wall {
  const name = "processes";
  const missing: string[] = [];
  if (!walls.has("pids")) missing.push(`no namespace of its own for processes (${why.get("pids") ?? "not offered"})`);
  else if (!walls.has("proc") && !walls.has("view")) missing.push("/proc shows the processes of the machine");
  if (pids === null && !walls.has("nproc"))
    missing.push(
      `nothing counts its processes (no cgroup with a pids controller; ${why.get("nproc") ?? "no prlimit"})`,
    );
  if (missing.length > 0) return { name, stands: false, note: missing.join("; ") };
  const by = walls.has("view") ? "bubblewrap" : "unshare";
  const counted = pids === null ? "prlimit" : `a cgroup v${pids.version}`;
  return { name, stands: true, note: `a namespace of its own, by ${by}, counted by ${counted}` };
}
