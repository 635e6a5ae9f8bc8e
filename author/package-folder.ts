/** Files that the package brings along for people: the same from the sources and from the published package. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export function packageFolder(): string {
  return dirname(createRequire(import.meta.url).resolve("baton-runtime/package.json"));
}

export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageFolder(), "package.json"), "utf8")) as { version: string }).version;
}
