/** `baton test`: runs the scenarios of some files or folders in the real runtime and says which went as expected. */
import { existsSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import type { Arguments } from "./flags.ts";
import type { Command, Io, Usage } from "./command.ts";
import { Project } from "../author/session/project.ts";
import { defineCommand } from "./define-command.ts";
import { EXIT } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import { shown } from "../author/files.ts";
import { InputError } from "../author/input-error.ts";
import { isScenarioFile, isScript, listFiles } from "../author/scenarios/files.ts";
import { runAll, tally } from "../author/scenarios/run-all.ts";
import type { FileResult } from "../author/scenarios/run-all.ts";
import { renderCoverage } from "./coverage-report.ts";
import { fault } from "./fault.ts";
import { asInputError, inspectFlags } from "./inspect.ts";
import { type TestDebug, keepCoverage, noteOthers, readPaths, readTestDebug } from "./test-debug.ts";
import { jsonReport, junitReport, renderFile, renderTally } from "./test-report.ts";
import { isBuildServer, terminalOf } from "./terminal.ts";
import { visibleJson } from "../author/text.ts";
import { writeFileWhole } from "../author/write.ts";

const USAGE = {
  synopsis: "test [PATH ...] [flags]",
  description:
    "Runs the given scenario files, those of the given actions, and all below the given folders (by default the working folder), many at once, in the sandbox and by the rules of production. Nothing is delivered to anybody and nothing reaches the network.",
  flags: [
    { name: "update", description: "take the outcomes for right: rewrite the snapshots" },
    { name: "ci", description: "write no snapshots, as where CI is set; one that is missing is a failure" },
    { name: "watch", description: "run again on every save, until an interrupt or q" },
    { name: "filter", value: "TEXT", description: "run only scenarios with this in their name or path" },
    { name: "junit", value: "FILE", description: "write the results as JUnit XML as well" },
    {
      name: "coverage",
      optionalValue: "FILE",
      description: "show which lines and branches of the actions ran, and write coverage/lcov.info",
    },
    ...inspectFlags("run scenarios under a debugger, which it waits for on this port of loopback (9229)"),
    { name: "json", description: "print the results as one line of JSON" },
    { name: "help", description: "show this text" },
  ],
  examples: [
    "baton test",
    "baton test actions/fraud-review.ts",
    "baton test actions/fraud-review.scenario.json --update",
    "baton test --ci --junit results.xml",
    "baton test --coverage",
    'baton test --inspect "asks for a refund"',
    "baton test --json | jq '.scenarios[] | select(.ok | not)'",
  ],
} as const satisfies Usage;

export const testCommand: Command = defineCommand(USAGE, test, (error, io, json) =>
  fault(asInputError(error), io, json),
);

async function test(given: Arguments, io: Io, json: boolean): Promise<ExitStatus> {
  const { values, switches } = given;
  const { paths, filter } = readPaths(given);
  await using debugging = await readTestDebug(given, io);
  if (switches.has("watch")) return watchTests(given, io, json);
  const files = findScenarios(paths);
  const junit = values.get("junit");
  if (junit !== undefined) await requireReport(resolve(junit));
  const terminal = terminalOf(io.stdout);
  const start = performance.now();
  const results = await runFiles(files, debugging, {
    ...snapshotMode(switches),
    ...(filter !== undefined && { filter }),
    signal: io.interrupted,
    ...(!json && { onFile: (result: FileResult) => show(result, io) }),
  });
  if (filter !== undefined && tally(results).passed + tally(results).failed === 0 && tally(results).problems === 0) {
    throw new InputError("SCENARIO_MISSING", `No scenario has ${filter} in its name or path.`);
  }
  const coverage = debugging === null ? null : await keepCoverage(debugging);
  if (debugging !== null) await noteOthers(results, coverage === null ? "inspect" : "coverage", io);
  if (!json) io.stdout.write(`\n${renderTally(results, performance.now() - start, terminal)}\n`);
  if (!json && coverage !== null) io.stdout.write(`\n${renderCoverage(coverage, terminal, process.cwd())}\n`);
  // With --json a report that cannot be written is the one object that is printed.
  if (junit !== undefined) await writeFileWhole(resolve(junit), junitReport(results));
  if (json)
    io.stdout.write(`${visibleJson(JSON.stringify({ ...jsonReport(results), ...(coverage && { coverage }) }))}\n`);
  return exitOf(results);
}

async function watchTests({ positionals, values, switches }: Arguments, io: Io, json: boolean): Promise<ExitStatus> {
  if (json || values.has("junit"))
    throw new InputError("BAD_FLAG", "--watch shows results to people: leave --json and --junit out.");
  const [{ watchScenarios }, mode] = [await import("./test-watch.ts"), snapshotMode(switches)];
  const paths = positionals.length === 0 ? ["."] : positionals;
  const filter = values.get("filter");
  return watchScenarios(
    paths.map((path) => resolve(path)),
    () => findScenarios(paths),
    { ...mode, ...(filter !== undefined && { filter }) },
    io,
  );
}

/** On a build server nothing is looked at by a person, so nothing is taken for right there. */
function snapshotMode(switches: ReadonlySet<string>): { readonly update: boolean; readonly ci: boolean } {
  const update = switches.has("update");
  const ci = switches.has("ci") || isBuildServer();
  if (!update || !ci) return { update, ci };
  const why = switches.has("ci") ? "--ci" : "the variable CI";
  const advice = switches.has("ci")
    ? "leave one of the two out"
    : "run it where the outcomes can be looked at, and commit the file";
  throw new InputError("BAD_FLAG", `--update writes snapshots, and ${why} says that none are written: ${advice}.`);
}

/** A report takes the place of a report, never of another file or of a device. */
async function requireReport(path: string): Promise<void> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    if (existsSync(dirname(path))) return;
    const sentence = `cannot be written: there is no folder ${shown(dirname(path))}.`;
    throw new InputError("FILE_UNWRITABLE", `${shown(path)} ${sentence}`);
  }
  const isReport = stats.isFile() && (stats.size === 0 || (await beginning(path)) === XML);
  if (isReport) return;
  throw new InputError("FILE_UNWRITABLE", `${shown(path)} is there already and is no report: name another file.`);
}

const XML = "<?xml";

async function beginning(path: string): Promise<string> {
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(XML.length), 0, XML.length, 0);
  return buffer.toString("latin1");
}

function show(result: FileResult, io: Io): void {
  if (result.type === "ran" && result.verdicts.length === 0) return;
  io.stdout.write(`${renderFile(result, terminalOf(io.stdout))}\n`);
}

async function runFiles(
  files: readonly string[],
  debugging: TestDebug | null,
  options: Parameters<typeof runAll>[2],
): Promise<FileResult[]> {
  const { ScenarioRunner } = await import("../author/scenarios/runner.ts");
  await using runner = new ScenarioRunner({ createRuntime: debugging?.debug.createRuntime });
  return await runAll(runner, files, options);
}

function exitOf(results: readonly FileResult[]): ExitStatus {
  const { failed, problems } = tally(results);
  if (problems > 0) return EXIT.invalid;
  return failed > 0 ? EXIT.failed : EXIT.ok;
}

function findScenarios(paths: readonly string[]): string[] {
  const files = new Set<string>();
  for (const given of paths) {
    const path = resolve(given);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) throw new InputError("FILE_UNREADABLE", `There is no file or folder ${shown(path)}.`);
    if (stats.isDirectory()) {
      for (const file of listFiles(path)) if (isScenarioFile(file)) files.add(file);
    } else if (isScenarioFile(path)) {
      files.add(path);
    } else {
      for (const file of scenariosOfAction(path)) files.add(file);
    }
  }
  if (files.size > 0) return [...files].sort();
  throw new InputError(
    "SCENARIO_MISSING",
    `There is no scenario below ${paths.map((path) => shown(resolve(path))).join(", ")}: put a NAME.scenario.json beside the action NAME.ts.`,
  );
}

/** The scenario files in an action's folder that are its own. */
function scenariosOfAction(path: string): readonly string[] {
  const name = shown(path);
  if (!isScript(path)) {
    const sentence = "is neither an action nor a scenario, whose name ends in .scenario.json, .yaml or .ts.";
    throw new InputError("SCENARIO_MISSING", `${name} ${sentence}`);
  }
  const around = listFiles(dirname(path));
  const files = new Project(() => around, { folder: dirname(path), only: path }).scenarioFiles(path);
  if (files.length > 0) return files;
  const own = basename(path).replace(/\.\w+$/, ".scenario.json");
  throw new InputError("SCENARIO_MISSING", `${name} has no scenario beside it: put a ${own} there.`);
}
