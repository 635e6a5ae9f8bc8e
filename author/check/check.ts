/**
 * Checks actions: whether they compile and their imports resolve, as the runtime itself sees it; whether they keep the contract, by the
 * rules of their language; and their types. The three are asked at once. An action's own modules are held to the rules as well.
 */
import { dirname, resolve } from "node:path";
import { readConfig } from "../config.ts";
import type { ScenarioRunner } from "../scenarios/runner.ts";
import { findTypeScript, isTyped } from "../typescript/type-check.ts";
import { typeCheckAll } from "../typescript/type-check-all.ts";
import { checkByLanguage, filesOf } from "./by-language.ts";
import { ruleOf } from "./finding.ts";
import type { Finding } from "./finding.ts";

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
  const files = await filesOf(actions);
  const scripts = files.filter(isTyped);
  const [compiled, typed] = await Promise.all([
    Promise.all(actions.map((action) => compileFindings(runner, action))),
    asked && scripts.length > 0 ? typeFindings(folder, scripts, signal) : { findings: [], note: null },
  ]);
  const diagnosed = compiled.flat();
  // What does not parse would be reported again, in other words.
  const broken = new Set(diagnosed.filter(({ code }) => code === "SYNTAX_ERROR").map(({ file }) => file));
  const ruled = (await Promise.all(actions.map((action) => checkByLanguage(action, true)))).flat();
  const isNew = ({ file, rule }: Finding): boolean =>
    !broken.has(file) && !diagnosed.some((known) => known.file === file && known.rule === rule);
  const findings = [...diagnosed, ...ruled.filter(isNew)];
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

/** TypeScript reports a misspelt name as well, with the types at hand. */
function withoutRepeats(findings: readonly Finding[], types: readonly Finding[]): Finding[] {
  return findings.filter(
    ({ code, file, line }) =>
      code !== "UNKNOWN_NAME" || !types.some((type) => type.file === file && type.line === line),
  );
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
