/**
 * A simulated conversation as a scenario file: one scenario for each action that the bot called, in order, each with the context, the clock, the
 * answers of the network and of the provider that it had. The file is run as `baton test` runs it before anything is said of it.
 */
import { existsSync } from "node:fs";
import { dirname, relative, sep } from "node:path";
import { stringify } from "yaml";
import type { Json, Outcome } from "../../runtime/index.ts";
import { shown } from "../files.ts";
import { InputError } from "../input-error.ts";
import { type FileResult, runAll } from "../scenarios/run-all.ts";
import type { ScenarioRunner } from "../scenarios/runner.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { writeFileWhole } from "../write.ts";
import { refused } from "./conversation.ts";
import type { Turn } from "./history.ts";

export interface Saved {
  readonly file: string;
  readonly result: FileResult;
}

export async function saveAsScenarios(
  turns: readonly Turn[],
  file: string,
  options: { readonly replace: boolean; readonly runner: ScenarioRunner },
): Promise<Saved> {
  if (turns.length === 0) throw refused("Nothing to save yet: no action has run in this conversation.");
  if (existsSync(file) && !options.replace)
    throw new InputError("FILE_UNWRITABLE", `${shown(file)} is there already: choose another name, or replace it.`);
  const scenarios = turns.map((turn, index) => scenarioOfTurn(turn, index, turns.length, file));
  const written = scenarios.length === 1 ? scenarios[0]! : scenarios;
  const text = file.endsWith(".json")
    ? `${JSON.stringify(written, null, 2)}\n`
    : stringify(written, { lineWidth: 120 });
  await writeFileWhole(file, text);
  const [result] = await runAll(options.runner, [file], { update: false, ci: true });
  return { file, result: result! };
}

function scenarioOfTurn(turn: Turn, index: number, count: number, file: string): Scenario {
  const { action, context, environment, now, seed, http, outcome } = turn;
  const host = hostOf(turn);
  return {
    name: `${count === 1 ? "" : `${index + 1}. `}${nameOf(turn)}`,
    action: seenFrom(file, action),
    context: context as Scenario["context"],
    ...(environment !== "production" && { environment }),
    ...{ now, seed },
    ...(Object.keys(host).length > 0 && { host }),
    ...(http.length > 0 && { http: [...http] }),
    expect: expectationOf(outcome, turn),
  };
}

function hostOf({ handedOff, epoch, transfer }: Turn): NonNullable<Scenario["host"]> {
  return {
    ...((handedOff || epoch > 0) && { handedOff: true }),
    ...(!handedOff && epoch > 0 && { handedBack: true }),
    ...(transfer !== null && transfer !== "accepted" && { transfer }),
  };
}

function expectationOf(outcome: Outcome, { sent }: Turn): NonNullable<Scenario["expect"]> {
  const { status, handoff, returnValue, returnValueDiscarded, intents, bot, warnings, error } = outcome;
  return {
    status,
    handoff: handoff === null ? null : wanted(handoff),
    ...(returnValue !== undefined && { returnValue: literal(returnValue) }),
    returnValueDiscarded,
    bot: { ...bot },
    ...(intents.length > 0 && { intents: intents.map(({ verdict, ...intent }) => ({ ...wanted(intent), verdict })) }),
    ...(warnings.length > 0 && { warnings: warnings.map(({ code }) => code) }),
    ...(error !== undefined && { error: { code: error.code, message: error.message } }),
    ...(sent.length > 0 && { requests: sent.map(({ method, url }) => ({ method, url })) }),
  };
}

const wanted = (handoff: Pick<NonNullable<Outcome["handoff"]>, "kind" | "reason" | "phoneDestination">) => ({
  kind: handoff.kind,
  reason: handoff.reason,
  phoneDestination: handoff.phoneDestination,
});

/** What would read as a matcher is to be taken as it is. */
function literal(value: Json): Json {
  return JSON.stringify(value).includes('"$') ? { $exact: value } : value;
}

function nameOf({ outcome, context, handedOff, epoch }: Turn): string {
  const { status, handoff } = outcome;
  const { latestChannel } = (context as { conversation: { latestChannel: string } }).conversation;
  const came =
    handoff === null ? status.replaceAll("_", " ") : handoff.kind === "phone_transfer" ? "transfer" : "hand-off";
  const where = handedOff ? ", handed off before" : epoch > 0 ? `, epoch ${epoch}` : "";
  return `${latestChannel}${where}: ${came}`;
}

function seenFrom(file: string, action: string): string {
  const way = relative(dirname(file), action).split(sep).join("/");
  return way.startsWith(".") ? way : `./${way}`;
}
