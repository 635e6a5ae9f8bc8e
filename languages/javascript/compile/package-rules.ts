/**
 * Imports of npm packages: only names on the host's allow-list, only where the installed version is exactly the allowed one, and only
 * files whose real path is in the host's node_modules. A package's own dependencies must be on the list as well.
 */
import { readFileSync, realpathSync } from "node:fs";
import { isBuiltin } from "node:module";
import { basename, dirname, join, relative, sep } from "node:path";
import type { PackageSource } from "../../action.ts";
import { inside } from "./import-files.ts";
import type { ImportFiles } from "./import-files.ts";
import { refuse, shown } from "./resolution.ts";
import type { Module, Refusal, Resolution } from "./resolution.ts";

/** Node's own resolution from a folder, with the conditions and fields that suit an isolate. Null where it finds nothing. */
export type ResolveInPackage = (
  specifier: string,
  folder: string,
  importer: string,
) => Promise<{ readonly path: string; readonly disabled: boolean; readonly sideEffects: boolean } | null>;

interface Manifest {
  readonly version?: unknown;
  readonly browser?: unknown;
}

export class PackageRules {
  readonly #folder: string;
  readonly #modules: string | null;
  readonly #allow: ReadonlyMap<string, string>;
  readonly #files: ImportFiles;

  constructor(packages: PackageSource, files: ImportFiles) {
    this.#folder = packages.folder;
    this.#modules = realPath(join(packages.folder, "node_modules"));
    this.#allow = new Map(Object.entries(packages.allow));
    this.#files = files;
  }

  allows(specifier: string): boolean {
    return this.#allow.has(packageName(specifier));
  }

  async fromAction(specifier: string, ask: ResolveInPackage): Promise<Resolution> {
    return this.#find(specifier, this.#folder, join(this.#folder, "action.js"), ask, `"${shown(specifier)}"`);
  }

  async fromPackage(specifier: string, importer: Module, ask: ResolveInPackage): Promise<Resolution> {
    const home = importer.home;
    if (home === undefined) return refuse(`"${shown(specifier)}" cannot be imported.`);
    const asked = `"${shown(specifier)}", which the package ${home.package} imports,`;
    const browser = this.#manifest(home.folder)?.browser;
    const mapped = typeof browser === "object" && browser !== null ? (browser as Record<string, unknown>) : {};
    if (namesInBrowserField(specifier, importer, home.folder).some((name) => mapped[name] === false))
      return { type: "empty" };
    const bare = !/^[.#]/.test(specifier);
    if (bare && typeof mapped[specifier] !== "string") {
      const name = packageName(specifier);
      if (specifier.startsWith("node:") || (isBuiltin(specifier) && !this.#allow.has(name))) {
        return refuse(
          `The package ${home.package} needs "${shown(specifier)}", which is built into Node.js; actions do not run in Node.js.`,
        );
      }
      if (name !== home.package && !this.#allow.has(name)) {
        return refuse(`${asked} cannot be imported: it is not on this runtime's allow-list.`);
      }
    }
    return this.#find(specifier, dirname(importer.real), importer.real, ask, asked);
  }

  async #find(
    specifier: string,
    from: string,
    importer: string,
    ask: ResolveInPackage,
    asked: string,
  ): Promise<Resolution> {
    const modules = this.#modules;
    const found = modules === null ? null : await ask(specifier, from, importer);
    if (found?.disabled === true) return { type: "empty" };
    if (modules === null || found === null) {
      this.#files.look(join(this.#folder, "node_modules", packageName(specifier), "package.json"));
      return refuse(`${asked} cannot be imported: no such file of a package is installed.`, "PACKAGE_UNAVAILABLE");
    }
    const real = this.#files.look(found.path);
    const folder = real === null || !inside(real, modules) ? null : packageFolder(real, modules);
    if (real === null || folder === null)
      return refuse(`${asked} cannot be imported: it leads outside the packages' folder.`);
    const refusal = this.#checkVersion(folder, asked);
    if (refusal !== null) return refusal;
    if (!/\.(?:[mc]?js|json)$/.test(real)) {
      return refuse(`${asked} cannot be imported: ${basename(real)} is neither JavaScript nor JSON.`);
    }
    const name = folderName(folder);
    const version = this.#allow.get(name) ?? "";
    const file = relative(folder, real).split(sep).join("/");
    return {
      type: "module",
      module: {
        owner: "package",
        name: `${name}@${version}/${file}`,
        path: found.path,
        real,
        home: { folder, package: name, version },
      },
      sideEffects: found.sideEffects,
    };
  }

  #checkVersion(folder: string, asked: string): Refusal | null {
    const name = folderName(folder);
    const allowed = this.#allow.get(name);
    if (allowed === undefined)
      return refuse(`${asked} cannot be imported: ${name} is not on this runtime's allow-list.`);
    const installed = this.#manifest(folder)?.version;
    if (installed === allowed) return null;
    const is = typeof installed === "string" ? `version ${shown(installed)} is installed` : "it has no version";
    return refuse(
      `${asked} cannot be imported: version ${allowed} of ${name} is allowed, but ${is}.`,
      "PACKAGE_UNAVAILABLE",
    );
  }

  #manifest(folder: string): Manifest | null {
    const path = join(folder, "package.json");
    const real = this.#files.look(path);
    if (real === null || this.#modules === null || !inside(real, this.#modules)) return null;
    try {
      const manifest = JSON.parse(readFileSync(real, "utf8")) as Manifest | null;
      return typeof manifest === "object" ? manifest : null;
    } catch {
      return null;
    }
  }
}

function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** The keys under which a package's `browser` field may map an import. */
function namesInBrowserField(specifier: string, importer: Module, folder: string): string[] {
  if (!specifier.startsWith(".")) return [specifier];
  const name = `./${relative(folder, join(dirname(importer.real), specifier))
    .split(sep)
    .join("/")}`;
  return [name, `${name}.js`, `${name}.json`, `${name}/index.js`, name.replace(/\.js$/, "")];
}

/** The folder of the package that a file belongs to: the one right below the last `node_modules` of its path. */
function packageFolder(real: string, modules: string): string | null {
  const parts = real.slice(modules.length + 1).split(sep);
  const start = parts.lastIndexOf("node_modules") + 1;
  const length = parts[start]?.startsWith("@") === true ? 2 : 1;
  if (parts.length <= start + length) return null;
  return join(modules, ...parts.slice(0, start + length));
}

function folderName(folder: string): string {
  const scope = basename(dirname(folder));
  return scope.startsWith("@") ? `${scope}/${basename(folder)}` : basename(folder);
}

function realPath(path: string): string | null {
  try {
    return realpathSync.native(path);
  } catch {
    return null;
  }
}
