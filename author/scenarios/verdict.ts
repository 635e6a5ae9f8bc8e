/** Runs one loaded scenario and says whether it went as expected: by its expectation, by its snapshot, and by the requests it made. */
import type { Outcome } from "../../runtime/outcome.ts";
import type { Json } from "../../sandbox/index.ts";
import { compare, stableOutcome } from "./compare.ts";
import type { Failure } from "./failure.ts";
import { complaints } from "./complaints.ts";
import { isSame } from "./difference.ts";
import type { LoadedScenario } from "./load.ts";
import type { ScenarioRunner } from "./runner.ts";
import type { SentRequest } from "./requests.ts";
import type { Snapshots } from "./snapshot.ts";
import type { Step } from "./steps.ts";

export interface Verdict {
  readonly scenario: LoadedScenario;
  readonly outcome: Outcome;
  readonly ok: boolean;
  readonly failures: readonly Failure[];
  readonly durationMs: number;
  /** Every request that was to be sent, in order. */
  readonly requests: readonly SentRequest[];
  /** What it did and when. */
  readonly steps: readonly Step[];
  /** What its snapshot is to be from now on; undefined where the scenario has none. */
  readonly snapshot?: { readonly value: Json; readonly state: "same" | "written" | "updated" | "differs" | "missing" };
}

export interface SnapshotMode {
  /** Take what came for right. */
  readonly update: boolean;
  /** In a build server: a snapshot that is not there is a failure, and none is written. */
  readonly ci: boolean;
  /** How a snapshot that is missing comes about, as a sentence for where the scenarios run. */
  readonly writeHint?: string;
}

export async function judge(
  runner: ScenarioRunner,
  scenario: LoadedScenario,
  snapshots: Snapshots,
  mode: SnapshotMode,
  signal?: AbortSignal,
): Promise<Verdict> {
  const start = performance.now();
  const { outcome, unanswered, requests, steps } = await runner.run(scenario, signal);
  const durationMs = Math.round((performance.now() - start) * 10) / 10;
  if (signal?.aborted === true && outcome.status === "cancelled") {
    return { scenario, outcome, ok: false, failures: [INTERRUPTED], durationMs, requests, steps };
  }
  const hasSnapshot = scenario.snapshot === true;
  const kept = hasSnapshot ? snapshots.get(scenario.name) : undefined;
  // A snapshot says all there is to say of the status, once its author has found it right.
  const expected = scenario.expect ?? (kept !== undefined || (hasSnapshot && mode.update) ? null : {});
  const failures: Failure[] = unanswered.map((request) => ({
    path: "http",
    message: `the action asked for ${request}, and the scenario has no answer for it`,
  }));
  if (expected === null) failures.push(...complaints(outcome));
  else failures.push(...compare(outcome, expected, requests));
  if (!hasSnapshot) return { scenario, outcome, ok: failures.length === 0, failures, durationMs, requests, steps };
  const value = stableOutcome(outcome);
  const state = stateOf(value, kept, failures.length === 0, mode);
  if (state === "missing" && failures.length === 0)
    failures.push({ path: "snapshot", message: `there is none yet; ${mode.writeHint ?? WRITE_HINT}` });
  if (state === "differs") {
    failures.push({
      path: "snapshot",
      message: "the outcome is not what it was; if it is right now, run with --update",
      expected: kept!,
      actual: value,
    });
  }
  return {
    scenario,
    outcome,
    ok: failures.length === 0,
    failures,
    durationMs,
    requests,
    steps,
    snapshot: { value, state },
  };
}

const WRITE_HINT = "baton test writes it, where neither --ci nor the variable CI says that it is a build server";

/** What it did until then says nothing of what is expected. */
export const INTERRUPTED: Failure = { path: "status", message: "it was interrupted" };

/** What went wrong is not kept as right, unless the author says so. */
function stateOf(value: Json, kept: Json | undefined, isFine: boolean, { update, ci }: SnapshotMode) {
  if (kept === undefined) return !ci && (update || isFine) ? "written" : "missing";
  if (isSame(kept, value)) return "same";
  return update && !ci ? "updated" : "differs";
}
