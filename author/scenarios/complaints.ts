/**
 * Warnings that make a run red although its action returned: the customer was promised a human that does not come, or work was lost. An
 * expectation that names the warning, or the verdict behind it, takes it for meant.
 */
import type { Outcome } from "../../runtime/outcome.ts";
import type { Failure } from "./failure.ts";
import type { Expectation } from "./scenario.ts";

const RED_WARNINGS = ["HANDOFF_REJECTED", "HANDOFF_UNKNOWN", "WORK_LEFT_OPEN"] as const;

const isRed = (code: string): boolean => (RED_WARNINGS as readonly string[]).includes(code);

/** Where the expectation lists warnings, comparing that list has said all there is to say. */
export function complaints({ warnings }: Pick<Outcome, "warnings">, expected: Expectation = {}): Failure[] {
  if (expected.warnings !== undefined) return [];
  return warnings
    .filter(({ code }) => isRed(code) && !isMeant(code, expected))
    .map(({ code, message }) => ({ path: "warnings", message: `${code}: ${message} ${ADVICE(code)}` }));
}

const ADVICE = (code: string): string => `(if that is meant, the scenario lists it: expect.warnings: ["${code}"])`;

function isMeant(code: string, { intents, handoff }: Expectation): boolean {
  if (code === "HANDOFF_REJECTED") return intents?.some(({ verdict }) => verdict === "rejected") ?? false;
  if (code !== "HANDOFF_UNKNOWN") return false;
  return handoff?.state === "unknown" || (intents?.some(({ verdict }) => verdict === "unknown") ?? false);
}

/** For runs without a scenario: an expectation cannot say that it is meant. */
export function redWarnings({ warnings }: Pick<Outcome, "warnings">): readonly string[] {
  return warnings.map(({ code }) => code).filter(isRed);
}
