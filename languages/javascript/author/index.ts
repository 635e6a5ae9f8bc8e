/** JavaScript's tools for authors: what the author's commands ask of JavaScript and TypeScript. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { requireFrom } from "../../../base/own-files.ts";
import type { AuthorTools } from "../../author-tools.ts";
import { checkJavaScript } from "./check/check.ts";
import { readSources } from "./check/sources.ts";
import { ACTION_OPTIONS } from "./options.ts";
import { argsSchema } from "./schema/args-schema.ts";

export const author: AuthorTools = {
  check: async (request) => checkJavaScript(request),
  modules: (file) => [...readSources(file).keys()],
  argsSchema: async (request) => argsSchema(request),
  stubs: () => ({ "tsconfig.json": tsconfigJson() }),
  packages: ["typescript"],
  scaffold: () => {
    const template = projectTemplate();
    const files = readdirSync(template, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = files.map((entry) => join(entry.parentPath, entry.name));
    return Object.fromEntries(paths.map((path) => [relative(template, path), readFileSync(path, "utf8")]));
  },
};

/** For editors: what the type check itself takes, with the globals by their public name. */
function tsconfigJson(): string {
  const compilerOptions = { ...ACTION_OPTIONS, types: ["baton-runtime/globals", "baton-runtime/web-globals"] };
  const config = { compilerOptions, include: ["actions", "baton-env.d.ts"], exclude: ["**/*.scenario.ts"] };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** The project that `baton init` copies, from the published package or from the sources. */
function projectTemplate(): string {
  const require = requireFrom(import.meta.url) as NodeJS.Require;
  const folder = dirname(require.resolve("baton-runtime/package.json"));
  const built = join(folder, "dist", "project");
  return existsSync(built) ? built : join(folder, "fixtures", "project");
}
