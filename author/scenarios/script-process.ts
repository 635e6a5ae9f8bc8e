/**
 * Prints the default export of the module whose URL it is given, as one line of JSON. See load-script.ts. A package whose manifest says
 * "commonjs", which is what `npm init` writes, means its own programs by that: a scenario that is written as a module is read as one.
 */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ESM = /^[^\S\n\r]*(?:export\s|import\s[^(]|import\s*["'{*])/m;

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const { url, format } = found;
    if (!url.startsWith("file:") || !/\.[jt]s$/.test(url) || url.includes("/node_modules/")) return found;
    if (format?.startsWith("module") || !ESM.test(readFileSync(fileURLToPath(url), "utf8"))) return found;
    return { ...found, format: url.endsWith(".ts") ? "module-typescript" : "module" };
  },
});

const [url = ""] = process.argv.slice(2);
const loaded = (await import(url)) as { readonly default?: unknown };
process.stdout.write(`\n${JSON.stringify(loaded.default ?? null)}\n`);
