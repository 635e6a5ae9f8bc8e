/** Results of scenarios: what running a scenario file came to, as the page tells it after a save. */
import type { FileResult } from "../../author/scenarios/run-all.ts";
import type { ScenarioResult } from "../events.ts";

export function resultOf(result: FileResult): ScenarioResult {
  if (result.type === "problem")
    return { ok: false, passed: 0, failed: 1, failures: [{ scenario: null, path: "file", message: result.message }] };
  const failed = result.verdicts.filter(({ ok }) => !ok);
  return {
    ok: failed.length === 0,
    passed: result.verdicts.length - failed.length,
    failed: failed.length,
    failures: failed.flatMap(({ scenario, failures }) =>
      failures.map(({ path, message }) => ({ scenario: scenario.name, path, message })),
    ),
  };
}
