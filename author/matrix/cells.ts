/**
 * The matrix: one action over channel × hours × already handed off × environment. Every cell is a run of its own in the real runtime,
 * so that "the same code on every channel" is something to look at.
 */
import type { Environment } from "../../host-api/handoff/intent.ts";
import type { Outcome } from "../../runtime/outcome.ts";
import type { Json } from "../../sandbox/index.ts";
import { redWarnings } from "../scenarios/complaints.ts";
import { conversationIdOf, onChannel } from "../scenarios/load.ts";
import type { ScenarioRunner } from "../scenarios/runner.ts";
import type { Scenario } from "../scenarios/scenario.ts";

export interface MatrixOptions {
  readonly action: string;
  readonly context: Json;
  readonly channels: readonly string[];
  readonly environments: readonly Environment[];
  /** Instants within and outside business hours. */
  readonly open: string;
  readonly closed: string;
  /** Answers to the action's requests. */
  readonly http?: Scenario["http"] | undefined;
  readonly seed?: string | undefined;
  readonly signal?: AbortSignal;
}

export interface MatrixCell {
  readonly channel: string;
  readonly hours: "open" | "closed";
  readonly alreadyHandedOff: boolean;
  readonly environment: Environment;
  readonly outcome: Outcome;
  /** Whether the run returned, and no hand-off of it was rejected or lost. */
  readonly ok: boolean;
}

export const CHANNELS = ["chat", "email", "phone"] as const;
export const ENVIRONMENTS = ["production", "test", "mock"] as const;
/** A Wednesday: 11 o'clock in New York, 16 in London, 17 in Berlin. */
export const OPEN = "2026-03-04T16:00:00Z";
/** A Sunday: 3 o'clock at night in New York, 8 in London. */
export const CLOSED = "2026-03-01T08:00:00Z";

export async function runMatrix(runner: ScenarioRunner, options: MatrixOptions): Promise<MatrixCell[]> {
  const { action, context, channels, environments, open, closed, http, seed, signal } = options;
  // Without a conversation there is none that could be handed off already.
  const standings = conversationIdOf(context) === null ? [false] : [false, true];
  const cells = channels.flatMap((channel) =>
    (["open", "closed"] as const).flatMap((hours) =>
      standings.flatMap((alreadyHandedOff) =>
        environments.map((environment) => ({ channel, hours, alreadyHandedOff, environment })),
      ),
    ),
  );
  return Promise.all(
    cells.map(async (cell) => {
      const run = {
        action,
        context: onChannel(context, cell.channel),
        environment: cell.environment,
        now: cell.hours === "open" ? open : closed,
        host: { handedOff: cell.alreadyHandedOff },
        http,
        seed,
      };
      const { outcome } = await runner.run(run, signal);
      return { ...cell, outcome, ok: outcome.status === "returned" && redWarnings(outcome).length === 0 };
    }),
  );
}

/** The outcome of a cell in a word or two. */
export function cellWord(cell: Pick<MatrixCell, "outcome" | "alreadyHandedOff">): string {
  const { status, handoff, warnings } = cell.outcome;
  const word = wordOf(cell);
  if (handoff?.state === "unknown") return `${word}, unknown`;
  if (status !== "returned" || !warnings.some(({ code }) => code === "WORK_LEFT_OPEN")) return word;
  return `${word}, work left open`;
}

function wordOf({ outcome, alreadyHandedOff }: Pick<MatrixCell, "outcome" | "alreadyHandedOff">): string {
  const { status, handoff, intents, warnings } = outcome;
  if (handoff !== null) {
    const word = handoff.kind === "phone_transfer" ? "transfer" : "hand-off";
    return status === "returned" ? word : `${word}, ${status.replaceAll("_", " ")}`;
  }
  if (status !== "returned") return status.replaceAll("_", " ");
  if (intents.some(({ verdict }) => verdict === "skipped")) return "skipped";
  if (warnings.some(({ code }) => code === "HANDOFF_REJECTED")) return "rejected";
  return alreadyHandedOff ? "silent" : "answers";
}
