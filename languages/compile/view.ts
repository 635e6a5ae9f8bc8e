/**
 * The view that a compile process has of the file system: the program itself, this package with what it depends on, the packages that actions may import
 * and the languages' own data. No folder of an action is among it: its files are handed in by the host, one by one (file-server.ts).
 */
import { createRequire } from "node:module";
import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

export interface View {
  readonly paths: readonly string[];
  /** Symbolic links that are to be there as they are: what they lead to, and where they are. */
  readonly links: readonly (readonly [target: string, path: string])[];
}

/** `packages` is the folder that the packages of actions lie in. Null where what this package reads is not known. */
export function viewFor(packages: string | null, folders: readonly string[]): View | null {
  const home = ownFolder();
  if (home === null) return null;
  const links: [string, string][] = [];
  const paths = new Set([home, ...folders]);
  for (const folder of [...modulesAbove(home), ...(packages === null ? [] : [modulesOf(packages)])]) {
    const target = realOf(folder);
    paths.add(target);
    if (target !== folder) links.push([target, folder]);
  }
  const shown = [...paths].filter((path) => existsSync(path));
  // What lies in another of them comes along with it.
  const isWithin = (path: string): boolean => shown.some((other) => path.startsWith(`${other}/`));
  return { paths: shown.filter((path) => !isWithin(path)), links: links.filter(([, path]) => !isWithin(path)) };
}

/** Which folder the packages lie in by now: a view goes on showing one that another has taken the place of. */
export function placeOfPackages(packages: string | null): string {
  const stats = packages === null ? undefined : statSync(modulesOf(packages), { throwIfNoEntry: false });
  return stats === undefined ? "" : `${stats.dev}:${stats.ino}`;
}

const modulesOf = (packages: string): string => join(realOf(packages), "node_modules");

function ownFolder(): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve("baton-runtime/package.json"));
  } catch {
    return null;
  }
}

/** Where Node looks for what this package depends on. */
function modulesAbove(home: string): string[] {
  const found = new Set<string>();
  for (let at = home, last = ""; at !== last; last = at, at = dirname(at)) {
    const folder = at.endsWith("/node_modules") ? at : join(at, "node_modules");
    if (existsSync(folder)) found.add(folder);
  }
  return [...found];
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
