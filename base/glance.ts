/** A look at a file's text that never waits on a pipe and never takes more than it can bear. */
import { readFileSync, statSync } from "node:fs";

const LARGEST = 4 * 1024 * 1024;

/** Empty for what is no ordinary file of a bearable size. */
export function glanceAt(path: string): string {
  try {
    const stats = statSync(path);
    return stats.isFile() && stats.size <= LARGEST ? readFileSync(path, "utf8") : "";
  } catch {
    return "";
  }
}
