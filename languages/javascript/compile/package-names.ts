/** Names of packages, as imports spell them and as folders have them. */
import { basename, dirname, join, sep } from "node:path";

/** `@scope/name/file` → `@scope/name`. */
export function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** The folder of the package that a file belongs to: the one right below the last `node_modules` of its path. */
export function packageFolder(real: string, modules: string): string | null {
  if (!real.startsWith(modules + sep)) return null;
  const parts = real.slice(modules.length + 1).split(sep);
  const start = parts.lastIndexOf("node_modules") + 1;
  const length = parts[start]?.startsWith("@") === true ? 2 : 1;
  if (parts.length <= start + length) return null;
  return join(modules, ...parts.slice(0, start + length));
}

export function folderName(folder: string): string {
  const scope = basename(dirname(folder));
  return scope.startsWith("@") ? `${scope}/${basename(folder)}` : basename(folder);
}

/**
 * What people read of a package's folder: `name@version` right below the packages' folder, and with the packages around it where it belongs
 * to one of them, so that two copies of a package are never taken for one.
 */
export function folderLabel(folder: string, modules: string, version: string): string {
  const parts = folder.slice(modules.length + 1).split(sep);
  const isStored =
    parts[0] === ".pnpm" && parts[1]?.split("_")[0] === `${folderName(folder).replace("/", "+")}@${version}`;
  const name = isStored ? folderName(folder) : parts.join("/");
  return `${name}@${version}`;
}
