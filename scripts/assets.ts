/** The files that run on the far side of a wall: guest scripts (their value is a function) and the worker process. */
import { existsSync, readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { build, type BuildOptions } from "esbuild";

/** Guest scripts that are in every isolate from the start, by asset name. */
const GUEST_SCRIPTS: Readonly<Record<string, string>> = {
  bootstrap: "sandbox/guest/bootstrap.ts",
  "hand-off": "languages/javascript/guest/hand-off.ts",
  web: "web/guest/install.ts",
  fetch: "web/guest/fetch/prelude.ts",
  "python-glue": "languages/python/guest/glue.ts",
  "debug-script-name": "debug/guest/script-name.ts",
  "debug-uncaught": "debug/guest/uncaught.ts",
};

/** Folders whose files are guest scripts that load on demand. */
const PART_FOLDERS = ["sandbox/guest/parts", "web/guest/parts"];

export async function buildAssets(root: string): Promise<void> {
  const guests = Object.entries(GUEST_SCRIPTS).filter(([, file]) => existsSync(join(root, file)));
  await Promise.all([
    ...guests.map(([name, file]) => buildGuest(root, file, `dist/assets/${name}.js`)),
    ...partFiles(root).map((file) => buildGuest(root, file, `dist/assets/parts/${basename(file, ".ts")}.js`)),
    // A module that actions may import without any package: see languages/javascript/compile/own-modules.ts.
    build({
      absWorkingDir: root,
      entryPoints: ["host-api/hours.ts"],
      outfile: "dist/assets/hours.mjs",
      target: "es2024",
    }),
    buildWorker(root, "languages/worker.ts", "dist/assets/worker.cjs"),
    buildWorker(root, "debug/worker/main.ts", "dist/assets/debug.cjs"),
  ]);
}

async function buildWorker(root: string, entry: string, outfile: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node24",
    logLevel: "warning",
  });
}

function partFiles(root: string): string[] {
  return PART_FOLDERS.filter((folder) => existsSync(join(root, folder))).flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
      .map((name) => join(folder, name)),
  );
}

/**
 * The script's value is the default export of its entry file, with no global left behind. It is returned as it is: a part is evaluated after
 * the action has run, and a value that passes through built-ins on its way out (as esbuild's own wrapping of exports does) could be exchanged.
 */
async function buildGuest(root: string, entry: string, outfile: string): Promise<void> {
  const options: BuildOptions = {
    absWorkingDir: root,
    entryPoints: [entry],
    write: false,
    bundle: true,
    platform: "neutral",
    mainFields: ["module", "main"],
    format: "esm",
    target: "es2024",
    logLevel: "warning",
  };
  const { outputFiles } = await build(options);
  const module = outputFiles?.[0]?.text ?? "";
  const exported = /^export \{\n {2}([\w$]+) as default\n\};$/m.exec(module);
  const code = exported === null ? module : module.replace(exported[0], "");
  if (exported === null || /^(?:export|import)\b/m.test(code))
    throw new Error(`${entry} has to export its default, and nothing else`);
  await mkdir(dirname(join(root, outfile)), { recursive: true });
  await writeFile(join(root, outfile), `(() => { "use strict";\n${code}\nreturn ${exported[1]}; })()\n`);
}
