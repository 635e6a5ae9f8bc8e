/**
 * The delivery of the release before this one, as a bundle that tests open beside today's on one store:
 * `node scripts/previous-delivery.ts REVISION`, with the revision that was released. The bundle is committed, since a checkout without
 * history (a tarball, a shallow clone) has to be able to run those tests.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const OUT = join(ROOT, "test/delivery/previous");
/** Where the store of that release stands; the thread's script keeps its name, because the store looks for it beside itself. */
const FACE = `export * from "./delivery/index.ts"; export { openStore } from "./delivery/stores/open.ts";`;
/** Today's types: what tests ask of it has not changed its shape. */
const TYPES = `import type { openHandoffs as open } from "../../../delivery/index.ts";
import type { openStore as store } from "../../../delivery/open-store.ts";

export declare const openHandoffs: typeof open;
export declare const openStore: typeof store;
`;
const THREAD = "delivery/stores/sqlite-writer.ts";

const revision = process.argv[2] ?? "";
const folder = mkdtempSync(join(tmpdir(), "baton-previous-"));
try {
  const commit = git("rev-parse", "--verify", `${revision}^{commit}`).toString().trim();
  const archive = git("archive", "--format=tar", commit);
  const unpacked = spawnSync("tar", ["-x", "-C", folder], { input: archive });
  if (unpacked.status !== 0) throw new Error(unpacked.stderr.toString());
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "index.ts"), FACE);
  rmSync(OUT, { recursive: true, force: true });
  await build({
    absWorkingDir: folder,
    entryPoints: { index: "index.ts", "sqlite-writer": THREAD },
    outdir: OUT,
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node24",
    packages: "external",
    chunkNames: "[name]-[hash]",
    banner: { js: `// Made by scripts/previous-delivery.ts from ${commit.slice(0, 12)}; never edited.` },
  });
  writeFileSync(join(OUT, "index.d.ts"), TYPES);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function git(...args: readonly string[]): Buffer {
  const { status, stdout, stderr } = spawnSync("git", [...args], { cwd: ROOT, maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`git ${args[0]}: ${stderr.toString()}`);
  return stdout;
}
