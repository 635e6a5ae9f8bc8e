/** Runs all scenarios of some files, several at once, and keeps their snapshots. What cannot be read is a problem of its file alone. */
import { availableParallelism } from "node:os";
import { InputError } from "../input-error.ts";
import { loadScenarios } from "./load.ts";

import type { ScenarioRunner } from "./runner.ts";
import { readSnapshots, writeSnapshots } from "./snapshot.ts";
import type { Snapshots } from "./snapshot.ts";
import { judge } from "./verdict.ts";
import type { SnapshotMode, Verdict } from "./verdict.ts";

export interface TestOptions extends SnapshotMode {
  /** Part of a scenario's name or path. */
  readonly filter?: string;
  readonly signal?: AbortSignal;
  /** Called for each file when all of it has run. */
  readonly onFile?: (result: FileResult) => void;
}

export type FileResult =
  | {
      readonly type: "ran";
      readonly file: string;
      readonly verdicts: readonly Verdict[];
      /** Snapshots that belong to no scenario of the file any more. */
      readonly obsolete: readonly string[];
    }
  | { readonly type: "problem"; readonly file: string; readonly code: string; readonly message: string };

export async function runAll(
  runner: ScenarioRunner,
  files: readonly string[],
  options: TestOptions,
): Promise<FileResult[]> {
  const limit = createLimit(Math.max(4, availableParallelism() * 2));
  return Promise.all(
    files.map(async (file) => {
      const result = await runFile(runner, file, options, limit).catch((error: unknown) => problemOf(file, error));
      options.onFile?.(result);
      return result;
    }),
  );
}

type Limit = <T>(work: () => Promise<T>) => Promise<T>;

async function runFile(runner: ScenarioRunner, file: string, options: TestOptions, limit: Limit): Promise<FileResult> {
  const all = await limit(() => loadScenarios(file));
  const snapshots = all.some(({ snapshot }) => snapshot === true)
    ? await readSnapshots(file)
    : new Map<string, never>();
  const chosen = all.filter(({ name }) => isChosen(file, name, options.filter));
  const verdicts = await Promise.all(
    chosen.map((scenario) => limit(() => judge(runner, scenario, snapshots, options, options.signal))),
  );
  const names = new Set(all.filter(({ snapshot }) => snapshot === true).map(({ name }) => name));
  const obsolete = [...snapshots.keys()].filter((name) => !names.has(name));
  await keepSnapshots(file, snapshots, verdicts, options.update ? obsolete : []);
  return { type: "ran", file, verdicts, obsolete };
}

function isChosen(file: string, name: string, filter: string | undefined): boolean {
  return filter === undefined || name.includes(filter) || file.includes(filter);
}

async function keepSnapshots(
  file: string,
  before: Snapshots,
  verdicts: readonly Verdict[],
  removed: readonly string[],
): Promise<void> {
  const kept = new Map(before);
  for (const name of removed) kept.delete(name);
  let changed = removed.length > 0;
  for (const { scenario, snapshot, outcome } of verdicts) {
    if (snapshot?.state !== "written" && snapshot?.state !== "updated") continue;
    // An interrupted run is no outcome to compare with.
    if (outcome.status === "cancelled") continue;
    kept.set(scenario.name, snapshot.value);
    changed = true;
  }
  if (changed) await writeSnapshots(file, kept);
}

function problemOf(file: string, error: unknown): FileResult {
  if (error instanceof InputError) return { type: "problem", file, code: error.code, message: error.message };
  throw error;
}

function createLimit(most: number): Limit {
  const queue: (() => void)[] = [];
  let busy = 0;
  return async (work) => {
    if (busy >= most) await new Promise<void>((go) => queue.push(go));
    else busy += 1;
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) busy -= 1;
      else next();
    }
  };
}

export function tally(results: readonly FileResult[]) {
  const verdicts = results.flatMap((result) => (result.type === "ran" ? result.verdicts : []));
  const count = (state: string) => verdicts.filter(({ snapshot }) => snapshot?.state === state).length;
  return {
    passed: verdicts.filter(({ ok }) => ok).length,
    failed: verdicts.filter(({ ok }) => !ok).length,
    problems: results.filter(({ type }) => type === "problem").length,
    snapshots: {
      written: count("written"),
      updated: count("updated"),
      obsolete: results.reduce((sum, result) => sum + (result.type === "ran" ? result.obsolete.length : 0), 0),
    },
  };
}
