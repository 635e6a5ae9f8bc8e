/** `baton test` with the debug engine: under a debugger, and with what ran of the author's files. */
import { existsSync, statSync } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { shown } from "../author/files.ts";
import { InputError } from "../author/input-error.ts";
import type { FileResult } from "../author/scenarios/run-all.ts";
import { visibleLine } from "../author/text.ts";
import { writeFileWhole } from "../author/write.ts";
import type { CoveredFile, Debugger } from "../debug/index.ts";
import type { Io } from "./command.ts";
import { lcovOf } from "./coverage-report.ts";
import type { Arguments } from "./flags.ts";
import { openDebugger, readInspect } from "./inspect.ts";

const DEFAULT_LCOV = "coverage/lcov.info";
/** What a file of this form begins with. */
const LCOV = ["TN:", "SF:"];

export interface TestDebug extends AsyncDisposable {
  readonly debug: Debugger;
  /** Where the coverage goes; null where it is not measured. */
  readonly lcov: string | null;
}

/** What to test: operands that are there are paths, and under a debugger one that is not is a scenario's name. */
export function readPaths({ positionals, switches, values }: Arguments): {
  paths: readonly string[];
  filter: string | undefined;
} {
  const filter = values.get("filter");
  const isInspected = switches.has("inspect") || switches.has("inspect-brk");
  const names = isInspected ? positionals.filter((each) => !existsSync(resolve(each))) : [];
  const paths = positionals.filter((each) => !names.includes(each));
  if (names.length > 1 || (names.length > 0 && filter !== undefined))
    throw new InputError("BAD_FLAG", `One name at most says which scenarios to run; ${visibleLine(names[0]!)} is one.`);
  return { paths: paths.length === 0 ? ["."] : paths, filter: filter ?? names[0] };
}

/** Null where neither a debugger nor coverage is asked for. */
export async function readTestDebug(given: Arguments, io: Io): Promise<TestDebug | null> {
  const inspect = readInspect(given, io, { wait: true });
  const isMeasured = given.switches.has("coverage");
  if (inspect === null && !isMeasured) return null;
  if (given.switches.has("watch"))
    throw new InputError("BAD_FLAG", "--watch goes on and on: leave --inspect and --coverage to a run of their own.");
  if (inspect !== null && isMeasured)
    throw new InputError("BAD_FLAG", "--inspect and --coverage are for a run each: leave one of the two out.");
  const lcov = isMeasured ? resolve(given.values.get("coverage") ?? DEFAULT_LCOV) : null;
  if (lcov !== null) await requireLcov(lcov, given.values.has("coverage"));
  const debug = inspect === null ? await measured() : await openDebugger(inspect);
  return { debug, lcov, [Symbol.asyncDispose]: () => debug.close() };
}

async function measured(): Promise<Debugger> {
  const { createDebugger } = await import("../debug/index.ts");
  return createDebugger({ coverage: true });
}

/** Coverage takes the place of coverage, never of another file. */
async function requireLcov(path: string, isNamed: boolean): Promise<void> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    if (!isNamed || existsSync(dirname(path))) return;
    throw new InputError(
      "FILE_UNWRITABLE",
      `${shown(path)} cannot be written: there is no folder ${shown(dirname(path))}.`,
    );
  }
  if (stats.isFile() && (stats.size === 0 || LCOV.includes(await beginning(path)))) return;
  throw new InputError("FILE_UNWRITABLE", `${shown(path)} is there already and is no coverage: name another file.`);
}

async function beginning(path: string): Promise<string> {
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(3), 0, 3, 0);
  return buffer.toString("latin1");
}

/** What was covered, once all have run. */
export async function keepCoverage({ debug, lcov }: TestDebug): Promise<CoveredFile[] | null> {
  if (lcov === null) return null;
  const files = await debug.takeCoverage();
  await mkdir(dirname(lcov), { recursive: true });
  await writeFileWhole(lcov, lcovOf(files, process.cwd()));
  return files;
}

/** The one sentence for actions that V8 does not play by itself. They ran as always. */
export async function noteOthers(results: readonly FileResult[], flag: string, io: Pick<Io, "stderr">): Promise<void> {
  const { isDebuggable } = await import("../debug/index.ts");
  const actions = results
    .flatMap((result) => (result.type === "ran" ? result.verdicts : []))
    .map(({ scenario }) => scenario.action);
  const others = [...new Set(actions)].filter((action) => !isDebuggable(action)).map(shown);
  if (others.length === 0) return;
  io.stderr.write(
    `note: --${flag} is for actions in TypeScript and JavaScript; ${others.join(", ")} ran without it.\n`,
  );
}
