/** Files that the package brings along for people: the same from the sources and from the published package. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export function packageFolder(): string {
  return dirname(createRequire(import.meta.url).resolve("baton-runtime/package.json"));
}

/** The project that `baton init` copies. */
export function projectTemplate(): string {
  const built = join(packageFolder(), "dist", "project");
  return existsSync(built) ? built : join(packageFolder(), "fixtures", "project");
}

export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageFolder(), "package.json"), "utf8")) as { version: string }).version;
}
