/**
 * Wheels, the archives that pure-Python packages come in: those of the host's folder whose names and hashes the host allows, read in memory. One with
 * compiled code in it is refused, because nothing here could run it.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ImportFiles } from "../../compile/import-files.ts";
import type { AnalysisModule } from "../analyst.ts";
import type { Problem } from "./problem.ts";
import type { PythonSettings } from "./settings.ts";
import { readZip } from "./zip.ts";

const MAX_WHEEL_BYTES = 16 * 1024 * 1024;
/** Unpacked, all wheels of a runtime together. */
const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;
const NATIVE = /\.(?:so|pyd|dll|dylib)(?:\.|$)/;
const decoder = new TextDecoder("utf-8", { fatal: true });

export interface Wheels {
  readonly problems: readonly Problem[];
  /** A module by its dotted name; null where no wheel has it. */
  find(name: string): AnalysisModule | null;
  /** `NAME==VERSION` of the wheels that modules were taken from. */
  readonly used: ReadonlySet<string>;
}

interface Entry {
  readonly wheel: string;
  readonly read: () => Buffer;
}

export function openWheels(packages: PythonSettings["packages"], files: ImportFiles): Wheels {
  const entries = new Map<string, Entry>();
  const problems: Problem[] = [];
  const used = new Set<string>();
  const budget = { left: MAX_UNPACKED_BYTES };
  for (const [name, hash] of Object.entries(packages?.allow ?? {})) {
    const problem = openWheel(packages!.folder, name, hash, files, entries, budget);
    if (problem !== null) problems.push({ code: "PACKAGE_UNAVAILABLE", message: problem, file: null });
  }
  const take = (path: string, isPackage: boolean): AnalysisModule | null => {
    const entry = entries.get(path);
    if (entry === undefined) return null;
    try {
      const source = decoder.decode(entry.read());
      used.add(entry.wheel);
      return { file: `${entry.wheel}/${path}`, source, package: isPackage };
    } catch {
      problems.push({ code: "PACKAGE_UNAVAILABLE", message: `${path} in ${entry.wheel} cannot be read.`, file: null });
      return null;
    }
  };
  const isFolder = (path: string): boolean => [...entries.keys()].some((name) => name.startsWith(`${path}/`));
  return {
    problems,
    used,
    find(name) {
      const path = name.replaceAll(".", "/");
      const found = take(`${path}/__init__.py`, true) ?? take(`${path}.py`, false);
      if (found !== null) return found;
      return isFolder(path) ? { file: `${path}/__init__.py`, source: "", package: true } : null;
    },
  };
}

/** The sentence that says why it cannot be used; null where all is well. */
function openWheel(
  folder: string,
  name: string,
  hash: string,
  files: ImportFiles,
  entries: Map<string, Entry>,
  budget: { left: number },
): string | null {
  const version = /^([A-Za-z0-9._]+)-([A-Za-z0-9._!+]+)(?:-\d\w*)?-[\w.]+-none-any\.whl$/.exec(name);
  if (version === null) {
    return `${name} is no pure-Python wheel: its name has to end in -none-any.whl, as NAME-VERSION-py3-none-any.whl.`;
  }
  const real = files.look(join(folder, name));
  const read = real === null ? null : files.readBytes(real, MAX_WHEEL_BYTES);
  if (read === null) return `The wheel ${name} is not in the folder of wheels, or cannot be read.`;
  const found = createHash("sha256").update(read).digest("hex");
  if (found !== hash.replace(/^sha256[:=-]/i, "").toLowerCase()) {
    return `The wheel ${name} is not the one that is allowed: its SHA-256 is ${found}.`;
  }
  const label = `${version[1]}==${version[2]}`;
  try {
    for (const { path, size, read: unpack } of readZip(read)) {
      if (NATIVE.test(path)) return `The wheel ${name} holds compiled code (${path}), which does not run here.`;
      if (!path.endsWith(".py")) continue;
      budget.left -= size;
      if (budget.left < 0) return `The wheels together are larger than ${MAX_UNPACKED_BYTES} bytes unpacked.`;
      entries.set(path, { wheel: label, read: unpack });
    }
  } catch (error) {
    return `The wheel ${name} cannot be read: ${(error as Error).message}.`;
  }
  files.remember(name, found);
  return null;
}
