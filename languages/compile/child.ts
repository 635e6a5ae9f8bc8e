/**
 * The compile process: turns one action after the other into a bundle with esbuild. It runs apart from the host because hostile source
 * can make esbuild slow, huge, or overflow its stack; the host kills it, with esbuild's own child, when that happens.
 * Invariant: esbuild itself reads no file. Every module comes from memory through the plugin below, and a comment put behind each
 * source overrules any `sourceMappingURL` in it, which esbuild would otherwise follow to files of the host. Imports by a pattern, which
 * esbuild resolves without asking a plugin, are refused before it sees them.
 */
import { build, initialize, transform } from "esbuild";
import type { Loader, OnLoadResult, OnResolveResult, PartialMessage, Plugin, PluginBuild } from "esbuild";
import { parse } from "node:path";
import process from "node:process";
import { diagnose, ownMap } from "../javascript/compile/output.ts";
import type { CompileEnd, CompileMessage, CompileRequest, CompileResult } from "./messages.ts";
import { findEntry } from "../javascript/errors/entry-position.ts";
import { ImportFiles } from "../javascript/compile/import-files.ts";
import { createImportRules } from "../javascript/compile/import-rules.ts";
import { ownModule } from "../javascript/compile/own-modules.ts";
import { findPatternImport } from "../javascript/compile/pattern-imports.ts";
import type { Module, Resolution } from "../javascript/compile/resolution.ts";
import { indexPositions } from "../javascript/errors/source-positions.ts";

const PACKAGE_FILE_BYTES = 16 * 1024 * 1024;
const DEFINE = { "process.env.NODE_ENV": '"production"' };
const PATTERN_SENTENCE = "Files cannot be imported by a pattern; name each file in an import of its own.";
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
      define: DEFINE,
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
    const own = ownMap(map.text, modules);
    return {
      type: "built",
      script: script.text,
      map: own,
      index: indexPositions(own, findEntry(request.source)),
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
        const own = ownModule(asked.path);
        if (own !== null) return inEsbuildsTerms(own, entry);
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
      esbuild.onLoad({ filter: /.*/ }, async (asked) => {
        const module = asked.pluginData as Module | undefined;
        // A file that no rule let in: esbuild found it by itself.
        if (module === undefined) return { errors: [{ text: PATTERN_SENTENCE, detail: "IMPORT_REFUSED" }] };
        return load(module, request, modules, files);
      });
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

async function load(
  module: Module,
  request: CompileRequest,
  modules: Modules,
  files: ImportFiles,
): Promise<OnLoadResult> {
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
  const errors = await refusePatterns(text, loader, `${module.owner}:${module.name}`);
  if (errors.length > 0) return { errors };
  return { contents: text + NO_SOURCE_MAP, loader, pluginData: module };
}

async function refusePatterns(text: string, loader: Loader, file: string): Promise<PartialMessage[]> {
  try {
    const at = await findPatternImport(text, async () =>
      transform(text + NO_SOURCE_MAP, {
        loader,
        platform: "browser",
        target: "node24",
        sourcefile: file,
        tsconfigRaw: {},
        define: DEFINE,
        legalComments: "none",
        charset: "utf8",
        logLevel: "silent",
        sourcemap: "external",
        sourcesContent: false,
      }),
    );
    if (at === null) return [];
    const lineText = text.split("\n", at.line)[at.line - 1] ?? "";
    const column = Buffer.byteLength(lineText.slice(0, at.column));
    return [{ text: PATTERN_SENTENCE, detail: "IMPORT_REFUSED", location: { file, line: at.line, column, lineText } }];
  } catch (error) {
    const errors = (error as { errors?: unknown }).errors;
    if (!Array.isArray(errors)) throw error;
    return errors as PartialMessage[];
  }
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
