/**
 * A session of `baton dev`: which runs a change asks for, in the one runtime of the session. A newer save ends the runs of the one
 * before it, so nothing that loops keeps an author waiting. What happens is emitted as events; nothing here prints.
 */
import { basename } from "node:path";
import type { Runtime, RuntimeOptions } from "../../runtime/index.ts";
import { RecordingShelf } from "../replay/shelf.ts";
import { isScript } from "../scenarios/files.ts";
import { ScenarioRunner } from "../scenarios/runner.ts";
import type { LiveOptions } from "../scenarios/runner.ts";
import { ActionRun } from "./action-run.ts";
import type { RunsOf } from "./action-run.ts";
import type { DevEvent } from "./events.ts";
import { Project, isBelow } from "./project.ts";
import { EventReporter } from "./event-reporter.ts";
import { TypeChecks } from "./type-checks.ts";
import { FolderWatch } from "./watch.ts";
import type { Change } from "./watch.ts";

export interface SessionOptions {
  readonly folder: string;
  /** The project's folder, in which a save counts; the folder itself where it is left out. */
  readonly root?: string;
  /** Real requests and secrets, where a scenario has no answers of its own. */
  readonly live?: LiveOptions | undefined;
  /** Only this action. */
  readonly only?: string | undefined;
  /** Show the matrix of an action after its runs. */
  readonly matrix: boolean;
  /** Keep the recordings of its runs, to be replayed, edited and saved; the clock of each then stands still within a turn. */
  readonly record?: boolean;
  /** What makes the runtimes of its runs. */
  readonly createRuntime?: ((options: RuntimeOptions) => Promise<Runtime>) | undefined;
  readonly emit: (event: DevEvent) => void;
  /** A sentence for people, no event. */
  readonly note: (sentence: string) => void;
}

/** What does not compile may be half of a save: it is reported when nothing followed for this long. */
const HALF_SAVED_MS = 40;
/** Types are checked at the start when all have run, or after this long. */
const FIRST_RUNS_MS = 600;
const KEEP_MS = 24 * 60 * 60 * 1_000;

export class Session {
  /** Empty where it does not record. */
  readonly recordings = new RecordingShelf();
  readonly #options: SessionOptions;
  readonly #reporter: EventReporter;
  readonly #runner: ScenarioRunner;
  readonly #types: TypeChecks;
  readonly #watch: FolderWatch;
  readonly #project: Project;
  /** What each action compiled to when it last ran. */
  readonly #hashes = new Map<string, string>();
  /** Actions that did not compile when they last ran. */
  readonly #broken = new Set<string>();
  readonly #working = new Map<string, ActionRun>();
  readonly #busy = new Set<Promise<void>>();
  #last: string | null = null;
  #typesAsked = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#reporter = new EventReporter(options.folder, options.emit);
    this.#runner = new ScenarioRunner({
      idleMs: KEEP_MS,
      createRuntime: options.createRuntime,
      onRecording: options.record === true ? (recording) => this.recordings.add(recording) : undefined,
      ...(options.live && { live: options.live }),
    });
    this.#watch = new FolderWatch(options.root ?? options.folder, (change) => this.#onChange(change));
    this.#project = new Project(() => this.#watch.files, options);
    this.#types = new TypeChecks(options.folder, {
      onErrors: (errors, since) => {
        // What does not parse was reported already, in better words.
        const unreported = errors.filter(({ file }) => !this.#broken.has(file));
        for (const { message, frame, file } of unreported) {
          this.#reporter.problem({ code: "TYPE_ERROR", message, frame, action: file }, since);
        }
      },
      onNames: (findings, since) => {
        for (const { code, message, frame, file } of findings) {
          if (!this.#broken.has(file)) this.#reporter.problem({ code, message, frame, action: file }, since);
        }
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
    this.#reporter.ready();
    if (first === undefined) {
      const message = `There is no action in ${basename(this.#options.folder)} yet: a file that exports execute_action(context).`;
      this.#reporter.problem({ code: "ACTION_MISSING", message }, since);
    }
    this.#runAll(actions, since);
    // The first results come first: TypeScript takes every processor that there is.
    const ran = Promise.allSettled(this.#busy);
    void Promise.race([ran, pause(FIRST_RUNS_MS)]).then(() => {
      if (!this.#typesAsked) this.#checkTypes(since);
    });
  }

  /** What runs the actions of this session, with its configuration and its processes. */
  get runner(): ScenarioRunner {
    return this.#runner;
  }

  get actions(): readonly string[] {
    return this.#project.actions;
  }

  /** Every file of the watched folder. */
  get files(): readonly string[] {
    return this.#watch.files;
  }

  scenarioFiles(action: string): readonly string[] {
    return this.#project.scenarioFiles(action);
  }

  /** Once more, as if all were saved now. */
  again(): void {
    this.#runAll(this.#project.actions, Date.now());
    this.#checkTypes(Date.now());
  }

  /** The matrix of the action that ran last. */
  showMatrix(): void {
    const action = this.#last ?? this.#project.actions[0];
    if (action !== undefined) this.#track(new ActionRun(this.#forRuns(), action, Date.now()).runMatrix());
  }

  async close(): Promise<void> {
    this.#watch.close();
    for (const run of this.#working.values()) run.abort();
    await Promise.all([this.#types.close(), this.#runner.close()]);
    await Promise.allSettled(this.#busy);
  }

  #onChange(change: Change): void {
    const { changed, removed, since } = change;
    for (const path of removed) {
      this.#hashes.delete(path);
      this.#working.get(path)?.abort();
    }
    const { certain, perhaps } = this.#project.change(change);
    this.#runAll(certain, since);
    if (perhaps.length > 0) this.#track(this.#runChanged(perhaps, since));
    if ([...changed, ...removed].some(isScript)) this.#checkTypes(since);
  }

  #checkTypes(since: number): void {
    this.#typesAsked = true;
    const { folder } = this.#options;
    this.#types.check(
      this.#watch.files.filter((file) => isScript(file) && isBelow(folder, file)),
      since,
    );
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
    if (actions.length > 0) this.#reporter.started(actions);
    for (const action of actions) {
      this.#working.get(action)?.abort();
      const run = new ActionRun(this.#forRuns(), action, since);
      this.#working.set(action, run);
      this.#track(this.#run(run, action));
    }
  }

  async #run(run: ActionRun, action: string): Promise<void> {
    this.#last = action;
    this.#broken.delete(action);
    // Before the run: what is saved during it has to differ.
    const hash = await this.#hash(action);
    if (hash === null) this.#hashes.delete(action);
    else this.#hashes.set(action, hash);
    await run.run(this.#options.matrix);
    if (this.#working.get(action) === run) this.#reporter.done(action);
  }

  #forRuns(): RunsOf {
    return {
      runner: this.#runner,
      reporter: this.#reporter,
      scenarioFiles: (action) => this.#project.scenarioFiles(action),
      rememberContexts: (action, files) => this.#project.rememberContexts(action, files),
      onBroken: (action) => this.#broken.add(action),
      restOfSave: () => this.#restOfSave(),
    };
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => {
        if (!this.#types.closed) this.#reporter.fault(error, null, Date.now());
      })
      .finally(() => this.#busy.delete(tracked));
    this.#busy.add(tracked);
  }

  async #restOfSave(): Promise<void> {
    const rest = this.#watch.lastNotice + HALF_SAVED_MS - Date.now();
    if (rest > 0) await pause(rest);
  }
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
