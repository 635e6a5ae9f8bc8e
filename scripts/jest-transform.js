// Jest hands TypeScript to esbuild: types are checked by `npm run types`, never while tests run.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transformSync } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));
const VERSION = "2";

/** What starts a process or a thread of ours by the path of its program, or names a module that one imports. */
const STARTS = /\bownFile\("|\bscript-process\$|"\.\/child\.js"|\bmodule: import\.meta\.url/;

/**
 * Such modules start the built programs, as users do: from the sources, with their types stripped file by file, each compile process would take
 * twice the time to start.
 */
function builtPlace(source, filename) {
  if (!STARTS.test(source)) return {};
  const built = join(root, "dist", relative(root, filename).replace(/\.ts$/, ".js"));
  return existsSync(built) ? { define: { "import.meta.url": JSON.stringify(pathToFileURL(built).href) } } : {};
}

export default {
  getCacheKey(source, filename, { configString }) {
    const { define = null } = builtPlace(source, filename);
    return createHash("sha256")
      .update(JSON.stringify([VERSION, source, filename, configString, define]))
      .digest("hex");
  },
  process(source, filename) {
    return transformSync(source, {
      loader: "ts",
      format: "esm",
      target: "node24",
      sourcefile: filename,
      sourcemap: "inline",
      ...builtPlace(source, filename),
    });
  },
};
