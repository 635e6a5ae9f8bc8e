/**
 * Events of a session of `baton dev`, as data: the terminal, `--json` and a local web page are three readers of the same events.
 */
import type { Outcome } from "../../runtime/outcome.ts";
import type { MatrixCell } from "../matrix/cells.ts";
import type { Failure } from "../scenarios/failure.ts";
import type { Step } from "../scenarios/steps.ts";

export type DevEvent = ReadyEvent | StartedEvent | RunEvent | DoneEvent | ProblemEvent | MatrixEvent;

/** The runs of these actions begin; those of an earlier save that are still going on are over. */
export interface StartedEvent {
  readonly event: "started";
  readonly actions: readonly string[];
}

/** All runs of an action that a save asked for have been reported. */
export interface DoneEvent {
  readonly event: "done";
  readonly action: string;
}

/** Changes are seen from now on. */
export interface ReadyEvent {
  readonly event: "ready";
}

export interface RunEvent {
  readonly event: "run";
  /** Path below the folder. */
  readonly action: string;
  readonly scenario: string | null;
  readonly outcome: Outcome;
  /** Milliseconds from the save, or for the first runs from the start of the command. */
  readonly sinceSaveMs: number;
  /** Whether it went as the scenario expects; true without a scenario. */
  readonly ok: boolean;
  readonly failures: readonly Failure[];
  /** What the run did and when. */
  readonly steps: readonly Step[];
}

/** What could not run, or does not type-check. */
export interface ProblemEvent {
  readonly event: "problem";
  readonly code: string;
  readonly message: string;
  readonly frame: string | null;
  readonly action: string | null;
  readonly scenario: string | null;
  readonly sinceSaveMs: number;
}

export interface MatrixEvent {
  readonly event: "matrix";
  readonly action: string;
  readonly cells: readonly MatrixCell[];
  readonly sinceSaveMs: number;
}
