/**
 * The pages that browsers are served: each entry with what it imports as a few files below `dist/assets/browser/`, and the licences of the
 * packages in them. They are bundled when the package is built, so that users build nothing and install nothing for them.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build, type Metafile } from "esbuild";

/** By the name of the folder that a bundle lies in. */
const BUNDLES: Readonly<Record<string, string>> = {
  page: "playground/page/main.tsx",
  console: "service/console/main.tsx",
};

export async function buildBrowser(root: string): Promise<void> {
  const folder = join(root, "dist/assets/browser");
  // The names of parts change with what is in them: those of an earlier build would be shipped along.
  await rm(folder, { recursive: true, force: true });
  const entries = Object.entries(BUNDLES).filter(([, entry]) => existsSync(join(root, entry)));
  const made = await Promise.all(entries.map(([name, entry]) => bundle(root, name, entry)));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "LICENSES.txt"), licences(root, made));
}

async function bundle(root: string, name: string, entry: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { main: entry },
    outdir: `dist/assets/browser/${name}`,
    entryNames: "[name]",
    chunkNames: "part-[hash]",
    bundle: true,
    // The editor is a part of its own: the first paint does not wait for it.
    splitting: true,
    format: "esm",
    platform: "browser",
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    jsx: "automatic",
    jsxImportSource: "preact",
    minify: true,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  return metafile;
}

function licences(root: string, made: readonly Metafile[]): string {
  const files = made.flatMap(({ inputs }) => Object.keys(inputs));
  const folders = new Set(files.flatMap((file) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []));
  return [...folders]
    .toSorted()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as {
        readonly [key: string]: string;
      };
      const file = readdirSync(join(root, folder)).find((each) => /^licen[cs]e/i.test(each));
      if (file === undefined) throw new Error(`${folder} is bundled for browsers and has no licence file`);
      return `${name} ${version} (${license})\n\n${readFileSync(join(root, folder, file), "utf8").trim()}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}
