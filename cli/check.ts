/** `baton check`: reads actions without running them and says what will not do what it looks like. */
import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { glanceAt } from "../base/glance.ts";
import type { Finding } from "../author/check/finding.ts";
import { ruleOf } from "../author/check/finding.ts";
import type { Arguments } from "./flags.ts";
import type { Command, Io } from "./command.ts";
import { FORMATS, formatFindings } from "./check-format.ts";
import type { Format } from "./check-format.ts";
import { defineCommand } from "./define-command.ts";
import { EXIT } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import { shown } from "../author/files.ts";
import { InputError } from "../author/input-error.ts";
import { packageFolder, packageVersion } from "../author/package-folder.ts";
import { frameLines } from "./render.ts";
import { isScript, listFiles, looksLikeAction } from "../author/scenarios/files.ts";
import { nearest } from "../base/suggest.ts";
import { terminalOf } from "./terminal.ts";
import { visible, visibleJson, visibleLine, wrap } from "../author/text.ts";

const USAGE = {
  synopsis: "check [PATH ...] [flags]",
  description:
    "Checks actions, the files given or those below the given folders (by default the working folder), without running them: whether they compile, whether their types are right, and whether they keep the contract of a hand-off.",
  flags: [
    { name: "skip-types", description: "do not check types" },
    { name: "explain", value: "CODE", description: "show the page of a finding's code" },
    {
      name: "format",
      value: "FORMAT",
      choices: FORMATS,
      description: "line, github (annotations of a build) or sarif (code scanning) instead of text for people",
    },
    { name: "json", description: "print the findings as one line of JSON" },
    { name: "help", description: "show this text" },
  ],
  examples: [
    "baton check",
    "baton check actions/business-hours.ts",
    "baton check --explain PHONE_NOT_E164",
    "baton check --format sarif > baton.sarif",
    "baton check --json | jq '.findings[].code'",
  ],
} as const;

export const checkCommand: Command = defineCommand(USAGE, runCheck);

async function runCheck(given: Arguments, io: Io, json: boolean): Promise<ExitStatus> {
  const { positionals, values, switches } = given;
  const asked = values.get("explain");
  if (asked !== undefined) return explain(asked, io, json);
  const format = readFormat(values.get("format"), json);
  const paths = (positionals.length === 0 ? ["."] : positionals).map((path) => resolve(path));
  const actions = findActions(paths);
  const [{ ScenarioRunner }, { check }] = await Promise.all([
    import("../author/scenarios/runner.ts"),
    import("../author/check/check.ts"),
  ]);
  await using runner = new ScenarioRunner();
  const checked = await check(runner, actions, {
    folder: statSync(paths[0]!).isDirectory() ? paths[0]! : dirname(paths[0]!),
    types: !switches.has("skip-types"),
    signal: io.interrupted,
  });
  const { findings, files, typesNote } = checked;
  const ok = findings.length === 0 && !io.interrupted.aborted;
  if (format !== null) {
    if (typesNote !== null) io.stderr.write(`note: ${visible(typesNote)}\n`);
    io.stdout.write(visible(formatFindings(findings, format, packageVersion())));
  } else if (json) {
    const named = findings.map((finding) => ({ ...finding, file: shown(finding.file), docs: pageOf(finding.rule) }));
    const report = { ok, files: files.map(shown), findings: named, typesNote };
    io.stdout.write(`${visibleJson(JSON.stringify(report))}\n`);
  } else {
    if (typesNote !== null) io.stderr.write(`note: ${visible(typesNote)}\n`);
    for (const finding of findings) io.stdout.write(`${renderFinding(finding, io)}\n\n`);
    io.stdout.write(`${summary(findings.length, files.length, io)}\n`);
  }
  return ok ? EXIT.ok : EXIT.failed;
}

function readFormat(asked: string | undefined, json: boolean): Format | null {
  if (asked === undefined) return null;
  if (json) throw new InputError("BAD_FLAG", "Give --json or --format: the findings are printed once.");
  const found = FORMATS.find((format) => format === asked);
  if (found !== undefined) return found;
  const near = nearest(asked, FORMATS);
  const hint = near === null ? "it is line, github or sarif." : `did you mean ${near}?`;
  throw new InputError("BAD_FLAG", `There is no format ${visibleLine(asked.slice(0, 80))}: ${hint}`);
}

function renderFinding({ code, message, file, line, column, frame, rule }: Finding, io: Io): string {
  const terminal = terminalOf(io.stdout);
  const { paint, columns } = terminal;
  const place = line === null ? shown(file) : `${shown(file)}:${line}:${column}`;
  return [
    `${paint("bold", place)} ${paint("red", code)}`,
    wrap(visible(message), columns, "  "),
    ...(frame === null ? [] : frameLines(frame, terminal)),
    paint("dim", wrap(`more: baton check --explain ${code} (${pageOf(rule)} of the package)`, columns, "  ")),
  ].join("\n");
}

function summary(findings: number, files: number, io: Io): string {
  const { paint } = terminalOf(io.stdout);
  const where = `in ${files} ${files === 1 ? "file" : "files"}`;
  if (io.interrupted.aborted) return paint("red", `Interrupted: not all was checked ${where}.`);
  return findings === 0
    ? paint("green", `Nothing found ${where}.`)
    : paint("red", `${findings} ${findings === 1 ? "finding" : "findings"} ${where}.`);
}

const pageOf = (rule: string): string => `docs/rules/${rule}.md`;

async function explain(code: string, io: Io, json: boolean): Promise<ExitStatus> {
  const { CATALOGUE } = await import("../base/catalogue.ts");
  const known = CATALOGUE.flatMap(({ codes }) => Object.keys(codes));
  const asked = code.toUpperCase();
  if (!known.includes(asked)) {
    const near = nearest(asked, known);
    const hint = near === null ? "docs/errors.md lists them." : `did you mean ${near}?`;
    throw new InputError("BAD_FLAG", `There is no code ${visibleLine(code.slice(0, 80))}: ${hint}`);
  }
  const { meaning, remedy } = CATALOGUE.map(({ codes }) => codes[asked]).find((each) => each !== undefined)!;
  const page = await readPage(asked);
  if (json) io.stdout.write(`${JSON.stringify({ code: asked, meaning, remedy, page })}\n`);
  else io.stdout.write(page ?? `${asked}\n\n${meaning} ${remedy}\n`);
  return EXIT.ok;
}

/** Null for codes of runs, which have no page of their own. */
async function readPage(code: string): Promise<string | null> {
  const { RULES } = await import("../author/check/finding.ts");
  if (!(code in RULES) && !["SYNTAX_ERROR", "TOP_LEVEL_AWAIT"].includes(code)) return null;
  return readFile(join(packageFolder(), pageOf(ruleOf(code))), "utf8").catch(() => null);
}

/** Files that are named are actions; in folders, those are that look like it. */
function findActions(paths: readonly string[]): string[] {
  const actions = new Set<string>();
  for (const path of paths) {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) throw new InputError("FILE_UNREADABLE", `There is no file or folder ${shown(path)}.`);
    if (!stats.isDirectory()) {
      if (!isScript(path))
        throw new InputError(
          "ACTION_MISSING",
          `${shown(path)} is no TypeScript, JavaScript or Python file of an action.`,
        );
      actions.add(path);
      continue;
    }
    for (const file of listFiles(path)) if (looksLikeAction(file) || liesAmongActions(file)) actions.add(file);
  }
  if (actions.size > 0) return [...actions].sort();
  throw new InputError(
    "ACTION_MISSING",
    `There is no action below ${paths.map(shown).join(", ")}: a file with an execute_action(context).`,
  );
}

/** In a folder called actions, a script is one, unless others there take from it. */
function liesAmongActions(file: string): boolean {
  return isScript(file) && /[\\/]actions$/.test(dirname(file)) && !looksUsed(file);
}

function looksUsed(file: string): boolean {
  const stem = file.slice(dirname(file).length + 1).replace(/\.[mc]?[tj]s$/, "");
  const others = listFiles(dirname(file)).filter((other) => other !== file && isScript(other));
  return others.some((other) => glanceAt(other).includes(`/${stem}`));
}
