/**
 * Checks actions: whether they compile and their imports resolve, as the runtime itself sees it; whether they keep the contract, by the
 * rules; and their types. The three are asked at once. An action's own modules are held to the rules as well.
 */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { findConfig, readConfig } from "../config.ts";
import { isScript } from "../scenarios/files.ts";
import type { ScenarioRunner } from "../scenarios/runner.ts";
import { findTypeScript } from "../typescript/type-check.ts";
import { typeCheckAll } from "../typescript/type-check-all.ts";
import { checkByLanguage, ownLanguage } from "./by-language.ts";
import { ruleOf } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { reportInto } from "./report.ts";
import { codeAfterTransfer } from "./rules/after-transfer.ts";
import { asyncFunctions, awaitMissing } from "./rules/await.ts";
import { contextNotPassed } from "./rules/context.ts";
import { entryMissing } from "./rules/entry.ts";
import { importUnresolved } from "./rules/imports.ts";
import { awaitedInTurn } from "./rules/in-turn.ts";
import { keywordArgument } from "./rules/keyword.ts";
import { workLeftOpen } from "./rules/left-open.ts";
import { wrongNames } from "./rules/names.ts";
import { phoneNotE164 } from "./rules/phone.ts";
import { reasonTooLong } from "./rules/reason.ts";
import { isNode, nameOf, readSource } from "./syntax.ts";
import type { Node, Source } from "./syntax.ts";

export interface Checked {
  /** The actions and their own modules. */
  readonly files: readonly string[];
  readonly findings: readonly Finding[];
  /** Why types were not checked; null if they were. */
  readonly typesNote: string | null;
}

export interface CheckOptions {
  readonly folder: string;
  readonly types: boolean;
  readonly signal?: AbortSignal;
}

export async function check(
  runner: ScenarioRunner,
  actions: readonly string[],
  { folder, types: asked, signal }: CheckOptions,
): Promise<Checked> {
  const byOthers = actions.filter((action) => ownLanguage(action) !== null);
  const sources = readAll(actions.filter((action) => !byOthers.includes(action)));
  const files = [...new Set([...actions, ...sources.keys()])];
  const [compiled, typed] = await Promise.all([
    Promise.all(actions.map((action) => compileFindings(runner, action))),
    asked && sources.size > 0 ? typeFindings(folder, [...sources.keys()], signal) : { findings: [], note: null },
  ]);
  const findings = compiled.flat();
  // What does not parse would be told again, in other words.
  const broken = new Set(findings.filter(({ code }) => code === "SYNTAX_ERROR").map(({ file }) => file));
  for (const action of byOthers) {
    const isTold = findings.some(({ file, code }) => file === action && code !== "ENTRY_MISSING");
    if (!isTold) findings.push(...(await checkByLanguage(action, true)));
  }
  for (const [file, source] of sources) {
    if (source === null || broken.has(file)) continue;
    const report = reportInto(findings, source);
    phoneNotE164(source, report);
    reasonTooLong(source, report);
    contextNotPassed(source, report);
    codeAfterTransfer(source, report);
    const told = findings.some((found) => found.file === file && found.rule === "import-unresolved");
    const promising = asyncNames(source, sources);
    awaitMissing(source, promising, report);
    awaitedInTurn(source, report);
    keywordArgument(source, report);
    workLeftOpen(source, promising, report);
    const config = await readConfig(dirname(file));
    if (!told) importUnresolved(source, Object.keys(config.packages?.allow ?? {}), report);
    const hasConfig = findConfig(dirname(file)) !== null;
    wrongNames(source, { secrets: Object.keys(config.secrets ?? {}), hasConfig }, report);
    if (actions.includes(file) && !hasEntryFinding(findings, file)) entryMissing(source, report);
  }
  const types = typed.findings.filter(({ file }) => !broken.has(file));
  return { files, findings: inOrder([...withoutRepeats(findings, types), ...types]), typesNote: typed.note };
}

async function compileFindings(runner: ScenarioRunner, action: string): Promise<Finding[]> {
  const { diagnostics } = await runner.compile(action);
  const { root = dirname(action) } = await readConfig(dirname(action));
  return diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ code, message, file, line, column, frame }) => ({
      code,
      rule: ruleOf(code),
      message,
      file: file === null ? action : resolve(root, file),
      line,
      column,
      frame,
    }));
}

async function typeFindings(
  folder: string,
  files: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ readonly findings: Finding[]; readonly note: string | null }> {
  const found = findTypeScript(folder);
  if ("missing" in found) return { findings: [], note: found.missing };
  const checked = await typeCheckAll(found.tsc, folder, files, signal);
  if (checked.type === "failed") return { findings: [], note: checked.message };
  if (checked.type === "stopped") return { findings: [], note: "The types were not checked to the end." };
  const findings = checked.errors.map(({ number, message, ...place }) => ({
    code: "TYPE_ERROR",
    rule: ruleOf("TYPE_ERROR"),
    message: `${number}: ${message}`,
    ...place,
  }));
  return { findings, note: null };
}

/** TypeScript tells of a misspelt name as well, in a language that knows the types. */
function withoutRepeats(findings: readonly Finding[], types: readonly Finding[]): Finding[] {
  return findings.filter(
    ({ code, file, line }) =>
      code !== "UNKNOWN_NAME" || !types.some((type) => type.file === file && type.line === line),
  );
}

const hasEntryFinding = (findings: readonly Finding[], file: string): boolean =>
  findings.some((finding) => finding.file === file && finding.rule === "entry-missing");

/** The actions, and whatever of their own they import; null for what does not parse. */
function readAll(actions: readonly string[]): Map<string, Source | null> {
  const sources = new Map<string, Source | null>();
  const open = [...actions];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (sources.has(file)) continue;
    const source = readSource(file);
    sources.set(file, source);
    if (source !== null) open.push(...importsOf(source).map(({ file: imported }) => imported));
  }
  return sources;
}

interface OwnImport {
  readonly file: string;
  readonly statement: Node;
}

function importsOf({ file, program }: Source): OwnImport[] {
  return (program["body"] as Node[]).flatMap((statement) => {
    const from = statement["source"];
    const specifier = isNode(from) ? String(from["value"]) : "";
    if (!/^\.\.?\//.test(specifier)) return [];
    const found = resolveOwn(join(dirname(file), specifier));
    return found === null ? [] : [{ file: found, statement }];
  });
}

function resolveOwn(path: string): string | null {
  const swapped = path.replace(/\.([mc]?)js$/, ".$1ts");
  const endings = ["", ".ts", ".mts", ".js", ".mjs", "/index.ts", "/index.js"];
  return (
    [...endings.map((ending) => path + ending), swapped].find((each) => isScript(each) && existsSync(each)) ?? null
  );
}

/** The file's own async functions, those it imports from its own modules by name, and fetch. */
function asyncNames(source: Source, sources: ReadonlyMap<string, Source | null>): Set<string> {
  const names = asyncFunctions(source);
  if (!source.declared.has("fetch")) names.add("fetch");
  for (const { file, statement } of importsOf(source)) {
    const imported = sources.get(file);
    if (!imported || statement.type !== "ImportDeclaration") continue;
    const asyncThere = asyncFunctions(imported);
    for (const specifier of statement["specifiers"] as Node[]) {
      const local = nameOf(specifier["local"]);
      const isAsync = asyncThere.has(nameOf(specifier["imported"]) ?? "");
      if (local !== null && isAsync && source.declared.get(local) === 1) names.add(local);
    }
  }
  return names;
}

function inOrder(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings
    .filter(({ code, file, line, column, message }) => {
      const key = JSON.stringify([code, file, line, column, message]);
      return !seen.has(key) && seen.add(key);
    })
    .sort((a, b) => (a.file === b.file ? (a.line ?? 0) - (b.line ?? 0) : a.file < b.file ? -1 : 1));
}
