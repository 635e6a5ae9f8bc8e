/** Python behind the seam: compiled by CPython in the compile process, played by the baked image in a worker. */
import { existsSync } from "node:fs";
import { ownFile } from "../../base/own-files.ts";
import { dirname, join, resolve } from "node:path";
import { readAsset } from "../../sandbox/index.ts";
import type { Image } from "../../sandbox/index.ts";
import type { Language } from "../language.ts";
import { pythonSettingsSchema, type PythonSettings } from "./compile/settings.ts";
import { IMAGE_FILES } from "./image-files.ts";
import { findPackage, needPackage } from "./package.ts";

/** The image's files, and what V8 compiles of them. */
const PROCESS_BYTES = 192 * 1024 * 1024;
/** Some fifteen on a quiet machine: an instance is copied, and its pages are given back. */
const ISOLATE_MS = 200;
/** The name of its runner in languages/worker.ts. */
const RUNNER = "python";

export const PYTHON: Language = {
  id: "python",
  extensions: [".py"],
  entryPoints: ["execute_action"],
  get compiler() {
    return ownFile("./compile/compile.ts", import.meta.url).href;
  },
  image: (): Image => {
    const { folder, imageBytes } = needPackage();
    return {
      id: "python",
      runner: RUNNER,
      bootstrap: readAsset("python-glue.js"),
      preludes: [],
      parts: {},
      loader: null,
      data: null,
      rehearsal: null,
      files: IMAGE_FILES.map((name) => join(folder, name)),
      weight: { processBytes: PROCESS_BYTES, isolateBytes: imageBytes, isolateMs: ISOLATE_MS },
    };
  },
  errors: async () => (await import("./errors/index.ts")).errors,
  author: async () => (await import("./author.ts")).author,
  compilerReads: (settings) => readBy(settings as PythonSettings | null),
  compilerFolders: () => {
    const found = findPackage();
    return found.type === "found" ? [dirname(found.data.folder)] : [];
  },
  readSettings: (given) => absolute(pythonSettingsSchema.parse(given)),
};

function readBy(settings: PythonSettings | null): string[] {
  const { globals, packages } = settings ?? {};
  const wheels = packages === undefined ? [] : Object.keys(packages.allow).map((name) => join(packages.folder, name));
  return [...(globals === undefined ? [] : [globals]), ...wheels].filter((path) => existsSync(path));
}

/** The compile process has another working folder. */
function absolute({ globals, packages }: PythonSettings): PythonSettings {
  return {
    ...(globals !== undefined && { globals: resolve(globals) }),
    ...(packages && { packages: { ...packages, folder: resolve(packages.folder) } }),
  };
}
