/**
 * `baton-runtime/testing`: the scenarios of `baton test`, inside another test runner. `testScenarios` makes a test of each,
 * `runScenario` gives the outcome of one to hold against whatever the test likes.
 */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { fn, readOptions, text } from "../base/options.ts";
import { plainFailure } from "./scenarios/failure.ts";
import { isScenarioFile, listFiles } from "./scenarios/files.ts";
import { loadScenarios } from "./scenarios/load.ts";
import type { LoadedScenario } from "./scenarios/load.ts";
import { ScenarioRunner } from "./scenarios/runner.ts";
import { readSnapshots } from "./scenarios/snapshot.ts";
import { judge } from "./scenarios/verdict.ts";
import type { Verdict } from "./scenarios/verdict.ts";

export type { Outcome } from "../runtime/outcome.ts";
export type { Failure } from "./scenarios/failure.ts";
export type { LoadedScenario } from "./scenarios/load.ts";
export type { SentRequest } from "./scenarios/requests.ts";
export type { CannedAnswer, ExpectedRequest, Expectation, MatcherInput, Scenario } from "./scenarios/scenario.ts";
export type { Verdict } from "./scenarios/verdict.ts";

/** The functions of a test runner; those of jest, vitest and node:test fit. */
export interface TestFunctions {
  readonly test: (name: string, body: () => Promise<void>) => unknown;
  readonly afterAll: (body: () => Promise<void>) => unknown;
}

const PAGE = "docs/scenarios.md";
const PLACE = "a file or a folder that is there, as a path or a file: URL";
const isThere = (path: string | URL): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;
const isFile = (url: unknown): url is URL => url instanceof URL && url.protocol === "file:";
const place = z.custom<string | URL>(
  (path) => ((typeof path === "string" && path !== "") || isFile(path)) && isThere(path),
  PLACE,
);
const loaded = z.looseObject({ file: text("the scenario's file"), action: text("the action's file") });
const functionsOfRunner = z.strictObject({
  test: fn<TestFunctions["test"]>().optional(),
  afterAll: fn<TestFunctions["afterAll"]>().optional(),
});

/** The scenarios of a file, or of all files below a folder. */
export async function scenariosOf(path: string | URL): Promise<LoadedScenario[]> {
  const read = readOptions(place, path, "scenariosOf", { page: PAGE });
  const given = typeof read === "string" ? resolve(read) : fileURLToPath(read);
  const files = statSync(given).isDirectory() ? listFiles(given).filter(isScenarioFile) : [given];
  return (await Promise.all(files.map(loadScenarios))).flat();
}

/** Runs scenarios in one warm runtime; to be closed in the end. */
export interface Scenarios {
  /** The outcome, and in what it is not what the scenario expects. A snapshot that is missing counts as a failure. */
  run(scenario: LoadedScenario): Promise<Verdict>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export function createScenarios(): Scenarios {
  const runner = new ScenarioRunner();
  return {
    async run(scenario) {
      readOptions(loaded, scenario, "run(scenario)", { page: PAGE });
      const snapshots = scenario.snapshot === true ? await readSnapshots(scenario.file) : new Map<string, never>();
      return judge(runner, scenario, snapshots, { update: false, ci: true, writeHint: WRITE_HINT });
    },
    close: () => runner.close(),
    [Symbol.asyncDispose]: () => runner.close(),
  };
}

const WRITE_HINT = "npx baton test writes it: run it once, look at the outcome and commit the file";

/** The outcome of one scenario, in a runtime of its own. */
export async function runScenario(scenario: LoadedScenario): Promise<Verdict> {
  await using scenarios = createScenarios();
  return await scenarios.run(scenario);
}

/**
 * Makes a test of every scenario of a file or below a folder: `await testScenarios(import.meta.dirname)`.
 * Takes the runner's global `test` and `afterAll`, unless it is given others.
 */
export async function testScenarios(path: string | URL, functions?: Partial<TestFunctions>): Promise<void> {
  const given = readOptions(functionsOfRunner, functions ?? {}, "testScenarios: the second argument", { page: PAGE });
  const all = await scenariosOf(path);
  if (all.length === 0) throw new Error(`There is no scenario below ${String(path)} (${PAGE}).`);
  const { test, afterAll } = { ...globalFunctions(), ...given };
  if (test === undefined || afterAll === undefined) {
    throw new TypeError(`There is no global test and afterAll here: pass those of the test runner (${PAGE}).`);
  }
  const scenarios = createScenarios();
  afterAll(() => scenarios.close());
  for (const scenario of all) {
    test(`${titleOf(scenario)}: ${scenario.name}`, async () => {
      const { ok, failures, outcome } = await scenarios.run(scenario);
      if (ok) return;
      const error = outcome.error === undefined ? "" : `\n\n${outcome.error.name}: ${outcome.error.message}`;
      throw new Error(`${failures.map(plainFailure).join("\n")}${error}`);
    });
  }
}

function globalFunctions(): Partial<TestFunctions> {
  const { test, afterAll, after } = globalThis as { test?: unknown; afterAll?: unknown; after?: unknown };
  return {
    ...(typeof test === "function" && { test: test as TestFunctions["test"] }),
    ...(typeof (afterAll ?? after) === "function" && { afterAll: (afterAll ?? after) as TestFunctions["afterAll"] }),
  };
}

function titleOf({ action }: LoadedScenario): string {
  return action.slice(Math.max(action.lastIndexOf("/"), action.lastIndexOf("\\")) + 1);
}
