/**
 * The compile process: turns one action after the other into a bundle with esbuild. It runs apart from the host because hostile source
 * can make esbuild slow, huge, or overflow its stack; the host kills it, with esbuild's own child, when that happens.
 * Invariant: esbuild itself reads no file. Every module comes from memory through the plugin below, and a comment put behind each
 * source overrules any `sourceMappingURL` in it, which esbuild would otherwise follow to files of the host.
 */
import { build, initialize } from "esbuild";
import type { Loader, OnResolveResult, Plugin, PluginBuild } from "esbuild";
import { parse } from "node:path";
import process from "node:process";
import { diagnose, ownMap } from "./compile-output.ts";
import type { CompileEnd, CompileMessage, CompileRequest, CompileResult } from "./compile-messages.ts";
import { ImportFiles } from "./import-files.ts";
import { createImportRules } from "./import-rules.ts";
import type { Module, Resolution } from "./resolution.ts";

const PACKAGE_FILE_BYTES = 16 * 1024 * 1024;
const NO_SOURCE_MAP = "\n//# sourceMappingURL=none";

/** What esbuild calls a module, `namespace:name`, and what we know of it. */
type Modules = Map<string, { readonly module: Module; readonly text: string }>;

async function compile(request: CompileRequest): Promise<CompileResult> {
  const files = new ImportFiles();
  const modules: Modules = new Map();
  const end = await bundle(request, modules, files);
  return { ...end, stamps: files.stamps(), contents: files.contents() };
}

async function bundle(request: CompileRequest, modules: Modules, files: ImportFiles): Promise<CompileEnd> {
  try {
    const built = await build({
      entryPoints: ["entry"],
      bundle: true,
      write: false,
      format: "cjs",
      platform: "browser",
      target: "node24",
      conditions: ["worker", "browser", "module", "production"],
      mainFields: ["browser", "module", "main"],
      banner: { js: "(function (exports, module) {" },
      footer: { js: "})" },
      define: { "process.env.NODE_ENV": '"production"' },
      tsconfigRaw: {},
      sourcemap: "external",
      sourcesContent: true,
      legalComments: "none",
      charset: "utf8",
      logLevel: "silent",
      logLimit: 20,
      absWorkingDir: parse(process.execPath).root,
      outfile: "action.js",
      plugins: [fromMemory(request, modules, files)],
    });
    const script = built.outputFiles.find((file) => file.path.endsWith(".js"));
    const map = built.outputFiles.find((file) => file.path.endsWith(".map"));
    if (script === undefined || map === undefined) throw new Error("esbuild gave no output");
    if (script.contents.length > request.bundleBytes) return { type: "too_large", bytes: script.contents.length };
    return {
      type: "built",
      script: script.text,
      map: ownMap(map.text, modules),
      inputs: [...modules.values()].map((known) => known.module.name),
      warnings: await diagnose(built.warnings, "warning", modules),
    };
  } catch (error) {
    const errors = (error as { errors?: unknown }).errors;
    if (!Array.isArray(errors)) throw error;
    return { type: "failed", diagnostics: await diagnose(errors, "error", modules) };
  }
}

function fromMemory(request: CompileRequest, modules: Modules, files: ImportFiles): Plugin {
  const rules = createImportRules(request.root, request.packages, files);
  const entry: Module = { owner: "action", name: request.filename, path: "", real: "" };
  return {
    name: "baton",
    setup(esbuild) {
      esbuild.onResolve({ filter: /.*/ }, async (asked) => {
        if (asked.pluginData === ASKED_BY_US) return undefined;
        if (asked.kind === "entry-point") return { path: entry.name, namespace: "action", pluginData: entry };
        const found = await rules.resolve(
          {
            specifier: asked.path,
            kind: asked.kind,
            attributes: asked.with,
            importer: (asked.pluginData as Module | undefined) ?? entry,
          },
          askEsbuild(esbuild, asked.kind),
        );
        return inEsbuildsTerms(found, entry);
      });
      esbuild.onLoad({ filter: /.*/, namespace: "empty" }, () => ({ contents: "", loader: "js" }));
      esbuild.onLoad({ filter: /.*/ }, (asked) => load(asked.pluginData as Module, request, modules, files));
    },
  };
}

function inEsbuildsTerms(found: Resolution, entry: Module): OnResolveResult {
  if (found.type === "refused") return { errors: [{ text: found.message, detail: found.code }] };
  if (found.type === "empty") return { path: "empty", namespace: "empty" };
  const { module } = found;
  const isEntry = module.owner === "action" && module.name === entry.name;
  return {
    path: module.name,
    namespace: module.owner,
    pluginData: isEntry ? entry : module,
    sideEffects: found.sideEffects ?? true,
  };
}

function load(module: Module, request: CompileRequest, modules: Modules, files: ImportFiles) {
  const limit = module.owner === "action" ? request.sourceBytes : PACKAGE_FILE_BYTES;
  const read = module.real === "" ? { text: request.source } : files.read(module.real, limit);
  if ("problem" in read) {
    return { errors: [{ text: `${module.name} cannot be imported: ${read.problem}.`, detail: read.code }] };
  }
  if (module.owner === "action" && module.real !== "") files.remember(module.name, read.text);
  modules.set(`${module.owner}:${module.name}`, { module, text: read.text });
  const loader = loaderOf(module);
  if (loader === "json") return { contents: read.text, loader, pluginData: module };
  // A hashbang would come before the wrapper.
  const text = read.text.startsWith("#!") ? `//${read.text.slice(2)}` : read.text;
  return { contents: text + NO_SOURCE_MAP, loader, pluginData: module };
}

function loaderOf(module: Module): Loader {
  if (/\.[mc]?js$/.test(module.name)) return "js";
  return module.real !== "" && module.name.endsWith(".json") ? "json" : "ts";
}

const ASKED_BY_US = "baton asks esbuild itself";

function askEsbuild(esbuild: PluginBuild, kind: string) {
  return async (specifier: string, folder: string, importer: string) => {
    const found = await esbuild.resolve(specifier, {
      kind: kind === "require-call" || kind === "dynamic-import" ? kind : "import-statement",
      resolveDir: folder,
      importer,
      pluginData: ASKED_BY_US,
    });
    if (found.errors.length > 0 || found.external) return null;
    return { path: found.path, disabled: found.namespace === "", sideEffects: found.sideEffects };
  };
}

function send(message: CompileMessage): void {
  process.send?.(message);
}

/** Takes esbuild's child along: this process leads a process group of its own where there are such. */
function end(): void {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    process.exit(1);
  }
}

process.on("disconnect", end);
process.on("message", (request: CompileRequest) => {
  compile(request).then((result) => send({ type: "done", result }), end);
});
await initialize({});
send({ type: "ready" });
