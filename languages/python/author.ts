/**
 * Python's tools for authors: what the author's commands ask of Python: checks, schemas, stubs for editors, a first action. All of it by CPython's own
 * `ast`, in the image.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, parse } from "node:path";
import { z } from "zod";
import { isE164 } from "../../host-api/phone.ts";
import type { ArgsSchema, AuthorTools, CheckRequest, SourceText } from "../author-tools.ts";
import { codeFrame } from "../code-frame.ts";
import { type Diagnostic, wholeActionError } from "../diagnostic.ts";
import { type Analyst, type AnalysisWork, createAnalyst } from "./analyst.ts";
import { withoutMark } from "./compile/modules.ts";
import { pythonSettingsSchema, type PythonSettings } from "./compile/settings.ts";
import { readZip } from "./compile/zip.ts";
import { findPackage } from "./package.ts";

const place = { line: z.int().nullable(), column: z.int().nullable() };
const findingSchema = z.object({ code: z.string(), message: z.string(), ...place });
const checkSchema = z.object({
  findings: z.array(findingSchema),
  phones: z.array(z.object({ text: z.string(), line: z.int(), column: z.int() })),
});
const argsSchemaAnswer = z.object({
  schema: z.record(z.string(), z.unknown()).nullable(),
  description: z.string().nullable(),
  problems: z.array(z.object({ message: z.string(), ...place })),
});

let opened: Analyst | null = null;

/** Null where the package of Python's data is missing; `check` then has nothing to add to what compiling says of it. */
function analyst(): Analyst | null {
  if (opened !== null) return opened;
  const found = findPackage();
  if (found.type === "found") opened = createAnalyst(found.data.folder);
  return opened;
}

export const author: AuthorTools = {
  async check(request) {
    const value = await ask(checkSchema, workOf("check", request));
    if (value === null) return [];
    const report = reporter(request);
    const found = value.findings.map(({ code, message, line, column }) => report(code, message, line, column));
    for (const { text, line, column } of value.phones) {
      if (!isE164(text)) found.push(report("PHONE_NOT_E164", notE164(text), line, column));
    }
    return found.filter((diagnostic) => !isIgnored(request.source, diagnostic));
  },

  async argsSchema(request): Promise<ArgsSchema> {
    const value = await ask(argsSchemaAnswer, workOf("schema", request));
    if (value === null) {
      const why = wholeActionError("LANGUAGE_UNAVAILABLE", unavailable(), request.filename);
      return { schema: null, description: null, diagnostics: [why] };
    }
    const report = reporter(request);
    const diagnostics = value.problems.map(({ message, line, column }): Diagnostic => ({
      ...report("SCHEMA_UNREADABLE", message, line, column),
      severity: "warning",
    }));
    return { schema: value.schema, description: value.description, diagnostics };
  },

  packages: ["baton-runtime-python"],

  stubs: () => ({ "__builtins__.pyi": readOwn("stubs/__builtins__.pyi"), "baton.pyi": readOwn("stubs/baton.pyi") }),

  scaffold: () => Object.fromEntries(listOwn("scaffold").map((path) => [path, readOwn(`scaffold/${path}`)] as const)),
};

function unavailable(): string {
  const found = findPackage();
  return found.type === "missing" ? `${found.why}.` : "CPython gave no answer.";
}

async function ask<T>(schema: z.ZodType<T>, work: AnalysisWork): Promise<T | null> {
  const answer = await analyst()?.ask(work);
  return answer?.ok ? schema.parse(answer.value) : null;
}

function workOf(task: "check" | "schema", request: CheckRequest): AnalysisWork {
  const { filename, source, root, isAction = true } = request;
  const settings = pythonSettingsSchema.safeParse(request.settings ?? {});
  const { globals, packages } = settings.success ? settings.data : {};
  const names = [...(root === undefined ? [] : modulesIn(root)), ...modulesOf(packages)];
  const empty = { file: "", source: "", package: false };
  return {
    task,
    entry: "action module",
    modules: {
      ...Object.fromEntries(names.map((name) => [name, empty])),
      "action module": { file: filename, source: withoutMark(source), package: false },
    },
    known: globals === undefined ? [] : publicNames(globals),
    isAction,
  };
}

/** Top-level modules of the allowed wheels. */
function modulesOf(packages: PythonSettings["packages"]): string[] {
  if (packages === undefined) return [];
  return Object.keys(packages.allow).flatMap((name) => {
    try {
      return readZip(readFileSync(join(packages.folder, name))).map(({ path }) =>
        path.split("/")[0]!.replace(/\.py$/, ""),
      );
    } catch {
      return [];
    }
  });
}

/** What a file defines or imports at its top, by a reading of its lines. */
function publicNames(path: string): string[] {
  try {
    const text = readFileSync(path, "utf8");
    const defined = [
      ...text.matchAll(/^(?:async\s+def|def|class)\s+([A-Za-z]\w*)|^([A-Za-z]\w*)\s*(?::[^=\n]+)?=(?!=)/gm),
    ];
    const imported = [...text.matchAll(/^from\s+[\w.]+\s+import\s+\(?([^)\n]+)/gm)].flatMap(([, list]) =>
      list!.split(",").map((part) =>
        part
          .trim()
          .split(/(?<!\s)\s+as\s+/)
          .at(-1)!,
      ),
    );
    return [...defined.map(([, first, second]) => first ?? second!), ...imported];
  } catch {
    return [];
  }
}

/** Names that an action in this folder can import from beside it. */
function modulesIn(root: string): string[] {
  try {
    return readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.name.endsWith(".py"))
      .map((entry) => parse(entry.name).name);
  } catch {
    return [];
  }
}

function reporter({ filename, source }: SourceText) {
  return (code: string, message: string, line: number | null, column: number | null): Diagnostic =>
    line === null || column === null
      ? wholeActionError(code, message, filename)
      : { code, message, file: filename, line, column, frame: codeFrame(source, line, column), severity: "error" };
}

function notE164(text: string): string {
  return `${JSON.stringify(text)} is not E.164, so no call would be transferred: write a plus sign, the country code and the number, without spaces, such as "+15551234567".`;
}

/** `# baton-ignore CODE` on the line, or on the one before it. */
function isIgnored(source: string, { line, code }: Diagnostic): boolean {
  if (line === null) return false;
  const near = source.split("\n").slice(Math.max(0, line - 2), line);
  return near.some((each) => new RegExp(`#.*\\bbaton-ignore\\b.*\\b${code}\\b`).test(each));
}

/** In the built package the files lie beside this one, as they do in the sources. */
const HERE = import.meta.dirname;

function readOwn(path: string): string {
  return readFileSync(join(HERE, path), "utf8");
}

function listOwn(folder: string): string[] {
  const root = join(HERE, folder);
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll("\\", "/"),
    )
    .sort();
}
