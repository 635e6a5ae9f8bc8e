/**
 * The programs that put walls around a process, and the command line that they make: each replaces itself by the next one, but bubblewrap and
 * an `unshare` that forks, which stay beside the walled process as its parent.
 */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** The walls that one command line can put up. */
export type Tried = "cores" | "setpriv" | "nobody" | "view" | "network" | "pids" | "proc" | "nproc" | "userns";

export type Tools = Readonly<Record<"sh" | "setpriv" | "unshare" | "bwrap" | "prlimit", string | null>>;

/** What a walled process reads. */
export interface Viewed {
  /** Files and folders that a read-only view shows beside the system's libraries. */
  readonly paths: readonly string[];
  /** Symbolic links in it: what they lead to, and where they are. */
  readonly links?: readonly (readonly [target: string, path: string])[];
  /** For a program that reads files which are not known yet: the whole file system, none of it to be written. */
  readonly everything?: boolean;
}

const NOBODY = "65534";
/** Processes and threads of one worker: Node starts about a dozen threads, and an action none. */
export const MAX_PROCESSES = 64;
const TMPFS_BYTES = 64 * 1024;
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

/** Libraries, and a small place in memory. That comes before the files that are shown, which may lie in it. */
const OWN_ROOT = [
  "--size",
  String(TMPFS_BYTES),
  "--tmpfs",
  "/tmp",
  ...LIBRARIES.flatMap((path) => ["--ro-bind-try", path, path]),
];

export const isRoot = (): boolean => process.getuid?.() === 0;

export function findTools(folders: readonly string[]): Tools {
  const find = (name: string): string | null => folders.map((folder) => join(folder, name)).find(isProgram) ?? null;
  return {
    sh: find("sh"),
    setpriv: find("setpriv"),
    unshare: find("unshare"),
    bwrap: find("bwrap"),
    prlimit: find("prlimit"),
  };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function composeWalls(walls: ReadonlySet<Tried>, tools: Tools, viewed: Viewed): string[] {
  const has = (wall: Tried): boolean => walls.has(wall);
  // One program sets all limits where it is installed: each that replaces itself by the next costs a start some milliseconds.
  const limits = tools.prlimit === null ? [] : limitsCommand(walls, tools.prlimit);
  const shell = has("cores") && limits.length === 0 ? [tools.sh!, "-c", `${shellLimits()}; exec "$@"`, "sh"] : [];
  const privileges = has("setpriv") ? [tools.setpriv!, ...setprivFlags(has("nobody"), has("view")), "--"] : [];
  if (has("view")) {
    const paths = limits.length > 0 ? [...viewed.paths, tools.prlimit!] : viewed.paths;
    return [...shell, ...privileges, tools.bwrap!, ...bwrapFlags(walls, { ...viewed, paths }), "--", ...limits];
  }
  // A host that is killed takes `unshare` along, and `unshare` the process that it forked.
  const death = has("pids") ? [tools.setpriv!, "--pdeathsig", "KILL", "--"] : [];
  return [...shell, ...death, ...unshareCommand(walls, tools), ...limits, ...privileges];
}

/** Within the user namespace, where the processes of that user are counted apart. */
function limitsCommand(walls: ReadonlySet<Tried>, prlimit: string): string[] {
  const limits = [
    ...(walls.has("cores") ? ["--core=0:0", "--fsize=0:0"] : []),
    ...(walls.has("nproc") ? [`--nproc=${MAX_PROCESSES}:${MAX_PROCESSES}`] : []),
  ];
  return limits.length === 0 ? [] : [prlimit, ...limits];
}

/** No memory of a crash goes to the disk, and no file grows by a byte: not on the disk, in a tmpfs nor in memory that has no name. */
function shellLimits(): string {
  return process.platform === "linux" ? "ulimit -c 0; ulimit -f 0" : "ulimit -c 0";
}

function unshareCommand(walls: ReadonlySet<Tried>, { unshare }: Tools): string[] {
  const network = walls.has("network") ? ["--net"] : [];
  const others = walls.has("pids") ? ["--pid", "--ipc", "--uts", "--cgroup", "--fork", "--kill-child"] : [];
  const proc = walls.has("proc") ? ["--mount-proc"] : [];
  const flags = [...network, ...others, ...proc];
  return flags.length === 0 ? [] : [unshare!, ...(isRoot() ? [] : ["--user"]), ...flags, "--"];
}

/**
 * Bubblewrap brings a death signal of its own, and takes it up only when its child no longer waits for it: ended by an earlier one while it
 * sets up, it would leave a child behind that waits for ever. Whatever survives the host that long ends at its closed channel.
 */
function setprivFlags(nobody: boolean, view: boolean): string[] {
  const flags = [...(view ? [] : ["--pdeathsig", "KILL"]), "--no-new-privs"];
  // A bubblewrap that stays root needs its capabilities to set up the view, and drops them itself.
  if (!view || !isRoot() || nobody) flags.push("--inh-caps=-all", ...(isRoot() ? ["--bounding-set=-all"] : []));
  return nobody ? [...flags, "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"] : flags;
}

/** Its root and its devices are file systems in memory, closed once they are furnished; what is left open is small. */
function bwrapFlags(walls: ReadonlySet<Tried>, { paths, links = [], everything = false }: Viewed): string[] {
  const namespaces = ["--unshare-user", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"];
  if (walls.has("network")) namespaces.push("--unshare-net");
  // Without a reaper of bubblewrap's own, the one child of bubblewrap is the process that is walled in.
  if (walls.has("pids")) namespaces.push("--unshare-pid", "--as-pid-1");
  // No way to more of the kernel than an ordinary user has.
  if (walls.has("userns")) namespaces.push("--disable-userns");
  const shown = [
    ...paths.flatMap((path) => ["--ro-bind", path, path]),
    ...links.flatMap(([target, path]) => ["--symlink", target, path]),
  ];
  const proc = walls.has("proc") ? ["--proc", "/proc"] : [];
  return [
    ...namespaces,
    "--die-with-parent",
    ...(everything ? ["--ro-bind", "/", "/"] : OWN_ROOT),
    ...shown,
    ...proc,
    "--dev",
    "/dev",
    "--remount-ro",
    "/dev",
    ...(everything ? [] : ["--remount-ro", "/"]),
    "--chdir",
    "/",
    "--cap-drop",
    "ALL",
  ];
}
