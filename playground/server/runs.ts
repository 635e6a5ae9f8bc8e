/** The runs of a session, the newest last, so many of them: what the list shows, and all of each. */
import type { Failure } from "../../author/scenarios/failure.ts";
import { stableOutcome } from "../../author/scenarios/compare.ts";
import { difference, type DifferenceLine } from "../../author/scenarios/difference.ts";
import type { Step } from "../../author/scenarios/steps.ts";
import { cellWord } from "../../author/matrix/cells.ts";
import type { Json, Outcome } from "../../runtime/index.ts";
import type { ReplayView, RunOrigin, RunSummary } from "../events.ts";

const MOST = 2_000;

export interface RunInput {
  readonly action: string;
  readonly scenario: string | null;
  readonly origin: RunOrigin;
  readonly outcome: Outcome;
  readonly ok: boolean;
  readonly failures: readonly Failure[];
  readonly steps: readonly Step[];
  /** What the action was given, where the page knows it. */
  readonly context: Json;
  /** The run that it was made of. */
  readonly of?: number | undefined;
  /** Of a replay. */
  readonly replayed?: ReplayView | undefined;
}

export interface KeptRun extends RunInput {
  readonly summary: RunSummary;
  /** Scenario files that were made of it. */
  readonly saved: string[];
}

export class Runs {
  readonly #runs = new Map<number, KeptRun>();
  #last = 0;

  add(run: RunInput): RunSummary {
    const { action, scenario, origin, outcome, ok, of = null } = run;
    const summary: RunSummary = {
      id: (this.#last += 1),
      ...{ action, scenario, origin, ok, of },
      at: new Date().toISOString(),
      status: outcome.status,
      word: cellWord({ outcome, alreadyHandedOff: isSilent(outcome) }),
      wallMs: outcome.usage.wallMs,
    };
    this.#runs.set(summary.id, { ...run, summary, saved: [] });
    if (this.#runs.size > MOST) this.#runs.delete(this.#runs.keys().next().value!);
    return summary;
  }

  get summaries(): RunSummary[] {
    return [...this.#runs.values()].map(({ summary }) => summary);
  }

  /** The runs that were made of one. */
  madeOf(id: number): RunSummary[] {
    return this.summaries.filter(({ of }) => of === id);
  }

  find(id: number): KeptRun | null {
    return this.#runs.get(id) ?? null;
  }

  byExecution(executionId: string): KeptRun | null {
    // A replay has the id of what it replays.
    const isIt = ({ outcome, origin }: KeptRun): boolean => origin !== "replay" && outcome.executionId === executionId;
    return [...this.#runs.values()].findLast(isIt) ?? null;
  }

  /** What of two outcomes is not the same, without ids and measures. */
  compare(left: KeptRun, right: KeptRun): DifferenceLine[] {
    return difference(stableOutcome(left.outcome), stableOutcome(right.outcome));
  }
}

/** A bot that was silent before the run and is silent after it. */
const isSilent = ({ bot, handoff }: Outcome): boolean => handoff === null && !bot.mayReplyNow;
