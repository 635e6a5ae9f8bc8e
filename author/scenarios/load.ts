/**
 * Reads a scenario file, of any of its three kinds, into runs: paths resolved, contexts read, each with its name. Whatever is wrong
 * with it is one sentence that names the file.
 */
import { dirname, resolve } from "node:path";
import type { Json } from "../../sandbox/index.ts";
import { existsSync } from "node:fs";
import { readJsonFile, readTextFile, shown } from "../files.ts";
import { InputError } from "../input-error.ts";
import { actionBeside, contextBeside, scenarioStem } from "./files.ts";
import { SAMPLE_CALL, SAMPLE_CONTEXT } from "./sample-context.ts";
import { channelMistake } from "./channel.ts";
import { tellMistakes } from "./mistakes.ts";
import { readScenarios } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";
import { loadScript } from "./load-script.ts";

/** A scenario with nothing left to look up. */
export interface LoadedScenario extends Omit<Scenario, "context" | "action" | "name"> {
  readonly name: string;
  /** The scenario file. */
  readonly file: string;
  /** The action's file. */
  readonly action: string;
  readonly context: Json;
  /** Where the context was read from, if from a file of its own. */
  readonly contextFile: string | null;
}

export async function loadScenarios(file: string): Promise<LoadedScenario[]> {
  const read = readScenarios(await readValue(file));
  if (!read.ok) throw new InputError("SCENARIO_INVALID", tellMistakes(`The scenario ${shown(file)}`, read.mistakes));
  const loaded: LoadedScenario[] = [];
  for (const [index, scenario] of read.scenarios.entries()) {
    const action = findAction(file, scenario.action);
    const name = scenario.name ?? defaultName(file, action, index, read.scenarios.length);
    if (loaded.some((other) => other.name === name)) throw invalid(file, `two scenarios are called ${name}.`);
    const contextFile = contextFileOf(file, action, scenario.context);
    const given =
      typeof scenario.context === "object" ? (scenario.context as Json) : await readContextFile(contextFile);
    const context = overlay(given, scenario, file);
    if (scenario.host?.handedOff === true && conversationIdOf(context) === null) {
      throw invalid(file, "host.handedOff needs a context with a conversation that has an id.");
    }
    loaded.push({ ...scenario, name, file, action, context, contextFile });
  }
  return loaded;
}

async function readValue(file: string): Promise<unknown> {
  if (file.endsWith(".json")) return readJsonFile(file, "The scenario", "SCENARIO_INVALID");
  if (/\.ya?ml$/.test(file)) return readYaml(file);
  return loadScript(file);
}

async function readYaml(file: string): Promise<unknown> {
  const text = await readTextFile(file, "The scenario");
  const { parseYaml } = await import("./yaml.ts");
  const read = parseYaml(text);
  if (read.ok) return read.value;
  throw invalid(file, `it is not YAML: ${read.mistake}.`);
}

function findAction(file: string, given: string | undefined): string {
  if (given !== undefined) {
    const path = resolve(dirname(file), given);
    if (existsSync(path)) return path;
    throw invalid(file, `action: there is no file ${shown(path)}.`);
  }
  const beside = actionBeside(file);
  if (beside !== null) return beside;
  throw invalid(
    file,
    `no action stands beside it; name the scenario file after the action, or give the path under action.`,
  );
}

function defaultName(file: string, action: string, index: number, count: number): string {
  const stem = scenarioStem(file);
  const actionStem = action.slice(dirname(action).length + 1).replace(/\.[^.]+$/, "");
  const own = stem.startsWith(`${actionStem}.`) ? stem.slice(actionStem.length + 1) : stem;
  return count === 1 ? own : `${own} ${index + 1}`;
}

function contextFileOf(file: string, action: string, given: Scenario["context"]): string | null {
  if (typeof given === "object") return null;
  return given === undefined ? contextBeside(action) : resolve(dirname(file), given);
}

/** The context of a file, or the sample for null. */
export async function readContextFile(path: string | null): Promise<Json> {
  return path === null ? SAMPLE_CONTEXT : readJsonFile(path, "The context", "CONTEXT_NOT_JSON");
}

/** The context of an action that runs without a scenario. */
export async function contextFor(action: string): Promise<Json> {
  return readContextFile(contextBeside(action));
}

function overlay(context: Json, { channel, args }: Scenario, file: string): Json {
  const mistake = channel === undefined ? contextChannelMistake(context) : null;
  if (mistake !== null) throw invalid(file, `the context's conversation.latestChannel: ${mistake}.`);
  const withArgs = args === undefined ? context : { ...asObject(context), args: args as Json };
  if (channel === undefined) return withArgs;
  if (conversationIdOf(context) === null) throw invalid(file, "channel needs a context with a conversation.");
  return onChannel(withArgs, channel);
}

/** What is wrong with the channel that a context names; null where nothing is. */
export function contextChannelMistake(context: Json): string | null {
  const channel = asObject(asObject(context)["conversation"] ?? null)["latestChannel"];
  return typeof channel === "string" ? channelMistake(channel) : null;
}

/** The same context with the customer on another channel; the phone channel brings a live call along. */
export function onChannel(context: Json, channel: string): Json {
  const conversation = asObject(asObject(context)["conversation"] ?? null);
  if (Object.keys(conversation).length === 0) return context;
  const { call, ...rest } = conversation;
  const live = channel === "phone" ? { call: call ?? SAMPLE_CALL } : {};
  return { ...asObject(context), conversation: { ...rest, latestChannel: channel, ...live } };
}

function asObject(value: Json): { readonly [key: string]: Json } {
  return value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as { readonly [key: string]: Json })
    : {};
}

/** Null where the context has no conversation; the runtime reads the context against its schema. */
export function conversationIdOf(context: Json): string | null {
  const id = asObject(asObject(context)["conversation"] ?? null)["id"];
  return typeof id === "string" ? id : null;
}

function invalid(file: string, sentence: string): InputError {
  return new InputError("SCENARIO_INVALID", `The scenario ${shown(file)}: ${sentence}`);
}
