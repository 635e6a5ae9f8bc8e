/**
 * The walls of the operating system around a worker process: which of them this machine offers, and the command line that puts them up.
 * Node's permissions, the empty environment and the closed descriptors stand everywhere; the rest is tried out once for each host process,
 * with the very command line that workers are started with. All of them are programs that replace themselves by the next one,
 * but bubblewrap, which stays beside the worker process as its parent.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { addonPath } from "./addon.ts";
import { assetPath } from "../assets.ts";
import { type CgroupFolder, findCgroupFolder } from "./memory-cgroup.ts";

export interface Wall {
  readonly name: WallName;
  readonly stands: boolean;
  /** What holds it up, or why it is missing. */
  readonly note: string;
}

export type WallName =
  | "environment"
  | "descriptors"
  | "permission"
  | "core-files"
  | "ends-with-host"
  | "network"
  | "read-only-view"
  | "nobody"
  | "no-new-privileges"
  | "memory-cgroup";

export interface Walls {
  readonly list: readonly Wall[];
  /** Programs and their arguments to be put before the program that is walled in. */
  readonly prefix: readonly string[];
  /** Whether the worker process is a child of the process that is started. */
  readonly forks: boolean;
  /** Whether the worker has to look by itself whether its host still lives. */
  readonly watchesHost: boolean;
  readonly cgroups: CgroupFolder | null;
  /** The files that a worker process reads. */
  readonly files: WorkerFiles;
}

export interface WorkerFiles {
  readonly node: string;
  readonly script: string;
  readonly addon: string;
}

const TOOL_FOLDERS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];
const NOBODY = "65534";
/** Where shared libraries of the Node program can be. */
const LIBRARIES = [
  "/lib",
  "/lib64",
  "/usr/lib",
  "/usr/lib64",
  "/usr/local/lib",
  "/etc/ld.so.cache",
  "/etc/ld-musl-x86_64.path",
];

/** The walls that one command line can put up. */
type Tried = "cores" | "setpriv" | "nobody" | "network" | "view";

let found: Walls | undefined;

/** Tried out once for each host process: the machine does not change under it. */
export function findWalls(): Walls {
  return (found ??= tryWalls());
}

export function tryWalls(toolFolders: readonly string[] = TOOL_FOLDERS): Walls {
  const files = {
    node: realpathSync(process.execPath),
    script: realpathSync(assetPath("worker.cjs")),
    addon: addonPath(),
  };
  const tools = findTools(toolFolders);
  const why = new Map<Tried, string>();
  const wanted = wish(tools, files, why);
  const standing = process.platform === "win32" ? new Set<Tried>() : keepWhatWorks(wanted, tools, files, why);
  const cgroups = process.platform === "linux" ? findCgroupFolder() : null;
  return {
    list: describe(standing, cgroups, why),
    prefix: compose(standing, tools, files),
    forks: standing.has("view"),
    watchesHost: !standing.has("setpriv") && !standing.has("view"),
    cgroups,
    files,
  };
}

type Tools = Readonly<Record<"sh" | "setpriv" | "unshare" | "bwrap", string | null>>;

function findTools(folders: readonly string[]): Tools {
  const find = (name: string): string | null => folders.map((folder) => join(folder, name)).find(isProgram) ?? null;
  return { sh: find("sh"), setpriv: find("setpriv"), unshare: find("unshare"), bwrap: find("bwrap") };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const isRoot = (): boolean => process.getuid?.() === 0;

/** What there are tools for. */
function wish(tools: Tools, files: WorkerFiles, why: Map<Tried, string>): Set<Tried> {
  const wanted = new Set<Tried>();
  const want = (wall: Tried, missing: string | null): void => {
    if (missing === null) wanted.add(wall);
    else why.set(wall, missing);
  };
  const linux = process.platform === "linux" ? null : "Linux only";
  want("cores", tools.sh === null ? "there is no shell" : null);
  want("setpriv", linux ?? (tools.setpriv === null ? "setpriv is not installed" : null));
  want("nobody", why.get("setpriv") ?? whyNotNobody(files));
  want("view", linux ?? (tools.bwrap === null ? "bubblewrap is not installed" : null));
  const hasNetworkTool = tools.bwrap !== null || tools.unshare !== null;
  want("network", linux ?? (hasNetworkTool ? null : "neither unshare nor bubblewrap is installed"));
  return wanted;
}

function whyNotNobody(files: WorkerFiles): string | null {
  if (!isRoot()) return "the host is an ordinary user already";
  const closed = Object.values(files).find((file) => !isOpenToOthers(file));
  return closed === undefined ? null : "other users may not read the files of the worker process";
}

function isOpenToOthers(file: string): boolean {
  if ((statSync(file).mode & 0o004) === 0) return false;
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder))
    if ((statSync(folder).mode & 0o001) === 0) return false;
  return true;
}

/** All of them at once; where that fails, each that works on top of those before it. */
function keepWhatWorks(wanted: Set<Tried>, tools: Tools, files: WorkerFiles, why: Map<Tried, string>): Set<Tried> {
  if (works(wanted, tools, files)) return wanted;
  let kept = new Set<Tried>();
  for (const wall of wanted) {
    const next = new Set([...kept, wall]);
    if (works(next, tools, files)) kept = next;
    else why.set(wall, "this machine refuses it");
  }
  return kept;
}

function works(walls: Set<Tried>, tools: Tools, files: WorkerFiles): boolean {
  const [program, ...rest] = [...compose(walls, tools, files), files.node, "--version"];
  const tried = spawnSync(program!, rest, { cwd: "/", env: {}, timeout: 5_000, encoding: "utf8", windowsHide: true });
  return tried.stdout?.trim() === process.version;
}

function compose(walls: Set<Tried>, tools: Tools, files: WorkerFiles): string[] {
  const has = (wall: Tried): boolean => walls.has(wall);
  const shell = has("cores") ? [tools.sh!, "-c", 'ulimit -c 0; exec "$@"', "sh"] : [];
  const privileges = has("setpriv") ? [tools.setpriv!, ...setprivFlags(has("nobody"), !has("view")), "--"] : [];
  if (has("view")) return [...shell, ...privileges, tools.bwrap!, ...bwrapFlags(has("network"), files), "--"];
  const namespace = has("network") && tools.unshare ? [tools.unshare, ...(isRoot() ? [] : ["-U"]), "-n", "--"] : [];
  return [...shell, ...namespace, ...privileges];
}

/**
 * Bubblewrap brings a death signal of its own, and takes it up only when its child no longer waits for it: ended by an earlier one while it
 * sets up, it would leave a child behind that waits for ever. Whatever survives the host that long ends at its closed channel.
 */
function setprivFlags(nobody: boolean, deathSignal: boolean): string[] {
  const flags = [...(deathSignal ? ["--pdeathsig", "KILL"] : []), "--no-new-privs", "--inh-caps=-all"];
  if (isRoot()) flags.push("--bounding-set=-all");
  return nobody ? [...flags, "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"] : flags;
}

function bwrapFlags(network: boolean, { node, script, addon }: WorkerFiles): string[] {
  const libraries = LIBRARIES.flatMap((path) => ["--ro-bind-try", path, path]);
  const files = [node, script, addon].flatMap((path) => ["--ro-bind", path, path]);
  const namespaces = ["--unshare-user", "--unshare-ipc", "--unshare-uts", ...(network ? ["--unshare-net"] : [])];
  return [
    ...namespaces,
    "--die-with-parent",
    ...libraries,
    ...files,
    "--dev",
    "/dev",
    "--chdir",
    "/",
    "--cap-drop",
    "ALL",
  ];
}

function describe(walls: Set<Tried>, cgroups: CgroupFolder | null, why: Map<Tried, string>): Wall[] {
  const tried = (name: WallName, wall: Tried, how: string): Wall =>
    walls.has(wall) ? { name, stands: true, note: how } : { name, stands: false, note: why.get(wall) ?? "not offered" };
  const byNetwork = walls.has("view") ? "bubblewrap" : "unshare";
  const noGroups = process.platform === "linux" ? "no cgroup with a memory controller can be written" : "Linux only";
  return [
    { name: "environment", stands: true, note: "empty, UTC, en-US" },
    { name: "descriptors", stands: true, note: "two channels" },
    { name: "permission", stands: true, note: "Node's permission model" },
    tried("core-files", "cores", "ulimit"),
    {
      name: "ends-with-host",
      stands: true,
      note: walls.has("setpriv") || walls.has("view") ? "parent death signal" : "a thread that watches the host",
    },
    tried("network", "network", `an empty namespace, by ${byNetwork}`),
    tried("read-only-view", "view", "bubblewrap"),
    tried("nobody", "nobody", "setpriv"),
    tried("no-new-privileges", "setpriv", "setpriv"),
    cgroups === null
      ? { name: "memory-cgroup", stands: false, note: noGroups }
      : { name: "memory-cgroup", stands: true, note: `cgroup v${cgroups.version}` },
  ];
}
