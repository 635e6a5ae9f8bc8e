/**
 * A session of `baton dev`: which runs a change asks for, in the one runtime of the session. A newer save ends the runs of the one
 * before it, so nothing that loops keeps an author waiting. What happens is told as events; nothing here prints.
 */
import { basename, relative, sep } from "node:path";
import type { Outcome } from "../../runtime/outcome.ts";
import { InputError } from "../input-error.ts";
import { isScript } from "../scenarios/files.ts";
import { contextFor, loadScenarios } from "../scenarios/load.ts";
import { ScenarioRunner } from "../scenarios/runner.ts";
import { judge } from "../scenarios/verdict.ts";
import { readSnapshots } from "../scenarios/snapshot.ts";
import type { DevEvent } from "./events.ts";
import { Project } from "./project.ts";
import { TypeChecks } from "./type-checks.ts";
import { FolderWatch } from "./watch.ts";
import type { Change } from "./watch.ts";

export interface SessionOptions {
  readonly folder: string;
  /** Only this action. */
  readonly only?: string | undefined;
  /** Show the matrix of an action after its runs. */
  readonly matrix: boolean;
  readonly emit: (event: DevEvent) => void;
  /** A sentence for people, no event. */
  readonly note: (sentence: string) => void;
}

/** What does not compile may be half of a save: it is told when nothing followed for this long. */
const HALF_SAVED_MS = 40;
const KEEP_MS = 24 * 60 * 60 * 1_000;

interface Work {
  readonly abort: AbortController;
  readonly since: number;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #runner = new ScenarioRunner({ idleMs: KEEP_MS });
  readonly #types: TypeChecks;
  readonly #watch: FolderWatch;
  readonly #project: Project;
  /** What each action compiled to when it last ran. */
  readonly #hashes = new Map<string, string>();
  /** Actions that did not compile when they last ran. */
  readonly #broken = new Set<string>();
  readonly #working = new Map<string, Work>();
  #busy = new Set<Promise<void>>();
  #last: string | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#watch = new FolderWatch(options.folder, (change) => this.#onChange(change));
    this.#project = new Project(() => this.#watch.files, options.only);
    this.#types = new TypeChecks(options.folder, {
      onErrors: (errors, since) => {
        // What does not parse was told already, in better words.
        const told = errors.filter(({ file }) => !this.#broken.has(file));
        for (const error of told) this.#problem("TYPE_ERROR", error.message, error.frame, error.file, null, since);
      },
      onNote: options.note,
    });
  }

  /** Runs everything once. `since` is when the command began, by `Date.now()`. */
  start(since: number): void {
    this.#project.read();
    const { actions } = this.#project;
    const [first] = actions;
    // Its processes start while the rest is looked at.
    if (first !== undefined) void this.#runner.warm(first).catch(() => undefined);
    this.#options.emit({ event: "ready" });
    if (first === undefined) {
      this.#problem(
        "ACTION_MISSING",
        `There is no action in ${basename(this.#options.folder)} yet: a file that exports execute_action(context).`,
        null,
        null,
        null,
        since,
      );
    }
    this.#runAll(actions, since);
    this.#checkTypes(since);
  }

  /** Once more, as if all were saved now. */
  again(): void {
    this.#runAll(this.#project.actions, Date.now());
    this.#checkTypes(Date.now());
  }

  /** The matrix of the action that ran last. */
  showMatrix(): void {
    const action = this.#last ?? this.#project.actions[0];
    if (action !== undefined) this.#track(this.#runMatrix(action, { abort: new AbortController(), since: Date.now() }));
  }

  async close(): Promise<void> {
    this.#watch.close();
    for (const { abort } of this.#working.values()) abort.abort();
    await Promise.all([this.#types.close(), this.#runner.close()]);
    await Promise.allSettled(this.#busy);
  }

  #onChange(change: Change): void {
    const { changed, removed, since } = change;
    for (const path of removed) {
      this.#hashes.delete(path);
      this.#working.get(path)?.abort.abort();
    }
    const { certain, perhaps } = this.#project.change(change);
    this.#runAll(certain, since);
    if (perhaps.length > 0) this.#track(this.#runChanged(perhaps, since));
    if ([...changed, ...removed].some(isScript)) this.#checkTypes(since);
  }

  #checkTypes(since: number): void {
    this.#types.check(this.#watch.files.filter(isScript), since);
  }

  /** Runs those of the actions that import something which has changed. */
  async #runChanged(actions: readonly string[], since: number): Promise<void> {
    const affected: string[] = [];
    for (const action of actions) {
      const hash = await this.#hash(action);
      const hasScript = this.#project.scenarioFiles(action).some((path) => !/\.(?:json|ya?ml)$/.test(path));
      if (hash === null || hash !== this.#hashes.get(action) || hasScript) affected.push(action);
    }
    this.#runAll(affected, since);
  }

  /** Null if it does not compile. */
  async #hash(action: string): Promise<string | null> {
    try {
      const { hash, diagnostics } = await this.#runner.compile(action);
      return diagnostics.some(({ severity }) => severity === "error") ? null : hash;
    } catch {
      return null;
    }
  }

  #runAll(actions: readonly string[], since: number): void {
    for (const action of actions) {
      this.#working.get(action)?.abort.abort();
      const work = { abort: new AbortController(), since };
      this.#working.set(action, work);
      this.#track(this.#runAction(action, work));
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => {
        if (this.#watchIsOpen) this.#fault(error, null, Date.now());
      })
      .finally(() => this.#busy.delete(tracked));
    this.#busy.add(tracked);
  }

  get #watchIsOpen(): boolean {
    return !this.#types.closed;
  }

  async #runAction(action: string, work: Work): Promise<void> {
    this.#last = action;
    this.#broken.delete(action);
    const files = this.#project.scenarioFiles(action);
    const told = new Set<string>();
    // Before the run: what is saved during it has to differ.
    const hash = await this.#hash(action);
    if (hash === null) this.#hashes.delete(action);
    else this.#hashes.set(action, hash);
    const ran = await Promise.all(files.map((file) => this.#runFile(action, file, work, told)));
    if (!ran.includes(true)) await this.#runPlain(action, work, told);
    if (this.#options.matrix && !work.abort.signal.aborted) await this.#runMatrix(action, work);
  }

  async #runPlain(action: string, work: Work, told: Set<string>): Promise<void> {
    try {
      const context = await contextFor(action);
      const { outcome, unanswered } = await this.#runner.run({ action, context }, work.abort.signal);
      const failures = unanswered.map(noAnswer);
      await this.#tell({ action, scenario: null, outcome, ok: failures.length === 0, failures }, work, told);
    } catch (error) {
      await this.#restOfSave();
      if (!work.abort.signal.aborted) this.#fault(error, action, work.since);
    }
  }

  /** False where no scenario of the file is the action's. */
  async #runFile(action: string, file: string, work: Work, told: Set<string>): Promise<boolean> {
    try {
      const scenarios = (await loadScenarios(file)).filter((scenario) => scenario.action === action);
      const snapshots = await readSnapshots(file);
      const contexts = scenarios.flatMap(({ contextFile }) => (contextFile === null ? [] : [contextFile]));
      this.#project.rememberContexts(action, contexts);
      await Promise.all(
        scenarios.map(async (scenario) => {
          const verdict = await judge(
            this.#runner,
            scenario,
            snapshots,
            { update: false, ci: false },
            work.abort.signal,
          );
          const { outcome, ok, failures } = verdict;
          await this.#tell({ action: scenario.action, scenario: scenario.name, outcome, ok, failures }, work, told);
        }),
      );
      return scenarios.length > 0;
    } catch (error) {
      await this.#restOfSave();
      if (!work.abort.signal.aborted) this.#fault(error, action, work.since);
      return true;
    }
  }

  async #tell(
    run: { action: string; scenario: string | null; outcome: Outcome; ok: boolean; failures: RunFailures },
    work: Work,
    told: Set<string>,
  ): Promise<void> {
    const { action, scenario, outcome } = run;
    const { signal } = work.abort;
    if (signal.aborted) return;
    if (outcome.status !== "invalid" || (scenario !== null && run.ok)) {
      this.#options.emit({ event: "run", ...run, action: this.#shown(action), sinceSaveMs: elapsed(work.since) });
      return;
    }
    const { code = "INVALID", message = "", frame = null } = outcome.error ?? {};
    // One mistake of the action is one problem, however many scenarios it has.
    const key = JSON.stringify([code, message]);
    if (told.has(key)) return;
    told.add(key);
    await this.#restOfSave();
    if (signal.aborted) return;
    this.#broken.add(action);
    this.#problem(code, message, frame, action, scenario, work.since);
  }

  async #restOfSave(): Promise<void> {
    const rest = this.#watch.lastNotice + HALF_SAVED_MS - Date.now();
    if (rest > 0) await pause(rest);
  }

  async #runMatrix(action: string, work: Work): Promise<void> {
    const { CHANNELS, CLOSED, ENVIRONMENTS, OPEN, runMatrix } = await import("../matrix/cells.ts");
    const [file] = this.#project.scenarioFiles(action);
    const [scenario] = file === undefined ? [] : await loadScenarios(file);
    const cells = await runMatrix(this.#runner, {
      action,
      context: scenario?.context ?? (await contextFor(action)),
      http: scenario?.http,
      seed: scenario?.seed,
      channels: CHANNELS,
      environments: ENVIRONMENTS,
      open: OPEN,
      closed: CLOSED,
      signal: work.abort.signal,
    });
    if (work.abort.signal.aborted || cells.some(({ outcome }) => outcome.status === "invalid")) return;
    this.#options.emit({ event: "matrix", action: this.#shown(action), cells, sinceSaveMs: elapsed(work.since) });
  }

  #fault(error: unknown, action: string | null, since: number): void {
    const { code } = error as { readonly code?: unknown };
    const told = typeof code === "string" ? code : "HOST_FAULT";
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof InputError || told !== "RUNTIME_CLOSED")
      this.#problem(told, message, null, action, null, since);
  }

  #problem(
    code: string,
    message: string,
    frame: string | null,
    action: string | null,
    scenario: string | null,
    since: number,
  ): void {
    const shown = action === null ? null : this.#shown(action);
    this.#options.emit({
      event: "problem",
      code,
      message,
      frame,
      action: shown,
      scenario,
      sinceSaveMs: elapsed(since),
    });
  }

  #shown(path: string): string {
    return relative(this.#options.folder, path).split(sep).join("/");
  }
}

/** Nothing reaches the network from here. */
function noAnswer(request: string) {
  return { path: "http", message: `the action asked for ${request}: give it a scenario with an answer under http` };
}

type RunFailures = Awaited<ReturnType<typeof judge>>["failures"];

function elapsed(since: number): number {
  return Math.round(Math.max(0, Date.now() - since) * 10) / 10;
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
