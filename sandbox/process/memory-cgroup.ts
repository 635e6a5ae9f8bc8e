/**
 * A memory cgroup for each worker process, where the host may make them: the kernel then holds the cap between two looks of the watch.
 * Both generations of cgroups are known. A group is made below the host's own and removed with its process.
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

export interface MemoryCgroup {
  /** Joining takes the kernel a while, so nobody waits for it; what the process holds already is not counted. */
  join(pid: number): void;
  /** Raises the cap; it never falls. */
  raise(bytes: number): void;
  /** Whether the kernel ended a process of the group for its memory. */
  readonly killed: boolean;
  remove(): void;
}

const PREFIX = "baton-";

/** The folder below which groups can be made; null where there is none. Groups that a dead host left behind are removed. */
export function findCgroupFolder(): CgroupFolder | null {
  try {
    const own = readFileSync("/proc/self/cgroup", "utf8").split("\n");
    const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n").map(readMount);
    const found = findVersion1(own, mounts) ?? findVersion2(own, mounts);
    if (found === null) return null;
    accessSync(found.folder, constants.W_OK);
    sweep(found.folder);
    const trial = makeCgroup(found, `${process.pid}-trial`, 1 << 30);
    trial.remove();
    return found;
  } catch {
    return null;
  }
}

export function makeCgroup({ folder, version }: CgroupFolder, name: string, bytes: number): MemoryCgroup {
  const group = join(folder, `${PREFIX}${name}`);
  const limitFile = join(group, version === 2 ? "memory.max" : "memory.limit_in_bytes");
  let limit = bytes;
  mkdirSync(group);
  try {
    if (!existsSync(limitFile)) throw new Error("the memory controller is not on");
    writeFileSync(limitFile, String(bytes));
    // Swapping would only put the end off.
    if (version === 2) quietly(() => writeFileSync(join(group, "memory.swap.max"), "0"));
  } catch (error) {
    rmdirSync(group);
    throw error;
  }
  return {
    join: (pid) => void writeFile(join(group, "cgroup.procs"), String(pid)).catch(() => undefined),
    raise(more) {
      if (more <= limit) return;
      limit = more;
      quietly(() => writeFileSync(limitFile, String(more)));
    },
    get killed() {
      return countKills(join(group, version === 2 ? "memory.events" : "memory.oom_control")) > 0;
    },
    remove: () => removeSoon(group, 40),
  };
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

function findVersion1(own: readonly string[], mounts: readonly Mount[]): CgroupFolder | null {
  const path = own.map((line) => line.split(":")).find(([, kinds]) => kinds?.split(",").includes("memory"))?.[2];
  const mount = mounts.find(({ type, options }) => type === "cgroup" && options.includes("memory"));
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
