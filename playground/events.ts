/** Events of an open page: those of the session as the terminal has them, and what only a page shows. */
import type { DevEvent, RunEvent } from "../author/session/events.ts";
import type { CannedAnswer } from "../author/scenarios/scenario.ts";
import type { ConversationView } from "../author/simulator/history.ts";
import type { Difference, Divergence, Environment, Json } from "../runtime/index.ts";

export type PageEvent =
  | Exclude<DevEvent, RunEvent>
  | (RunEvent & { readonly run: RunSummary })
  | { readonly event: "hello"; readonly project: ProjectView }
  | { readonly event: "project"; readonly project: ProjectView }
  | { readonly event: "conversation"; readonly conversation: ConversationView };

export type RunOrigin = "save" | "page" | "simulator" | "edit" | "replay";

export interface RunSummary {
  readonly id: number;
  readonly action: string;
  readonly scenario: string | null;
  readonly origin: RunOrigin;
  /** The run that it was made of, edited or replayed. */
  readonly of: number | null;
  /** ISO 8601. */
  readonly at: string;
  readonly status: string;
  /** The outcome in a word or two. */
  readonly word: string;
  readonly ok: boolean;
  readonly wallMs: number;
}

/** What a replay came to beside the run that was recorded. */
export interface ReplayView {
  readonly mode: "exact" | "decisions" | "changed";
  readonly equal: boolean;
  readonly divergence: Divergence | null;
  readonly differences: readonly Difference[];
  readonly unanswered: readonly string[];
}

/** All that a run was given, as far as it can be edited. */
export interface RunInputs {
  readonly context: Json;
  readonly environment: Environment;
  /** ISO 8601: the set clock, or when it began. */
  readonly now: string;
  readonly seed: string | null;
  readonly handedOff: boolean;
  /** The answers that it got from the network. */
  readonly http: readonly CannedAnswer[];
}

export interface SavedScenario {
  readonly file: string;
  readonly result: ScenarioResult;
  /** Where the scenario's own clock and randomness have come to something else than the run. */
  readonly notes: readonly string[];
}

/** What running a scenario file came to. */
export interface ScenarioResult {
  readonly ok: boolean;
  readonly passed: number;
  readonly failed: number;
  readonly failures: readonly { readonly scenario: string | null; readonly path: string; readonly message: string }[];
}

/** What ran of one file of the author's, as the debugger measured it. */
export interface FileCoverage {
  readonly file: string;
  readonly lines: readonly { readonly line: number; readonly hits: number }[];
  /** By the line in which each begins; a hit for every way that it can take. */
  readonly branches: readonly { readonly line: number; readonly hits: readonly number[] }[];
  readonly summary: Readonly<Record<"lines" | "branches" | "functions", Share>>;
}

export interface Share {
  readonly covered: number;
  readonly total: number;
}

export interface ProjectView {
  readonly folder: string;
  readonly live: boolean;
  /** Whether the page can measure what the scenarios cover. */
  readonly measures: boolean;
  readonly actions: readonly ActionView[];
  /** Paths of contexts, as seen from the folder. */
  readonly contexts: readonly string[];
  /** Where the folder lies, for links that open an editor. */
  readonly root: string;
}

export interface ActionView {
  readonly path: string;
  readonly scenarios: readonly string[];
}
