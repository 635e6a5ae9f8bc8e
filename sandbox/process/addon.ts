/** The native addon of isolated-vm, and where it lies. The host only looks for it: a worker process opens it, and may read no other file for that. */
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { HostFault } from "../../base/fault.ts";
import { assetsMissing } from "../../base/own-files.ts";

/** A real path, because that is what Node's permissions compare. */
export function addonPath(): string {
  const here: string | undefined = import.meta.url;
  if (here === undefined) throw assetsMissing();
  const manifest = createRequire(here).resolve("isolated-vm/package.json");
  const { resolve } = createRequire(manifest)("node-gyp-build") as { resolve(folder: string): string };
  try {
    return realpathSync(resolve(dirname(manifest)));
  } catch (cause) {
    throw new HostFault("NODE_UNSUPPORTED", unsupported(process.version), "never", { cause });
  }
}

/** isolated-vm comes built for some versions of Node; for the others it would have to be compiled, and says so in a page of its own. */
export const unsupported = (version: string): string =>
  `Baton works with Node 24 and 26; this is ${version} on ${process.platform} ${process.arch}, for which isolated-vm has no build.`;
