/**
 * Tarball of what is published, built first. Plain `npm pack` does the same by `prepack`; where npm's scripts are switched off
 * (`ignore-scripts`) it packs no `dist/` and says nothing, so what the manifest names is looked for in what was packed.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const npm = process.platform === "win32" ? "npm.cmd" : "npm";

const built = spawnSync(process.execPath, ["scripts/build.ts"], { cwd: root, stdio: "inherit" });
if (built.status !== 0) process.exit(built.status ?? 1);
const pack = (...more: string[]): string =>
  execFileSync(npm, ["pack", "--ignore-scripts", ...more], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
const [planned] = Object.values(JSON.parse(pack("--dry-run", "--json")) as object) as [
  { readonly files: readonly { readonly path: string }[] },
];
const there = new Set(planned.files.map(({ path }) => path));
const missing = named(JSON.parse(readFileSync(`${root}package.json`, "utf8"))).filter((path) => !there.has(path));
if (missing.length > 0) {
  console.error(`Nothing was packed: package.json names files that are not there: ${missing.join(", ")}`);
  process.exit(1);
}
process.stdout.write(pack("--silent", ...process.argv.slice(2)));

/** Every file that users reach by name: commands and entries, with their types. */
function named({ bin, exports }: { readonly bin: unknown; readonly exports: unknown }): string[] {
  const files = (value: unknown): string[] =>
    typeof value === "string" ? [posix.normalize(value)] : Object.values(value as object).flatMap(files);
  return [...new Set([bin, exports].flatMap(files))];
}
