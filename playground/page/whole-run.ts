/** One run as the page's server gives it, whole. */
import type { Failure } from "../../author/scenarios/failure.ts";
import type { Step } from "../../author/scenarios/steps.ts";
import type { Outcome } from "../../runtime/outcome.ts";
import type { ReplayView, RunSummary } from "../events.ts";

export interface WholeRun {
  readonly summary: RunSummary;
  readonly action: string;
  readonly scenario: string | null;
  readonly outcome: Outcome;
  readonly failures: readonly Failure[];
  readonly steps: readonly Step[];
  readonly context: unknown;
  readonly replayed?: ReplayView;
  /** Whether it can be replayed, edited and saved. */
  readonly isRecorded: boolean;
  readonly saved: readonly string[];
  readonly madeOf: readonly RunSummary[];
}
