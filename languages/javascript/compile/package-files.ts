/**
 * Node's resolution inside a package's own files, with the conditions and fields that suit an isolate. The compiler's own resolver is not asked:
 * it throws its cache of folders away at each question, which made seconds of a package with some hundred files.
 * Packages are looked for below one `node_modules` alone, and never above it.
 */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { exports as resolveExports, imports as resolveImports } from "resolve.exports";
import type { ImportFiles } from "../../compile/import-files.ts";
import { inside } from "../../compile/inside.ts";
import { packageFolder, packageName } from "./package-names.ts";

export interface Manifest {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly type?: unknown;
  readonly main?: unknown;
  readonly module?: unknown;
  readonly browser?: unknown;
  readonly exports?: unknown;
  readonly imports?: unknown;
  readonly sideEffects?: unknown;
  readonly dependencies?: unknown;
  readonly peerDependencies?: unknown;
  readonly optionalDependencies?: unknown;
}

export type Found =
  | { readonly type: "file"; readonly path: string }
  /** The package maps it to nothing for browsers. */
  | { readonly type: "empty" }
  /** A name that the package's own maps gave, to be looked for among packages. */
  | { readonly type: "bare"; readonly specifier: string }
  /** The package's `exports` do not have it, whatever files there are. */
  | { readonly type: "unexported" }
  | { readonly type: "missing" };

const CONDITIONS = ["worker", "browser", "module", "production"];
const ENDINGS = ["", ".js", ".json", ".mjs", ".cjs"];
const MISSING: Found = { type: "missing" };

export class PackageFiles {
  readonly #modules: string;
  readonly #files: ImportFiles;
  readonly #manifests = new Map<string, Manifest | null>();
  readonly #kinds = new Map<string, "file" | "folder" | null>();

  /** `modules` is the real path of the one folder that packages come from. */
  constructor(modules: string, files: ImportFiles) {
    this.#modules = modules;
    this.#files = files;
  }

  /** Null where there is none that could be read. Every manifest that is read counts as something the bundle depends on. */
  manifest(folder: string): Manifest | null {
    const known = this.#manifests.get(folder);
    if (known !== undefined) return known;
    const manifest = this.#readManifest(join(folder, "package.json"));
    this.#manifests.set(folder, manifest);
    return manifest;
  }

  /** Whether Node would take a file of the package in `home` for an ES module: by its ending, or by the nearest manifest. */
  isEsm(file: string, home: string): boolean {
    if (!file.endsWith(".js")) return file.endsWith(".mjs");
    for (let folder = dirname(file); folder.length >= home.length; folder = dirname(folder)) {
      if (this.#kind(join(folder, "package.json")) === "file") return this.manifest(folder)?.type === "module";
    }
    return false;
  }

  /** The folder of the package that a file in `from` means by a name: the nearest `node_modules` that has it. */
  packageFolderFor(name: string, from: string): string | null {
    for (let at = from; at === this.#modules || at.startsWith(this.#modules + sep); at = dirname(at)) {
      if (at.endsWith(`${sep}node_modules`)) {
        const folder = join(at, name);
        if (this.#kind(folder) === "folder") return folder;
      } else {
        const folder = join(at, "node_modules", name);
        if (this.#kind(join(at, "node_modules")) === "folder" && this.#kind(folder) === "folder") return folder;
      }
    }
    return null;
  }

  /** What `specifier` means, as it is imported by a file in `folder` of the package in `home`. */
  fromInside(specifier: string, folder: string, home: string, isRequire: boolean): Found {
    if (specifier.startsWith("#")) {
      const mapped = this.#mapped(() => resolveImports(this.#plain(home), specifier, options(isRequire)));
      for (const target of mapped) {
        if (!target.startsWith(".")) return { type: "bare", specifier: target };
        const found = this.#exactly(join(home, target), home);
        if (found.type !== "missing") return found;
      }
      return MISSING;
    }
    const browser = this.#browserMap(home);
    if (!specifier.startsWith(".")) {
      const mapped = browser?.[specifier];
      if (mapped === false) return { type: "empty" };
      if (typeof mapped !== "string") return { type: "bare", specifier };
      return mapped.startsWith(".")
        ? this.#fileOrFolder(join(home, mapped), home, isRequire)
        : { type: "bare", specifier: mapped };
    }
    const folderOnly = /(?:^|\/)\.{0,2}$/.test(specifier);
    return this.#fileOrFolder(join(folder, specifier), home, isRequire, folderOnly);
  }

  /** What `specifier`, a package's name with or without a path behind it, means in the package installed in `home`. */
  fromOutside(specifier: string, home: string, isRequire: boolean): Found {
    const manifest = this.#plain(home);
    const rest = specifier.slice(packageName(specifier).length);
    if (manifest.exports !== undefined && manifest.exports !== null) {
      const targets = this.#mapped(() => resolveExports(manifest, `.${rest}`, options(isRequire)));
      if (targets.length === 0) return { type: "unexported" };
      for (const target of targets) {
        const found = this.#exactly(join(home, target), home);
        if (found.type !== "missing") return found;
      }
      return MISSING;
    }
    if (rest !== "" && rest !== "/") return this.#fileOrFolder(join(home, rest), home, isRequire, rest.endsWith("/"));
    return this.#main(home, home, isRequire);
  }

  #main(folder: string, home: string, isRequire: boolean): Found {
    const manifest = this.manifest(folder);
    const { browser, module, main } = manifest ?? {};
    // What a package calls its module is no function that could be called, as `require` expects.
    const fields = isRequire ? [browser, main, module] : [browser, module, main];
    for (const field of fields) {
      if (typeof field !== "string" || field === "") continue;
      const found = this.#fileOrFolder(join(folder, field), home, isRequire, false, false);
      if (found.type !== "missing") return found;
    }
    return this.#withEnding(join(folder, "index"), home);
  }

  #fileOrFolder(path: string, home: string, isRequire: boolean, folderOnly = false, hasMain = true): Found {
    if (!folderOnly) {
      const file = this.#withEnding(path, home);
      if (file.type !== "missing") return file;
    }
    if (this.#kind(path) !== "folder") return MISSING;
    return hasMain ? this.#main(path, home, isRequire) : this.#withEnding(join(path, "index"), home);
  }

  #withEnding(path: string, home: string): Found {
    for (const ending of ENDINGS) {
      const found = this.#exactly(path + ending, home);
      if (found.type !== "missing") return found;
    }
    return MISSING;
  }

  /** The file itself, unless its package has another one for browsers. */
  #exactly(path: string, home: string): Found {
    const browser = this.#browserMap(home);
    if (browser !== null) {
      const name = `./${path
        .slice(home.length + 1)
        .split(sep)
        .join("/")}`;
      const keys = [name, name.slice(2), name.replace(/\.(?:js|json)$/, ""), name.replace(/\/index\.js$/, "")];
      const mapped = keys.map((key) => browser[key]).find((value) => value === false || typeof value === "string");
      if (mapped === false) return { type: "empty" };
      if (typeof mapped === "string") {
        if (!mapped.startsWith(".")) return { type: "bare", specifier: mapped };
        for (const ending of ENDINGS) {
          const target = join(home, mapped) + ending;
          if (this.#kind(target) === "file") return { type: "file", path: target };
        }
      }
    }
    return this.#kind(path) === "file" ? { type: "file", path } : MISSING;
  }

  #browserMap(home: string): Readonly<Record<string, unknown>> | null {
    const browser = this.manifest(home)?.browser;
    return typeof browser === "object" && browser !== null ? (browser as Record<string, unknown>) : null;
  }

  /** resolve.exports wants a name. */
  #plain(home: string): { name: string; exports?: never; imports?: never } {
    const manifest = this.manifest(home);
    return { ...manifest, name: typeof manifest?.name === "string" ? manifest.name : "package" } as never;
  }

  #mapped(resolve: () => string[] | void): readonly string[] {
    try {
      return resolve() ?? [];
    } catch {
      return [];
    }
  }

  #kind(path: string): "file" | "folder" | null {
    const known = this.#kinds.get(path);
    if (known !== undefined) return known;
    const kind = this.#isOutside(path) ? null : kindOf(path);
    this.#kinds.set(path, kind);
    return kind;
  }

  /** Maps and links of a package may name any place: what is there outside of the packages' folder is as good as not there. */
  #isOutside(path: string): boolean {
    if (path !== this.#modules && !inside(path, this.#modules)) return true;
    try {
      const real = realpathSync.native(path);
      return real !== this.#modules && !inside(real, this.#modules);
    } catch {
      return false;
    }
  }

  #readManifest(path: string): Manifest | null {
    const real = this.#files.look(path);
    if (real === null || packageFolder(real, this.#modules) === null) return null;
    try {
      const manifest = JSON.parse(readFileSync(real, "utf8")) as Manifest | null;
      return typeof manifest === "object" ? manifest : null;
    } catch {
      return null;
    }
  }
}

function kindOf(path: string): "file" | "folder" | null {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats?.isFile() === true ? "file" : stats?.isDirectory() === true ? "folder" : null;
  } catch {
    return null;
  }
}

/** Whether a package says that this file of it does nothing when nothing of it is used. */
export function isFreeOfSideEffects(manifest: Manifest | null, file: string): boolean {
  const said = manifest?.sideEffects;
  if (said === false) return true;
  if (!Array.isArray(said)) return false;
  return !said.some((glob) => typeof glob === "string" && matches(glob, file));
}

/** A pattern without a slash is meant for any folder. */
function matches(glob: string, file: string): boolean {
  const plain = glob.replace(/^\.?\//, "");
  const pattern = plain.includes("/") ? plain : `**/${plain}`;
  const source = pattern.replaceAll(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    return part === "?" ? "[^/]" : `\\${part}`;
  });
  return new RegExp(`^${source}$`).test(file);
}

function options(isRequire: boolean) {
  return { unsafe: true, conditions: [...CONDITIONS, isRequire ? "require" : "import"] };
}
