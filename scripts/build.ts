/**
 * Builds `dist/`: the guest's scripts, the worker process and the pages for browsers as a few files each, then everything else file by file with its types.
 * `--assets` builds only the former and the image of Python, which is all that running from the sources needs.
 */
import { spawnSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildAssets } from "./assets.ts";
import { buildBrowser } from "./browser.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

if (!process.argv.includes("--assets")) {
  rmSync(`${root}dist`, { recursive: true, force: true });
  const tsc = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-p", "tsconfig.build.json"], {
    cwd: root,
    stdio: "inherit",
  });
  if (tsc.status !== 0) process.exit(tsc.status ?? 1);
  // What authors see is written as a declaration file, which the compiler does not carry over.
  for (const file of ["host-api/globals.d.ts", "web/web-globals.d.ts"]) cpSync(`${root}${file}`, `${root}dist/${file}`);
  for (const folder of ["stubs", "scaffold"]) {
    cpSync(`${root}languages/python/${folder}`, `${root}dist/languages/python/${folder}`, { recursive: true });
  }
  // What `baton init` writes.
  cpSync(`${root}fixtures/project`, `${root}dist/project`, { recursive: true });
}
await Promise.all([buildAssets(root), buildBrowser(root)]);
// In a process of its own, because the bake pins its clock; it does nothing where the data is fresh.
const bake = spawnSync(process.execPath, [`${root}scripts/python-image.ts`], { stdio: "inherit" });
if (bake.status !== 0) process.exit(bake.status ?? 1);
