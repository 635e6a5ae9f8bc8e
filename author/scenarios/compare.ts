/** Holds an outcome against what a scenario expects. Only what the expectation names is looked at; without one, the run has to return. */
import type { Outcome } from "../../runtime/outcome.ts";
import type { Json } from "../../sandbox/index.ts";
import { complaints } from "./complaints.ts";
import type { Failure } from "./failure.ts";
import { isSame } from "./difference.ts";
import { resolve } from "./match.ts";
import { compareRequests } from "./requests.ts";
import type { SentRequest } from "./requests.ts";
import type { Expectation } from "./scenario.ts";

/** An expectation that says nothing of the status means a run that returned, unless it expects an error. */
export function compare(outcome: Outcome, expected: Expectation = {}, sent: readonly SentRequest[] = []): Failure[] {
  const status = expected.status ?? (expected.error === undefined ? "returned" : undefined);
  return [
    ...(status === undefined ? [] : equal("status", status, outcome.status)),
    ...compareHandoff(outcome, expected.handoff),
    ...compareReturnValue(outcome, expected),
    ...(expected.returnValueDiscarded === undefined
      ? []
      : equal("returnValueDiscarded", expected.returnValueDiscarded, outcome.returnValueDiscarded)),
    ...part("bot", expected.bot, outcome.bot),
    ...compareList("intents", expected.intents, outcome.intents),
    ...compareRequests(sent, expected.requests),
    ...compareWarnings(outcome, expected.warnings),
    ...complaints(outcome, expected),
    ...compareError(outcome, expected.error),
    ...compareList("logs", expected.logs?.map(logPart), outcome.logs),
  ];
}

function compareHandoff({ handoff }: Outcome, expected: Expectation["handoff"]): Failure[] {
  if (expected === undefined) return [];
  const actual = handoff === null ? null : withoutId(handoff);
  if (expected === null || actual === null) return equal("handoff", expected as Json, actual);
  return part("handoff", expected, actual);
}

function compareReturnValue(outcome: Outcome, expected: Expectation): Failure[] {
  if (expected.returnValue === undefined) return [];
  const wanted = resolve(expected.returnValue, outcome.returnValue);
  if (isSame(wanted, outcome.returnValue)) return [];
  const why = outcome.returnValueDiscarded
    ? "the phone transfer fired, so the bot never sees the return value"
    : outcome.status === "returned"
      ? "the action returned something else"
      : "the action did not return";
  const actual = outcome.returnValue === undefined ? {} : { actual: outcome.returnValue };
  return [{ path: "returnValue", message: why, expected: wanted, ...actual }];
}

function compareWarnings({ warnings }: Outcome, expected: readonly string[] | undefined): Failure[] {
  if (expected === undefined) return [];
  return equal(
    "warnings",
    [...expected],
    warnings.map(({ code }) => code),
  );
}

function compareError({ error }: Outcome, expected: Expectation["error"]): Failure[] {
  if (expected === undefined) return [];
  if (error === undefined) return [{ path: "error", message: "there was no error", expected: expected as Json }];
  return part("error", expected, { code: error.code, name: error.name, message: error.message });
}

const logPart = (line: NonNullable<Expectation["logs"]>[number]) =>
  typeof line === "string" ? { message: line } : line;

function compareList(
  path: string,
  expected: readonly object[] | undefined,
  actual: readonly object[],
): readonly Failure[] {
  if (expected === undefined) return [];
  if (expected.length !== actual.length) {
    const keys = Object.keys(expected[0] ?? actual[0] ?? {});
    const compared = actual.map((each) => pick(each, keys));
    return [
      {
        path,
        message: `${expected.length} expected, ${actual.length} came`,
        expected: expected as unknown as Json,
        actual: compared,
      },
    ];
  }
  return expected.flatMap((each, index) => part(`${path}.${index}`, each, actual[index]!));
}

/** The keys that are expected, each equal. */
function part(path: string, expected: object | undefined, actual: object): Failure[] {
  if (expected === undefined) return [];
  const wanted = Object.entries(expected).filter(([, value]) => value !== undefined);
  const came = pick(
    actual,
    wanted.map(([key]) => key),
  );
  return wanted.flatMap(([key, value]) => equal(`${path}.${key}`, value as Json, came[key]));
}

function pick(value: object, keys: readonly string[]): Record<string, Json> {
  const entries = Object.entries(value).filter(([key, each]) => keys.includes(key) && each !== undefined);
  return Object.fromEntries(entries) as Record<string, Json>;
}

function equal(path: string, expected: Json, actual: Json | undefined): Failure[] {
  const wanted = resolve(expected, actual);
  if (isSame(wanted, actual)) return [];
  return [{ path, message: "is not what was expected", expected: wanted, ...(actual === undefined ? {} : { actual }) }];
}

function withoutId({ kind, reason, phoneDestination, state }: NonNullable<Outcome["handoff"]>) {
  return { kind, reason, phoneDestination, state };
}

/** What of an outcome is the same in every run of a scenario with a clock and a seed: what snapshots keep. */
export function stableOutcome(outcome: Outcome): Json {
  const { status, returnValue, returnValueDiscarded, handoff, intents, bot, warnings, error, logs } = outcome;
  return {
    status,
    ...(returnValue === undefined ? {} : { returnValue }),
    returnValueDiscarded,
    handoff: handoff === null ? null : withoutId(handoff),
    intents: intents.map(({ kind, reason, phoneDestination, verdict }) => ({
      kind,
      reason,
      phoneDestination,
      verdict,
    })),
    bot: { ...bot },
    warnings: warnings.map(({ code }) => code),
    ...(error === undefined ? {} : { error: { code: error.code, name: error.name, message: error.message } }),
    logs: logs.map(({ level, message }) => ({ level, message })),
  };
}
