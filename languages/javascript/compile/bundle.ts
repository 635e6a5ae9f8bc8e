/**
 * Bundles one action with esbuild, in the compile process. Invariant: esbuild itself reads no file. Every module comes from memory through the plugin
 * below, and a comment put behind each source overrules any `sourceMappingURL` in it, which esbuild would otherwise follow to files of the host.
 * Imports by a pattern, which esbuild resolves without asking a plugin, are refused before it sees them.
 */
import { build, transform } from "esbuild";
import type { Loader, Metafile, OnLoadResult, OnResolveArgs, OnResolveResult, PartialMessage, Plugin } from "esbuild";
import { createHash, randomBytes } from "node:crypto";
import { parse } from "node:path";
import process from "node:process";
import type { CompileEnd, CompileRequest, CompileResult } from "../../compile/messages.ts";
import { findEntry } from "../errors/entry-position.ts";
import { indexPositions } from "../../source-positions.ts";
import { isGuarded } from "./guarded-imports.ts";
import { ImportFiles } from "../../compile/import-files.ts";
import { createImportRules } from "./import-rules.ts";
import type { ImportRules } from "./import-rules.ts";
import { nameOwnFiles, ownFileWords } from "./import-meta.ts";
import { findJsx } from "./jsx.ts";
import { diagnose, JSX_SENTENCE, ownMap } from "./output.ts";
import type { EsbuildMessage } from "./output.ts";
import { ownModule } from "./own-modules.ts";
import { findPatternImport } from "./pattern-imports.ts";
import type { Module, Refusal, Resolution } from "./resolution.ts";
import { giveScopes, nameAt, typeAt } from "./strict-scopes.ts";

const PACKAGE_FILE_BYTES = 16 * 1024 * 1024;
const DEFINE = { "process.env.NODE_ENV": '"production"' };
const PATTERN_SENTENCE = "Files cannot be imported by a pattern; name each file in an import of its own.";
const NO_SOURCE_MAP = "\n//# sourceMappingURL=none";
const AS_COMMON = "\nmodule;";

/** What esbuild calls a module, `namespace:name`, and what we know of it. */
type Modules = Map<string, { readonly module: Module; readonly text: string }>;

/** One compile. */
interface Work {
  readonly request: CompileRequest;
  readonly modules: Modules;
  readonly files: ImportFiles;
  readonly rules: ImportRules;
  readonly entry: Module;
  /** Part of the name of every module while it is compiled: a word that no source knows. */
  readonly mark: string;
  /** What is said where a module runs that could not be resolved, by its name. */
  readonly absent: Map<string, string>;
}

export async function compileJavaScript(request: CompileRequest): Promise<CompileResult> {
  const files = new ImportFiles(request);
  const work: Work = {
    request,
    files,
    modules: new Map(),
    rules: createImportRules(request.root, request.packages, files),
    entry: { owner: "action", name: request.filename, path: "", real: "" },
    mark: randomBytes(16).toString("hex"),
    absent: new Map(),
  };
  const end = await bundle(work);
  return { ...end, stamps: files.stamps(), contents: files.contents() };
}

async function bundle(work: Work): Promise<CompileEnd> {
  const { request, modules, mark } = work;
  try {
    const built = await build({
      entryPoints: ["entry"],
      bundle: true,
      write: false,
      format: "cjs",
      platform: "browser",
      target: "node24",
      banner: { js: "(function (exports, module) {" },
      footer: { js: "})" },
      define: { ...DEFINE, ...ownFileWords(mark) },
      tsconfigRaw: {},
      sourcemap: "external",
      // Megabytes of packages would come back; the author's own texts are here.
      sourcesContent: false,
      metafile: true,
      legalComments: "none",
      charset: "utf8",
      logLevel: "silent",
      logLimit: 20,
      absWorkingDir: parse(process.execPath).root,
      outfile: "action.js",
      plugins: [fromMemory(work)],
    });
    const script = built.outputFiles.find((file) => file.path.endsWith(".js"));
    const map = built.outputFiles.find((file) => file.path.endsWith(".map"));
    if (script === undefined || map === undefined) throw new Error("esbuild gave no output");
    const entry = keyOf(work.entry, work);
    const scope = { mark, entry, isEntryCommon: isCommon(built.metafile, entry) };
    const own = nameOwnFiles(script.text, mark, (lines, at) => {
      const name = nameOf(nameAt(lines[at]!, mark), modules);
      return name === null ? null : { name, isCommon: typeAt(lines, at, scope) !== "module" };
    });
    const scoping = { ...scope, head: own.head };
    const scoped = giveScopes({ script: own.script, map: map.text }, scoping);
    const bytes = Buffer.byteLength(scoped.script);
    if (bytes > request.bundleBytes) return { type: "too_large", bytes };
    const positions = ownMap(scoped.map, modules);
    return {
      type: "built",
      script: scoped.script,
      map: positions,
      index: indexPositions(positions, findEntry(request.source)),
      inputs: [...modules.values()].map((known) => known.module.name),
      warnings: await diagnose(built.warnings, "warning", modules),
    };
  } catch (error) {
    const errors = (error as { errors?: unknown }).errors;
    if (!Array.isArray(errors)) throw error;
    return {
      type: "failed",
      diagnostics: await diagnose(withJsx(errors as EsbuildMessage[], modules), "error", modules),
    };
  }
}

function nameOf(key: string | null, modules: Modules): string | null {
  return key === null ? null : (modules.get(key)?.module.name ?? null);
}

/** JSX in TypeScript is named as such, where it begins, in place of what the parser made of it. */
function withJsx(errors: readonly EsbuildMessage[], modules: Modules): EsbuildMessage[] {
  const jsx = new Set<string>();
  return errors.flatMap((error) => {
    const file = error.location?.file ?? "";
    const known = modules.get(file);
    if (jsx.has(file)) return [];
    if (known === undefined || error.detail !== undefined || !isTypeScript(known.module)) return [error];
    const at = findJsx(known.text);
    if (at === null) return [error];
    jsx.add(file);
    const lineText = known.text.split("\n", at.line)[at.line - 1] ?? "";
    const column = Buffer.byteLength(lineText.slice(0, at.column));
    return [{ text: JSX_SENTENCE, detail: "SYNTAX_ERROR", location: { file, line: at.line, column, lineText } }];
  });
}

/** A source with neither kind of syntax counts as Node counts it. */
function isCommon({ inputs }: Metafile, name: string): boolean {
  return inputs[name] !== undefined && inputs[name].format !== "esm";
}

/** esbuild knows by the end of a name that Node would take a module for an ES module. */
function pathOf({ name, isEsm }: Module): string {
  return isEsm === true && !name.endsWith(".mjs") ? `${name}#.mjs` : name;
}

function keyOf(module: Module, { mark }: Work): string {
  return `${module.owner}-${mark}:${pathOf(module)}`;
}

function fromMemory(work: Work): Plugin {
  const { entry, mark } = work;
  return {
    name: "baton",
    setup(esbuild) {
      esbuild.onResolve({ filter: /.*/ }, async (asked) => {
        if (asked.kind === "entry-point") return inEsbuildsTerms({ type: "module", module: entry }, work);
        const importer = (asked.pluginData as Module | undefined) ?? entry;
        const found = ownModule(asked.path) ?? work.rules.resolve(requestOf(asked, importer));
        if (found.type !== "refused") return inEsbuildsTerms(found, work);
        return refused(asked, importer, found, work);
      });
      esbuild.onLoad({ filter: /.*/, namespace: `empty-${mark}` }, () => ({ contents: "", loader: "js" }));
      esbuild.onLoad({ filter: /.*/, namespace: `absent-${mark}` }, ({ path }) => ({
        contents: work.absent.get(path) ?? "",
        loader: "js",
      }));
      esbuild.onLoad({ filter: /.*/ }, async (asked) => {
        const module = asked.pluginData as Module | undefined;
        // A file that no rule let in: esbuild found it by itself.
        if (module === undefined) return { errors: [{ text: PATTERN_SENTENCE, detail: "IMPORT_REFUSED" }] };
        return load(module, work);
      });
    },
  };
}

function requestOf(asked: OnResolveArgs, importer: Module) {
  return { specifier: asked.path, kind: asked.kind, attributes: asked.with, importer };
}

function inEsbuildsTerms(found: Exclude<Resolution, Refusal>, { entry, mark }: Work): OnResolveResult {
  if (found.type === "empty") return { path: "empty", namespace: `empty-${mark}` };
  const { module } = found;
  const isEntry = module.owner === "action" && module.name === entry.name;
  return {
    path: pathOf(module),
    namespace: `${module.owner}-${mark}`,
    pluginData: isEntry ? entry : module,
    sideEffects: found.sideEffects ?? true,
  };
}

/** An optional module becomes one that throws where it is asked for; every other one is an error of the source. */
function refused(asked: OnResolveArgs, importer: Module, refusal: Refusal, work: Work): OnResolveResult {
  const text = work.modules.get(keyOf(importer, work))?.text;
  const call = { specifier: asked.path, kind: asked.kind, owner: importer.owner };
  const mayMiss = asked.kind !== "import-statement" && refusal.isFirm !== true && text !== undefined;
  if (!mayMiss || !isGuarded(text, call, isTypeScript(importer)))
    return { errors: [{ text: refusal.message, detail: refusal.code }] };
  if (asked.kind === "require-resolve") return { path: asked.path, external: true };
  const code = asked.kind === "require-call" ? "MODULE_NOT_FOUND" : "ERR_MODULE_NOT_FOUND";
  const path = createHash("sha256").update(`${code} ${refusal.message}`).digest("hex").slice(0, 16);
  const error = `Object.assign(new Error(${JSON.stringify(refusal.message)}), { code: "${code}" })`;
  work.absent.set(path, `module.exports = null; throw ${error};`);
  return { path, namespace: `absent-${work.mark}` };
}

async function load(module: Module, work: Work): Promise<OnLoadResult> {
  const { request, files } = work;
  const limit = module.owner === "action" ? request.sourceBytes : PACKAGE_FILE_BYTES;
  const read = module.real === "" ? { text: request.source } : files.read(module.real, limit);
  if ("problem" in read) {
    return { errors: [{ text: `${module.name} cannot be imported: ${read.problem}.`, detail: read.code }] };
  }
  if (module.real !== "") files.remember(module.name, read.text);
  const key = keyOf(module, work);
  work.modules.set(key, { module, text: read.text });
  const loader = loaderOf(module);
  if (loader === "json") return { contents: read.text, loader, pluginData: module };
  // A hashbang would come before the wrapper.
  const text = read.text.startsWith("#!") ? `//${read.text.slice(2)}` : read.text;
  const errors = await refusePatterns(text, module.owner, loader, key);
  if (errors.length > 0) return { errors };
  return {
    contents: text + (isPlainScript(module, text) ? AS_COMMON : "") + NO_SOURCE_MAP,
    loader,
    pluginData: module,
  };
}

/** Without a sign of either kind Node takes a source for CommonJS; esbuild would put it among the ES modules around it. */
function isPlainScript({ name, isEsm }: Module, text: string): boolean {
  return isEsm !== true && !/\.m[jt]s$/.test(name) && !/\b(?:import|export|module|exports|require)\b/.test(text);
}

async function refusePatterns(
  text: string,
  owner: Module["owner"],
  loader: Loader,
  file: string,
): Promise<PartialMessage[]> {
  try {
    const at = await findPatternImport(text, owner, async () =>
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

function isTypeScript(module: Module): boolean {
  return loaderOf(module) === "ts";
}
