/**
 * Files of this package that its modules start or read by path: programs of processes and threads, and prebuilt parts. A bundler that takes
 * the package into a host leaves them behind, and one that writes CommonJS leaves its modules without an address: one sentence says so.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { HostFault } from "./fault.ts";

const MISSING =
  "The files that Baton starts its processes from are not where this module is: a bundler must leave the package alone (esbuild: --packages=external).";

export function assetsMissing(): HostFault {
  return new HostFault("ASSETS_MISSING", MISSING, "never");
}

/** `path` as it is in the sources; `from` is the module's `import.meta.url`. */
export function ownFile(path: `${string}.ts`, from: string | undefined): URL {
  const file = from && new URL(from.endsWith(".ts") ? path : path.replace(/\.ts$/, ".js"), from);
  if (!file || !existsSync(file)) throw assetsMissing();
  return file;
}

/** `require` as the module has it; the fault comes at its first use, so that what is bundled loads. */
export function requireFrom(from: string | undefined): (name: string) => unknown {
  if (from !== undefined) return createRequire(from);
  return () => {
    throw assetsMissing();
  };
}
