/**
 * The modules of one action: its own file, what it imports of the files below its root, and of the wheels that the host allows. Reads with the same
 * hands as any compile: real paths inside the root, a cap, a stamp of everything that was looked for.
 */
import { dirname, join, relative, sep } from "node:path";
import { inside } from "../../compile/inside.ts";
import type { ImportFiles } from "../../compile/import-files.ts";
import type { AnalysisModule } from "../analyst.ts";
import { importedNames } from "./imports.ts";
import type { Problem } from "./problem.ts";
import type { Wheels } from "./wheels.ts";

const MAX_MODULES = 500;

export class Modules {
  readonly all = new Map<string, AnalysisModule>();
  readonly problems: Problem[] = [];
  readonly #files: ImportFiles;
  readonly #wheels: Wheels;
  readonly #root: string | null;
  /** Where modules are looked for, as Python does: the action's own folder, then the root. */
  readonly #folders: readonly string[];
  readonly #limit: number;
  readonly #open: { readonly name: string; readonly inPackage: string; readonly module: AnalysisModule }[] = [];

  constructor(files: ImportFiles, wheels: Wheels, root: string | null, filename: string, limit: number) {
    this.#files = files;
    this.#wheels = wheels;
    this.#root = root;
    this.#folders = root === null ? [] : [...new Set([dirname(join(root, filename)), root])];
    this.#limit = limit;
  }

  add(name: string, module: AnalysisModule): void {
    if (this.all.has(name) || this.all.size >= MAX_MODULES) return;
    this.all.set(name, module);
    this.#open.push({ name, inPackage: module.package ? name : parentOf(name), module });
  }

  /** Follows what they import, and what that imports. */
  follow(): void {
    for (let next = this.#open.pop(); next !== undefined; next = this.#open.pop()) {
      for (const name of importedNames(next.module.source, next.inPackage)) this.#find(name);
    }
  }

  /** A module and the packages around it; those without a file are Python's own, or missing. */
  #find(name: string): void {
    const parts = name.split(".");
    for (let length = 1; length <= parts.length; length += 1) {
      const dotted = parts.slice(0, length).join(".");
      if (this.all.has(dotted)) continue;
      const module = this.#ofRoot(dotted) ?? this.#wheels.find(dotted);
      if (module === null) return;
      this.add(dotted, module);
    }
  }

  #ofRoot(name: string): AnalysisModule | null {
    const root = this.#root;
    if (root === null) return null;
    for (const folder of this.#folders) {
      const base = join(folder, ...name.split("."));
      const found = this.#read(root, join(base, "__init__.py"), true) ?? this.#read(root, `${base}.py`, false);
      if (found !== null) return found;
    }
    return this.#namespace(root, name);
  }

  #read(root: string, path: string, isPackage: boolean): AnalysisModule | null {
    const file = relative(root, path).split(sep).join("/");
    // Decided before the target is looked at: what it says must not depend on what there is outside.
    if (this.#files.leadsOutside(path, root)) {
      this.problems.push({ code: "IMPORT_REFUSED", message: `${file} leads out of the root of the action.`, file });
      return null;
    }
    const real = this.#files.look(path);
    if (real === null || !inside(real, root)) return null;
    const read = this.#files.read(real, this.#limit);
    if ("problem" in read) {
      this.problems.push({ code: read.code, message: `${file} cannot be imported: ${read.problem}.`, file });
      return null;
    }
    this.#files.remember(file, read.text);
    return { file, source: withoutMark(read.text), package: isPackage };
  }

  /** A folder without `__init__.py` is a package all the same. */
  #namespace(root: string, name: string): AnalysisModule | null {
    const path = name.replaceAll(".", "/");
    const isOwn = (folder: string): boolean =>
      !this.#files.leadsOutside(join(folder, path), root) && this.#files.isFolder(join(folder, path));
    if (!this.#folders.some(isOwn)) return null;
    return { file: `${path}/__init__.py`, source: "", package: true };
  }
}

/** The name of a module by the name of its file below the root, with the packages around it. */
export function moduleName(filename: string): { readonly name: string; readonly around: readonly string[] } {
  const folder = dirname(filename);
  const stem = filename
    .slice(folder === "." ? 0 : folder.length + 1)
    .replace(/\.py$/, "")
    .replaceAll(/\W/g, "_");
  return { name: stem === "" ? "action" : stem, around: folder === "." ? [] : folder.split("/") };
}

function parentOf(name: string): string {
  const at = name.lastIndexOf(".");
  return at === -1 ? "" : name.slice(0, at);
}

/** A byte order mark is no part of the source. */
export function withoutMark(source: string): string {
  return source.startsWith("\ufeff") ? source.slice(1) : source;
}
