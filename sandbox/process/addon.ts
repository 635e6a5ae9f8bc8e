/** Where isolated-vm's native part lies. The host only looks for it: a worker process opens it, and may read no other file for that. */
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";

/** A real path, because that is what Node's permissions compare. */
export function addonPath(): string {
  const manifest = createRequire(import.meta.url).resolve("isolated-vm/package.json");
  const { resolve } = createRequire(manifest)("node-gyp-build") as { resolve(folder: string): string };
  return realpathSync(resolve(dirname(manifest)));
}
