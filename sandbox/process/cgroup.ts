/**
 * Cgroups for each worker process, where the host may make them: the kernel then holds the cap of its memory between two looks of the watch,
 * and the number of its processes. Both generations of cgroups are known. A group is made below the host's own and removed with its process.
 */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface CgroupFolder {
  readonly folder: string;
  readonly version: 1 | 2;
}

export interface CgroupFolders {
  readonly memory: CgroupFolder | null;
  readonly pids: CgroupFolder | null;
}

type Controller = keyof CgroupFolders;

export interface CgroupLimits {
  readonly memoryBytes: number;
  readonly processes: number;
}

/** What holds one worker process, in one group or in one for each controller. */
export interface WorkerCgroup {
  /** Joining takes the kernel a while, so no start waits for it; what the process holds already is not counted. */
  join(pid: number): void;
  /** Raises the cap of memory; it never falls. */
  raise(bytes: number): void;
  /** Has the group compute after all others, or beside them again, where the kernel weighs groups. */
  rank(kind: "low" | "normal"): void;
  /** Whether the kernel ended a process of the group for its memory. */
  readonly killed: boolean;
  /** The processes that are in it, those included that left their process group. */
  readonly pids: readonly number[];
  remove(): void;
}

const PREFIX = "baton-";

/** The folders below which groups can be made; null where there is none. Groups that a dead host left behind are removed. */
export function findCgroupFolders(): CgroupFolders {
  return { memory: findCgroupFolder("memory"), pids: findCgroupFolder("pids") };
}

function findCgroupFolder(controller: Controller): CgroupFolder | null {
  try {
    const found = ownCgroup(controller);
    if (found === null) return null;
    accessSync(found.folder, constants.W_OK);
    sweep(found.folder);
    const none = { memory: null, pids: null };
    const trial = makeCgroups({ ...none, [controller]: found }, `${process.pid}-trial`, TRIAL_LIMITS);
    trial?.remove();
    return trial === null ? null : found;
  } catch {
    return null;
  }
}

/** The group that this process is in; null where there is none. */
export function ownCgroup(
  controller: string,
  read: (path: string) => string | null = (path) => readFileSync(path, "utf8"),
): CgroupFolder | null {
  const own = read("/proc/self/cgroup")?.split("\n") ?? [];
  const mounts = (read("/proc/self/mountinfo")?.split("\n") ?? []).map(readMount);
  return findVersion1(controller, own, mounts) ?? findVersion2(own, mounts);
}

const TRIAL_LIMITS: CgroupLimits = { memoryBytes: 1 << 30, processes: 64 };

/** Null where no group could be made. */
export function makeCgroups(folders: CgroupFolders, name: string, limits: CgroupLimits): WorkerCgroup | null {
  const memory = makeGroup(folders.memory, name, ({ version }) => [
    [version === 2 ? "memory.max" : "memory.limit_in_bytes", limits.memoryBytes],
  ]);
  const pids = makeGroup(folders.pids, name, () => [["pids.max", limits.processes]]);
  if (memory === null && pids === null) return null;
  const groups = [...new Set([memory, pids])].filter((group) => group !== null);
  let limit = limits.memoryBytes;
  return {
    join: (pid) => {
      for (const group of groups) void writeFile(join(group, "cgroup.procs"), String(pid)).catch(() => undefined);
    },
    raise(more) {
      if (memory === null || more <= limit) return;
      limit = more;
      const file = folders.memory!.version === 2 ? "memory.max" : "memory.limit_in_bytes";
      quietly(() => writeFileSync(join(memory, file), String(more)));
    },
    rank(kind) {
      for (const group of groups) {
        const file = join(group, "cpu.weight");
        if (existsSync(file)) quietly(() => writeFileSync(file, CPU_WEIGHTS[kind]));
      }
    },
    get killed() {
      if (memory === null) return false;
      return countKills(join(memory, folders.memory!.version === 2 ? "memory.events" : "memory.oom_control")) > 0;
    },
    get pids() {
      return groups.flatMap(readPids);
    },
    remove: () => {
      for (const group of groups) removeSoon(group, 40);
    },
  };
}

/** The least there is, and what the kernel gives by default. */
const CPU_WEIGHTS = { low: "1", normal: "100" } as const;

type Setting = readonly [file: string, value: number];

/** The path of the group, which another controller may have made already; null where the machine refuses it. */
function makeGroup(
  folder: CgroupFolder | null,
  name: string,
  settings: (folder: CgroupFolder) => readonly Setting[],
): string | null {
  if (folder === null) return null;
  const group = join(folder.folder, `${PREFIX}${name}`);
  const isNew = !existsSync(group);
  try {
    if (isNew) mkdirSync(group);
    for (const [file, value] of settings(folder)) {
      if (!existsSync(join(group, file))) throw new Error("its controller is not on");
      writeFileSync(join(group, file), String(value));
    }
    // Swapping would only put the end off.
    if (folder.version === 2) quietly(() => writeFileSync(join(group, "memory.swap.max"), "0"));
    return group;
  } catch {
    if (isNew) quietly(() => rmdirSync(group));
    return null;
  }
}

function readPids(group: string): number[] {
  try {
    return readFileSync(join(group, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** A process that was just ended may still be on its way out of its group. What is left over in the end, the next host sweeps. */
function removeSoon(group: string, tries: number): void {
  try {
    rmdirSync(group);
  } catch {
    if (tries > 0) setTimeout(() => removeSoon(group, tries - 1), 25).unref();
  }
}

interface Mount {
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

function readMount(line: string): Mount {
  const [before = "", after = ""] = line.split(" - ");
  const [, , , root = "", point = ""] = before.split(" ");
  const [type = "", , options = ""] = after.split(" ");
  return { root, point, type, options: options.split(",") };
}

function findVersion1(controller: string, own: readonly string[], mounts: readonly Mount[]): CgroupFolder | null {
  const path = own.map((line) => line.split(":")).find(([, kinds]) => kinds?.split(",").includes(controller))?.[2];
  const mount = mounts.find(({ type, options }) => type === "cgroup" && options.includes(controller));
  return path === undefined || mount === undefined ? null : { folder: below(mount, path), version: 1 };
}

function findVersion2(own: readonly string[], mounts: readonly Mount[]): CgroupFolder | null {
  const path = own.find((line) => line.startsWith("0::"))?.slice(3);
  const mount = mounts.find(({ type }) => type === "cgroup2");
  return path === undefined || mount === undefined ? null : { folder: below(mount, path), version: 2 };
}

const below = ({ root, point }: Mount, path: string): string =>
  join(point, root !== "/" && path.startsWith(root) ? path.slice(root.length) : path);

function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) quietly(() => rmdirSync(join(folder, name)));
  }
}

function countKills(file: string): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(file, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** What the kernel refuses here leaves the other walls as they are. */
function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // See above.
  }
}
