/** Containment of paths: whether a path is below a folder; both real paths. */
import { isAbsolute, relative, sep } from "node:path";

export function inside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
