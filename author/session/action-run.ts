/** The runs of one action that one save asks for: with its scenarios, or else with its context or a sample. A newer save ends them. */
import type { Outcome } from "../../runtime/outcome.ts";
import { complaints } from "../scenarios/complaints.ts";
import { contextFor, loadScenarios } from "../scenarios/load.ts";
import type { ScenarioRunner } from "../scenarios/runner.ts";
import { readSnapshots } from "../scenarios/snapshot.ts";
import { judge } from "../scenarios/verdict.ts";
import type { RunEvent } from "./events.ts";
import type { EventReporter } from "./event-reporter.ts";

/** What the runs need of their session. */
export interface RunsOf {
  readonly runner: ScenarioRunner;
  readonly reporter: EventReporter;
  scenarioFiles(action: string): readonly string[];
  /** Contexts that the scenarios of an action have named. */
  rememberContexts(action: string, files: readonly string[]): void;
  /** The action could not be compiled. */
  onBroken(action: string): void;
  /** Until the rest of the save has come, if what there is may be half of one. */
  restOfSave(): Promise<void>;
}

export class ActionRun {
  readonly #session: RunsOf;
  readonly #action: string;
  readonly #since: number;
  readonly #abort = new AbortController();
  /** Problems that were reported. One mistake of the action is one problem, however many scenarios it has. */
  readonly #reported = new Set<string>();

  constructor(session: RunsOf, action: string, since: number) {
    this.#session = session;
    this.#action = action;
    this.#since = since;
  }

  abort(): void {
    this.#abort.abort();
  }

  async run(withMatrix: boolean): Promise<void> {
    const files = this.#session.scenarioFiles(this.#action);
    const ran = await Promise.all(files.map((file) => this.#runFile(file)));
    if (!ran.includes(true)) await this.#runPlain();
    if (withMatrix) await this.runMatrix();
  }

  async runMatrix(): Promise<void> {
    if (this.#isOver) return;
    const { CHANNELS, CLOSED, ENVIRONMENTS, OPEN, runMatrix } = await import("../matrix/cells.ts");
    const [file] = this.#session.scenarioFiles(this.#action);
    const [scenario] = file === undefined ? [] : await loadScenarios(file);
    const cells = await runMatrix(this.#session.runner, {
      action: this.#action,
      context: scenario?.context ?? (await contextFor(this.#action)),
      http: scenario?.http,
      seed: scenario?.seed,
      channels: CHANNELS,
      environments: ENVIRONMENTS,
      open: OPEN,
      closed: CLOSED,
      signal: this.#abort.signal,
    });
    if (this.#isOver || cells.some(({ outcome }) => outcome.status === "invalid")) return;
    this.#session.reporter.matrix(this.#action, cells, this.#since);
  }

  get #isOver(): boolean {
    return this.#abort.signal.aborted;
  }

  async #runPlain(): Promise<void> {
    await this.#orFault(async () => {
      const context = await contextFor(this.#action);
      const { runner } = this.#session;
      const { outcome, unanswered, steps } = await runner.run({ action: this.#action, context }, this.#abort.signal);
      const failures = [...unanswered.map(noAnswer), ...complaints(outcome)];
      await this.#report({ scenario: null, outcome, ok: failures.length === 0, failures, steps });
    });
  }

  /** False where no scenario of the file is the action's. */
  async #runFile(file: string): Promise<boolean> {
    const ran = await this.#orFault(async () => {
      const { runner, rememberContexts } = this.#session;
      const scenarios = (await loadScenarios(file)).filter((scenario) => scenario.action === this.#action);
      const snapshots = await readSnapshots(file);
      rememberContexts(
        this.#action,
        scenarios.flatMap(({ contextFile }) => (contextFile === null ? [] : [contextFile])),
      );
      const mode = { update: false, ci: false };
      await Promise.all(
        scenarios.map(async (scenario) => {
          const { outcome, ok, failures, steps } = await judge(runner, scenario, snapshots, mode, this.#abort.signal);
          await this.#report({ scenario: scenario.name, outcome, ok, failures, steps });
        }),
      );
      return scenarios.length > 0;
    });
    return ran ?? true;
  }

  /** A file that cannot be read is reported when the rest of the save has come and has not ended this run. */
  async #orFault<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      await this.#session.restOfSave();
      if (!this.#isOver) this.#session.reporter.fault(error, this.#action, this.#since);
      return undefined;
    }
  }

  async #report(run: Pick<RunEvent, "scenario" | "outcome" | "ok" | "failures" | "steps">): Promise<void> {
    const { scenario, outcome } = run;
    if (this.#isOver) return;
    if (outcome.status !== "invalid" || (scenario !== null && run.ok)) {
      this.#session.reporter.run({ action: this.#action, ...run }, this.#since);
      return;
    }
    const problem = problemOf(outcome);
    const key = JSON.stringify([problem.code, problem.message]);
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    await this.#session.restOfSave();
    if (this.#isOver) return;
    this.#session.onBroken(this.#action);
    this.#session.reporter.problem({ ...problem, action: this.#action, scenario }, this.#since);
  }
}

function problemOf({ error }: Outcome) {
  return { code: error?.code ?? "INVALID", message: error?.message ?? "", frame: error?.frame ?? null };
}

/** Nothing reaches the network from here. */
function noAnswer(request: string) {
  return { path: "http", message: `the action asked for ${request}: give it a scenario with an answer under http` };
}
