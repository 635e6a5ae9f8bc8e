/**
 * Imports of npm packages. The host's list names what an action may import, in exact versions. What those packages need in turn is admitted with
 * them, in the versions that their own `node_modules` tree gives them, as long as their manifests declare it. No file is taken whose real path is
 * not in the host's node_modules; the content of every file that is taken is part of the bundle's hash.
 */
import { realpathSync } from "node:fs";
import { isBuiltin } from "node:module";
import { basename, dirname, join, relative, sep } from "node:path";
import type { PackageSource } from "../../action.ts";
import { inside } from "../../compile/inside.ts";
import type { ImportFiles } from "../../compile/import-files.ts";
import { isFreeOfSideEffects, PackageFiles } from "./package-files.ts";
import type { Found, Manifest } from "./package-files.ts";
import { folderLabel, folderName, packageFolder, packageName } from "./package-names.ts";
import { refuse, shown } from "./resolution.ts";
import type { Module, Refusal, Resolution } from "./resolution.ts";

export class PackageRules {
  readonly #folder: string;
  readonly #modules: string | null;
  readonly #allow: ReadonlyMap<string, string>;
  readonly #files: ImportFiles;
  readonly #inPackages: PackageFiles;
  readonly #taken = new Map<string, Resolution>();

  constructor(packages: PackageSource, files: ImportFiles) {
    this.#folder = packages.folder;
    this.#modules = realPath(join(packages.folder, "node_modules"));
    this.#allow = new Map(Object.entries(packages.allow));
    this.#files = files;
    this.#inPackages = new PackageFiles(this.#modules ?? join(packages.folder, "node_modules"), files);
  }

  allows(specifier: string): boolean {
    return this.#allow.has(packageName(specifier));
  }

  fromAction(specifier: string, isRequire: boolean): Resolution {
    const asked = `"${shown(specifier)}"`;
    const modules = this.#modules;
    const name = packageName(specifier);
    if (modules === null || this.#inPackages.packageFolderFor(name, modules) === null) {
      this.#files.look(join(this.#folder, "node_modules", name, "package.json"));
      return refuse(`${asked} cannot be imported: ${notInstalled(name)}`, "PACKAGE_UNAVAILABLE");
    }
    return this.#inPackage(specifier, modules, asked, isRequire);
  }

  fromPackage(specifier: string, importer: Module, isRequire: boolean): Resolution {
    const { home } = importer;
    if (home === undefined) return refuse(`"${shown(specifier)}" cannot be imported.`);
    const asked = `"${shown(specifier)}", which the package ${home.package} imports,`;
    const from = dirname(importer.real);
    if (specifier.startsWith(".") && !inside(join(from, specifier), home.folder)) return notThere(asked);
    const found = this.#inPackages.fromInside(specifier, from, home.folder, isRequire);
    if (found.type !== "bare") return this.#take(found, home.folder, asked);
    const bare = found.specifier;
    const name = packageName(bare);
    const manifest = this.#inPackages.manifest(home.folder);
    if (name === home.package && manifest?.exports !== undefined)
      return this.#ofItself(bare, home.folder, asked, isRequire);
    const isBuiltIn = bare.startsWith("node:") || isBuiltin(bare);
    const declared = declares(manifest, name) || this.#allow.has(name);
    if (isBuiltIn && (bare.startsWith("node:") || !declared)) {
      return refuse(
        `The package ${home.package} needs "${shown(bare)}", which is built into Node.js; actions do not run in Node.js.`,
      );
    }
    if (!declared) {
      return refuse(
        `${asked} cannot be imported: ${home.package} does not name it among its dependencies, and it is not on this runtime's allow-list.`,
      );
    }
    return this.#inPackage(bare, from, asked, isRequire);
  }

  #ofItself(specifier: string, home: string, asked: string, isRequire: boolean): Resolution {
    const found = this.#inPackages.fromOutside(specifier, home, isRequire);
    if (found.type !== "unexported") return this.#take(found, home, asked);
    return notExported(asked, packageName(specifier), this.#inPackages.manifest(home));
  }

  #inPackage(specifier: string, from: string, asked: string, isRequire: boolean): Resolution {
    const name = packageName(specifier);
    const folder = this.#inPackages.packageFolderFor(name, from);
    if (folder === null) {
      this.#files.look(join(this.#folder, "node_modules", name, "package.json"));
      return refuse(`${asked} cannot be imported: ${notInstalled(name)}`, "PACKAGE_UNAVAILABLE");
    }
    const home = realPath(folder);
    if (home === null || this.#modules === null || !inside(home, this.#modules)) return notThere(asked);
    const refusal = this.#checkVersion(folder, name, asked);
    if (refusal !== null) return refusal;
    const found = this.#inPackages.fromOutside(specifier, home, isRequire);
    if (found.type === "unexported") return notExported(asked, name, this.#inPackages.manifest(home));
    // A package that lost a race for its own name would be looked for again and again.
    return this.#take(found.type === "bare" ? { type: "missing" } : found, home, asked);
  }

  /** A file that many others import is looked at once. */
  #take(found: Found, home: string, asked: string): Resolution {
    const key = found.type === "file" ? `${home}\0${found.path}` : null;
    const known = key === null ? undefined : this.#taken.get(key);
    if (known !== undefined) return known;
    const taken = this.#takeAnew(found, home, asked);
    if (key !== null && taken.type === "module") this.#taken.set(key, taken);
    return taken;
  }

  #takeAnew(found: Found, home: string, asked: string): Resolution {
    const modules = this.#modules;
    if (found.type === "empty") return { type: "empty" };
    if (modules === null || found.type !== "file") return notThere(asked);
    const real = realPath(found.path);
    if (real === null || !inside(real, modules)) return notThere(asked);
    if (packageFolder(real, modules) !== home)
      return refuse(`${asked} cannot be imported: it leads into another package.`);
    if (!/\.(?:[mc]?js|json)$/.test(real))
      return refuse(`${asked} cannot be imported: ${basename(real)} is neither JavaScript nor JSON.`);
    const manifest = this.#inPackages.manifest(home);
    const version = typeof manifest?.version === "string" ? manifest.version : "0.0.0";
    const file = relative(home, real).split(sep).join("/");
    return {
      type: "module",
      module: {
        owner: "package",
        name: `${folderLabel(home, modules, version)}/${file}`,
        path: found.path,
        real,
        home: { folder: home, package: folderName(home), version },
        isEsm: this.#inPackages.isEsm(real, home),
      },
      sideEffects: !isFreeOfSideEffects(manifest, file),
    };
  }

  /** Of what the list names, the copy that actions get must be the one that it names; copies inside other packages are those packages' own. */
  #checkVersion(folder: string, name: string, asked: string): Refusal | null {
    const allowed = this.#allow.get(name);
    if (allowed === undefined || this.#modules === null || folder !== join(this.#modules, name)) return null;
    const installed = this.#inPackages.manifest(realPath(folder) ?? folder)?.version;
    if (installed === allowed) return null;
    const is = typeof installed === "string" ? `version ${shown(installed)} is installed` : "it has no version";
    const text = `${asked} cannot be imported: version ${allowed} of ${name} is allowed, but ${is}.`;
    return { ...refuse(text, "PACKAGE_UNAVAILABLE"), isFirm: true };
  }
}

function declares(manifest: Manifest | null, name: string): boolean {
  return [manifest?.dependencies, manifest?.peerDependencies, manifest?.optionalDependencies].some(
    (list) => typeof list === "object" && list !== null && Object.hasOwn(list, name),
  );
}

function notInstalled(name: string): string {
  return `the package ${shown(name)} is not installed in the packages' folder.`;
}

const NAMED_EXPORTS = 8;

/** Said from the manifest alone, whichever files there are. */
function notExported(asked: string, name: string, manifest: Manifest | null): Refusal {
  const given = manifest?.exports;
  const keys =
    typeof given === "object" && given !== null ? Object.keys(given).filter((key) => key.startsWith(".")) : [];
  const open = keys.filter((key) => (given as Record<string, unknown>)[key] !== null);
  const names = open.slice(0, NAMED_EXPORTS).map((key) => shown(name + key.slice(1)));
  const known =
    names.length === 0 ? "" : ` It exports ${names.join(", ")}${open.length > names.length ? " and more" : ""}.`;
  return refuse(
    `${asked} cannot be imported: the package ${shown(name)} does not export it.${known}`,
    "PACKAGE_UNAVAILABLE",
  );
}

/** One answer for what is not there and for what is outside: a package must not find out which files the machine has. */
function notThere(asked: string): Refusal {
  return refuse(
    `${asked} cannot be imported: no such file of a package is in the packages' folder.`,
    "PACKAGE_UNAVAILABLE",
  );
}

function realPath(path: string): string | null {
  try {
    return realpathSync.native(path);
  } catch {
    return null;
  }
}
