/**
 * Parts of the page's server: what the answers of the page's server share: the session with its folder, its simulated conversations, the runs so far,
 * and the open pages.
 */
import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { DevEvent, RunEvent } from "../../author/session/events.ts";
import { isBelow } from "../../author/session/project.ts";
import type { Session } from "../../author/session/session.ts";
import type { Simulator } from "../../author/simulator/simulator.ts";
import type { ScenarioRun, ScenarioRunner } from "../../author/scenarios/runner.ts";
import type { FileCoverage, PageEvent, ProjectView, RunSummary } from "../events.ts";
import type { EventStream } from "./event-stream.ts";
import { badRequest } from "./bad-request.ts";
import type { RunInput, Runs } from "./runs.ts";

export interface Parts {
  readonly session: Session;
  /** The folder that paths are seen from. */
  readonly folder: string;
  /** The folder in which files may be read and written. */
  readonly root: string;
  readonly live: boolean;
  readonly simulator: Simulator;
  readonly runs: Runs;
  readonly stream: EventStream<PageEvent>;
  /** Absent where nothing can be measured. */
  readonly measure?: Measure | undefined;
}

/** Runs `work` with a runner whose runs are measured, and says what they covered. Files by their paths. */
export type Measure = (work: (runner: ScenarioRunner) => Promise<void>) => Promise<readonly FileCoverage[]>;

const CONTEXT = /(?:^|[\\/])(?:context\.json|[^\\/]+\.context\.json|contexts[\\/][^\\/]+\.json)$/;

export function projectView({ session, folder, root, live, measure }: Parts): ProjectView {
  const seen = (path: string): string => seenFrom(folder, path);
  return {
    folder: basename(folder),
    root: folder,
    live,
    measures: measure !== undefined,
    actions: session.actions
      .map((action) => ({ path: seen(action), scenarios: session.scenarioFiles(action).map(seen) }))
      .toSorted((left, right) => (left.path < right.path ? -1 : 1)),
    contexts: session.files.filter((file) => isBelow(root, file) && CONTEXT.test(file)).map(seen),
  };
}

export function seenFrom(folder: string, path: string): string {
  return relative(folder, path).split(sep).join("/");
}

/** A file of the project by its path as the page shows it. */
export function fileIn({ folder, root }: Pick<Parts, "folder" | "root">, path: string): string {
  const file = resolve(folder, path);
  if (path.includes("\0") || !isBelow(root, file) || !isBelow(realPath(root), realPath(file)))
    throw badRequest(`${path} does not lie in the project.`);
  return file;
}

/** Where it really lies, or would: a link in the project may lead out of it. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(realPath(above), basename(path));
  }
}

export function actionOf(parts: Parts, path: string): string {
  const file = fileIn(parts, path);
  if (!parts.session.actions.includes(file)) throw badRequest(`There is no action ${path}.`);
  return file;
}

/** A context file, there or to be made; nothing else is read or written by its name. */
export function contextFile(parts: Parts, path: string): string {
  const file = fileIn(parts, path);
  if (!CONTEXT.test(file))
    throw badRequest("A context is called context.json, NAME.context.json or contexts/NAME.json.");
  if (existsSync(file) && !statSync(file).isFile()) throw badRequest(`${path} is no file.`);
  return file;
}

/** Keeps a run and sends it to every open page. */
export function keepRun(
  { runs, stream }: Pick<Parts, "runs" | "stream">,
  run: RunInput,
  sinceSaveMs: number,
): RunSummary {
  const summary = runs.add(run);
  const { action, scenario, outcome, ok, failures, steps } = run;
  stream.send({ event: "run", action, scenario, outcome, ok, failures, steps, sinceSaveMs, run: summary });
  return summary;
}

/** An event of the session, for the open pages. */
export function passOn(parts: Parts, event: DevEvent): void {
  if (event.event !== "run") {
    parts.stream.send(event);
    // A save may have brought or taken files.
    if (event.event === "started" || event.event === "ready")
      parts.stream.send({ event: "project", project: projectView(parts) });
    return;
  }
  const { action, scenario, outcome, ok, failures, steps, sinceSaveMs }: RunEvent = event;
  keepRun(parts, { action, scenario, origin: "save", outcome, ok, failures, steps, context: null }, sinceSaveMs);
}

/** Runs an action for the page and keeps what came. */
export async function runForPage(
  parts: Parts,
  run: ScenarioRun,
  { origin, of }: Pick<RunInput, "origin" | "of"> = { origin: "page" },
): Promise<{ readonly run: RunSummary; readonly unanswered: readonly string[] }> {
  const start = performance.now();
  const { outcome, steps, unanswered } = await parts.session.runner.run(run);
  const failures = unanswered.map((request) => ({
    path: "http",
    message: `the action asked for ${request}, and no answer is given for it`,
  }));
  const kept = {
    action: seenFrom(parts.folder, run.action),
    ...{ scenario: null, origin, of, outcome, steps, failures, context: run.context },
    ok: failures.length === 0 && outcome.status === "returned",
  };
  return { run: keepRun(parts, kept, Math.round(performance.now() - start)), unanswered };
}
