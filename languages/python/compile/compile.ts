/**
 * Compiling Python, in the compile process: gathers the action's modules, has CPython itself compile each, and writes down what a run needs as the JSON text of
 * one artifact. No line of the action runs by that.
 */
import { basename } from "node:path";
import { codeFrame } from "../../code-frame.ts";
import { ImportFiles } from "../../compile/import-files.ts";
import type { CompileEnd, CompileRequest, CompileResult } from "../../compile/messages.ts";
import { type Diagnostic, wholeActionError } from "../../diagnostic.ts";
import { type Analyst, type AnalysisModule, createAnalyst } from "../analyst.ts";
import type { ArtifactModule, PythonArtifact } from "../artifact.ts";
import { findDamage } from "../image-files.ts";
import { indexPositions } from "../../source-positions.ts";
import { findPackage, INSTALL } from "../package.ts";
import { moduleName, Modules, withoutMark } from "./modules.ts";
import { pythonSettingsSchema, type PythonSettings } from "./settings.ts";
import { openWheels } from "./wheels.ts";
import { z } from "zod";

const answerSchema = z.object({
  problems: z.array(
    z.object({ file: z.string(), line: z.int().nullable(), column: z.int().nullable(), message: z.string() }),
  ),
  codes: z.record(z.string(), z.string()),
  entry: z.tuple([z.int(), z.int()]).nullable(),
});

let analyst: Analyst | string | undefined;

/** The analyst, or why there is none; made once, and before the first compile is timed. */
function openAnalyst(): Analyst | string {
  const found = findPackage();
  if (found.type === "missing") return found.why;
  const damaged = findDamage(found.data.folder);
  if (damaged.length > 0) return `baton-runtime-python is damaged (${damaged.join(", ")}): ${INSTALL}`;
  return createAnalyst(found.data.folder);
}

analyst = openAnalyst();
// Its first answer takes the longest.
if (typeof analyst !== "string") await analyst.ask({ task: "compile", entry: "warm", modules: {} });

export async function compile(request: CompileRequest): Promise<CompileResult> {
  const files = new ImportFiles(request);
  analyst = typeof analyst === "string" ? openAnalyst() : (analyst ?? openAnalyst());
  const end: CompileEnd =
    typeof analyst === "string"
      ? failed([wholeActionError("LANGUAGE_UNAVAILABLE", `${analyst}.`, request.filename)])
      : await build(analyst, request, files);
  return { ...end, stamps: files.stamps(), contents: files.contents() };
}

async function build(ready: Analyst, request: CompileRequest, files: ImportFiles): Promise<CompileEnd> {
  const { filename, root, sourceBytes } = request;
  const settings = readSettings(request);
  const wheels = openWheels(settings.packages, files);
  const modules = new Modules(files, wheels, root, filename, sourceBytes);
  const entry = addEntry(modules, filename, request.source);
  const globals = settings.globals === undefined ? [] : addGlobals(modules, settings.globals, files, sourceBytes);
  modules.follow();
  const problems = [...wheels.problems, ...modules.problems];
  if (problems.length > 0) {
    return failed(problems.map(({ code, message, file }) => wholeActionError(code, message, file)));
  }
  const answer = await ready.ask({ task: "compile", entry, modules: Object.fromEntries(modules.all) });
  if (!answer.ok) {
    return failed([wholeActionError("COMPILE_CRASHED", `${filename} could not be compiled: ${answer.why}.`, filename)]);
  }
  const read = answerSchema.parse(answer.value);
  const wrong = read.problems.map((problem) => diagnosticOf(problem, modules.all));
  if (wrong.length > 0) return failed(wrong);
  const artifact: PythonArtifact = {
    kind: "action",
    entry,
    globals,
    modules: Object.fromEntries(
      [...modules.all].map(([name, module]): [string, ArtifactModule] => [
        name,
        { ...module, code: read.codes[name]! },
      ]),
    ),
  };
  const script = JSON.stringify(artifact);
  const bytes = Buffer.byteLength(script);
  if (bytes > request.bundleBytes) return { type: "too_large", bytes };
  const inputs = [...modules.all.values()].map(({ file }) => file);
  const map = JSON.stringify({
    version: 3,
    sources: inputs,
    sourcesContent: [...modules.all.values()].map(({ source }) => source),
    names: [],
    mappings: "",
  });
  const place = read.entry === null ? null : { line: read.entry[0], column: read.entry[1] };
  return { type: "built", script, map, index: indexPositions(map, place), inputs, warnings: [] };
}

function readSettings({ settings }: CompileRequest): PythonSettings {
  return pythonSettingsSchema.parse(settings ?? {});
}

/** The action's own module, under the name that another module would import it by. */
function addEntry(modules: Modules, filename: string, source: string): string {
  const { name, around } = moduleName(filename);
  const dotted = [...around, name].join(".");
  const isImportable = around.every((part) => /^[^\W\d]\w*$/u.test(part));
  const entry = isImportable ? dotted : name;
  if (isImportable) {
    for (let length = 1; length <= around.length; length += 1) {
      const file = `${around.slice(0, length).join("/")}/__init__.py`;
      modules.add(around.slice(0, length).join("."), { file, source: "", package: true });
    }
  }
  modules.add(entry, { file: filename, source: withoutMark(source), package: false });
  return entry;
}

function addGlobals(modules: Modules, path: string, files: ImportFiles, limit: number): string[] {
  const real = files.look(path);
  const read = real === null ? null : files.read(real, limit);
  const file = basename(path);
  if (read === null || "problem" in read) {
    const why = read === null ? "there is no such file" : read.problem;
    modules.problems.push({
      code: "IMPORT_NOT_FOUND",
      message: `python.globals (${file}) cannot be read: ${why}.`,
      file,
    });
    return [];
  }
  files.remember(file, read.text);
  const { name } = moduleName(file);
  const own = modules.all.has(name) ? `${name}_globals` : name;
  modules.add(own, { file, source: withoutMark(read.text), package: false });
  return [own];
}

function diagnosticOf(
  { file, line, column, message }: z.infer<typeof answerSchema>["problems"][number],
  modules: ReadonlyMap<string, AnalysisModule>,
): Diagnostic {
  const source = [...modules.values()].find((module) => module.file === file)?.source ?? "";
  if (line === null) return wholeActionError("SYNTAX_ERROR", `${file} does not compile: ${message}`, file);
  const at = column ?? 1;
  return {
    code: "SYNTAX_ERROR",
    message,
    file,
    line,
    column: at,
    frame: codeFrame(source, line, at),
    severity: "error",
  };
}

const failed = (diagnostics: Diagnostic[]): CompileEnd => ({ type: "failed", diagnostics });
