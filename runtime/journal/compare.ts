/**
 * Differences of outcomes: how the outcome of a replay differs from the recorded one: all of it where it should be the same, its decisions where that is
 * what counts.
 */
import type { Json } from "../../sandbox/index.ts";
import type { Outcome } from "../outcome.ts";

export interface Difference {
  /** `handoff.reason`, `returnValue.total`. */
  readonly path: string;
  /** Absent where there is no such key. */
  readonly recorded?: Json;
  readonly replayed?: Json;
}

/** What is compared: every byte but the usage; what was decided; the decisions, the value and the error; or how a run ended by a limit. */
export type Measure = "all" | "decisions" | "effects" | "limit";

/** Differences that are shown at most. */
const MOST = 50;

export function compareOutcomes(recorded: Outcome, replayed: Outcome, measure: Measure): Difference[] {
  const differences: Difference[] = [];
  walk("", viewOf(recorded, measure), viewOf(replayed, measure), differences);
  if (measure !== "all" || differences.length > 0) return differences;
  // In the order of its keys, too.
  const [was, is] = [recorded, replayed].map((outcome) => JSON.stringify(withoutUsage(outcome)));
  return was === is ? [] : [{ path: "", recorded: was!, replayed: is! }];
}

function withoutUsage(outcome: Outcome): Omit<Outcome, "usage"> {
  return Object.fromEntries(Object.entries(outcome).filter(([key]) => key !== "usage")) as Omit<Outcome, "usage">;
}

function viewOf(outcome: Outcome, measure: Measure): Json {
  const { status, handoff, intents, bot, warnings, error, returnValue, returnValueDiscarded } = outcome;
  const decided = {
    status,
    handoff: handoff && { kind: handoff.kind, phoneDestination: handoff.phoneDestination, state: handoff.state },
    intents: intents.map(({ kind, verdict, phoneDestination }) => ({ kind, verdict, phoneDestination })),
    bot,
    ...(error && { error: { code: error.code } }),
  };
  switch (measure) {
    case "all":
      return plain(withoutUsage(outcome));
    case "limit":
    case "decisions":
      return plain(decided);
    case "effects":
      return plain({
        ...decided,
        handoff: handoff && { ...decided.handoff, reason: handoff.reason },
        warnings: warnings.map(({ code }) => code),
        returnValueDiscarded,
        ...(returnValue !== undefined && { returnValue }),
        ...(error && { error: { code: error.code, name: error.name, message: error.message } }),
      });
    default:
      return measure satisfies never;
  }
}

const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

function walk(path: string, recorded: Json | undefined, replayed: Json | undefined, found: Difference[]): void {
  if (found.length >= MOST || recorded === replayed) return;
  if (isContainer(recorded) && isContainer(replayed) && Array.isArray(recorded) === Array.isArray(replayed)) {
    const left = new Map(Object.entries(recorded));
    const right = new Map(Object.entries(replayed));
    for (const key of new Set([...left.keys(), ...right.keys()])) {
      const own = Array.isArray(recorded) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
      walk(own, left.get(key), right.get(key), found);
    }
    return;
  }
  found.push({
    path,
    ...(recorded === undefined ? {} : { recorded }),
    ...(replayed === undefined ? {} : { replayed }),
  });
}

function isContainer(value: Json | undefined): value is readonly Json[] | { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null;
}
