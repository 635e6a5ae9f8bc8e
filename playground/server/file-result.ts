/** Results of files: what running a scenario file came to, scenario by scenario; each is a run of the session from then on. */
import { difference } from "../../author/scenarios/difference.ts";
import type { FileResult } from "../../author/scenarios/run-all.ts";
import { keepRun, seenFrom, type Parts } from "./parts.ts";

export function fileResultOf(parts: Parts, result: FileResult) {
  const file = seenFrom(parts.folder, result.file);
  if (result.type === "problem") return { file, problem: result.message, scenarios: [], obsolete: [] };
  const scenarios = result.verdicts.map(({ scenario, outcome, ok, failures, durationMs, steps, snapshot }) => {
    const action = seenFrom(parts.folder, scenario.action);
    const { context } = scenario;
    const run = keepRun(
      parts,
      { action, scenario: scenario.name, origin: "page", outcome, ok, failures, steps, context },
      durationMs,
    );
    return {
      ...{ name: scenario.name, action, ok, durationMs, run },
      snapshot: snapshot?.state ?? null,
      failures: failures.map(({ path: where, message, expected, actual }) => ({
        ...{ path: where, message },
        lines: expected === undefined && actual === undefined ? [] : difference(expected, actual),
      })),
    };
  });
  return { file, problem: null, scenarios, obsolete: result.obsolete };
}
