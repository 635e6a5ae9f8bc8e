/** The scene of a chaos run: what stands there, what happened on it, and what its processes say. */
import type { EffectiveHandoff, Intent } from "../../host-api/index.ts";
import type { Outcome } from "../../runtime/outcome.ts";
import type { Chance } from "../simulation/chance.ts";
import type { Checks } from "../simulation/checks.ts";
import type { Plan } from "../simulation/run.ts";
import type { ChaosControl, Database } from "./database.ts";
import type { Clock, Fault } from "./faults.ts";
import type { Entry } from "./history/history.ts";
import type { ProviderServer } from "./provider.ts";

export type Line =
  | { readonly type: "ran"; readonly executionId: string }
  | ({ readonly type: "acknowledged"; readonly executionId: string; readonly epoch: number } & EffectiveHandoff)
  | ({
      readonly type: "answered";
      readonly executionId: string;
      readonly intentId: string;
      readonly epoch: number;
    } & Pick<Intent, "kind" | "verdict">)
  | { readonly type: "settled"; readonly executionId: string; readonly outcome: Outcome; readonly replay: boolean }
  | { readonly type: "sync"; readonly level: number }
  | { readonly type: "row"; readonly intentId: string; readonly what: string; readonly at: number }
  | { readonly type: "database killed" | "frozen" | "fault" | "done" };

export interface Scene {
  readonly database: Database;
  readonly provider: ProviderServer;
  readonly checks: Checks;
  readonly chance: Chance;
  readonly control: ChaosControl | null;
  readonly faults: readonly Fault[];
  readonly plans: Map<string, Plan>;
  readonly history: Entry[];
  /** How often each fault was made. */
  readonly made: Map<Fault, number>;
  /** What was heard of single rows. */
  readonly timelines: Map<string, string[]>;
  /** The weakest sync that a host said its connection has. */
  level: number;
  /** Databases that a host killed, on their way up again. */
  readonly restarts: Promise<number>[];
  /** The clock of the machine, and that of another one. */
  readonly clocks: readonly Clock[];
}

/** The newest lines of a row are enough to see what holds it up. */
const LINES_OF_A_ROW = 60;

export function noteRow({ timelines }: Scene, intentId: string, what: string, at = Date.now()): void {
  const lines = timelines.get(intentId) ?? [];
  lines.push(`${new Date(at).toISOString().slice(11, 23)} ${what}`);
  timelines.set(intentId, lines.slice(-LINES_OF_A_ROW));
}

export function hear(scene: Scene, line: Line): void {
  const { checks, plans, history } = scene;
  const plan = "executionId" in line ? plans.get(line.executionId) : undefined;
  if (line.type === "sync") scene.level = Math.min(scene.level, line.level);
  if (line.type === "database killed") scene.restarts.push(scene.database.cutPower(scene.level));
  if (line.type === "row") noteRow(scene, line.intentId, line.what, line.at);
  if (plan === undefined) return;
  const { tenant, conversationId, environment, channel, executionId } = plan;
  switch (line.type) {
    case "ran":
      checks.ran(plan);
      history.push({ saw: "run", executionId });
      break;
    case "acknowledged":
      checks.acknowledged(plan, line, line.epoch);
      break;
    case "answered": {
      const { intentId, epoch, kind, verdict } = line;
      const of = { tenant, conversationId, environment, channel, executionId };
      history.push({ saw: "answer", ...of, intentId, epoch, kind, verdict });
      break;
    }
    case "settled":
      checks.settled(plan, line.outcome, line.replay);
      history.push(outcomeEntry(plan, line.outcome, line.replay));
      break;
    case "sync":
    case "row":
    case "database killed":
    case "frozen":
    case "fault":
    case "done":
      break;
  }
}

export function outcomeEntry({ executionId, secret }: Plan, outcome: Outcome, replay: boolean): Entry {
  // Reasons carry the secret too; where it may not be found is in the value and in the logs.
  const { intents: _intents, handoff, bot: _bot, ...rest } = outcome;
  const lost = outcome.error?.code === "EXECUTION_LOST";
  return {
    saw: "outcome",
    executionId,
    replay,
    lost,
    // One that is lost says what may be; whether the transfer fired, its own outcome says if it comes.
    transferred: handoff?.kind === "phone_transfer" && !lost,
    showsValue: JSON.stringify(rest).includes(secret),
    digest: JSON.stringify({ ...rest, handoff }),
  };
}
