/** `baton matrix`: what one action does on every channel, in and outside business hours, before and after a hand-off. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Environment } from "../host-api/handoff/intent.ts";
import type { Command, Io } from "./command.ts";
import { defineCommand } from "./define-command.ts";
import { EXIT } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import { actionFile } from "../author/action-file.ts";
import { readJsonFile, shown } from "../author/files.ts";
import type { Arguments } from "./flags.ts";
import { readInstant } from "./instant.ts";
import { InputError } from "../author/input-error.ts";
import { CHANNELS, CLOSED, ENVIRONMENTS, OPEN } from "../author/matrix/cells.ts";
import { renderInvalid } from "./render.ts";
import type { LoadedScenario } from "../author/scenarios/load.ts";
import type { Json } from "../sandbox/index.ts";
import { channelMistake } from "../author/scenarios/channel.ts";
import { listFiles, looksLikeAction } from "../author/scenarios/files.ts";
import type { ScenarioRunner } from "../author/scenarios/runner.ts";
import { nearest } from "../base/suggest.ts";
import { terminalOf } from "./terminal.ts";
import { visibleJson, visibleLine } from "../author/text.ts";

const USAGE = {
  synopsis: "matrix ACTION|FOLDER [flags]",
  description:
    "Runs an action, or each one below a folder, over channel, open and closed hours, already handed off or not, and environment, and shows the outcome of each cell. Without --context it takes the context beside the action, or a sample.",
  flags: [
    { name: "context", value: "FILE", description: "the context, JSON; each cell sets its channel" },
    {
      name: "scenario",
      value: "FILE",
      description: "the context and the answers to requests of a scenario (its first)",
    },
    { name: "open", value: "ISO-TIME", description: `a time within business hours (${OPEN})` },
    { name: "closed", value: "ISO-TIME", description: `a time outside of them (${CLOSED})` },
    { name: "channels", value: "LIST", description: `channels, with commas (${CHANNELS.join(",")})` },
    { name: "environments", value: "LIST", description: `environments, with commas (${ENVIRONMENTS.join(",")})` },
    { name: "json", description: "print the cells, each with its outcome, as one line of JSON" },
    { name: "help", description: "show this text" },
  ],
  examples: [
    "baton matrix actions/business-hours.ts",
    "baton matrix actions",
    "baton matrix actions/business-hours.ts --channels chat,phone --environments production",
    "baton matrix actions/business-hours.ts --json | jq '.cells[] | {channel, hours, handoff: .outcome.handoff}'",
  ],
} as const;

export const matrixCommand: Command = defineCommand(USAGE, matrix);

async function matrix(given: Arguments, io: Io, json: boolean): Promise<ExitStatus> {
  const actions = readActions(given);
  const { ScenarioRunner } = await import("../author/scenarios/runner.ts");
  await using runner = new ScenarioRunner();
  const options = await readOptions(given);
  const shownActions: object[] = [];
  let worst: ExitStatus = EXIT.ok;
  for (const action of actions) {
    const made = await matrixOf(action, given, options, runner, io);
    if (made.status > worst) worst = made.status;
    if (json) shownActions.push(made.data);
    else if (made.invalid !== null) io.stderr.write(`${renderInvalid(made.invalid, terminalOf(io.stderr))}\n`);
    else {
      const terminal = terminalOf(io.stdout);
      const { renderMatrix } = await import("./matrix/render.ts");
      io.stdout.write(`${terminal.paint("bold", shown(action))}\n\n${renderMatrix(made.cells, terminal)}\n`);
      if (action !== actions.at(-1)) io.stdout.write("\n");
    }
  }
  // One action that was named is one object, as it always was; those of a folder are a list.
  const [only] = shownActions;
  const report = isFolder(given) ? { ok: worst === EXIT.ok, actions: shownActions } : only;
  if (json) io.stdout.write(`${visibleJson(JSON.stringify(report))}\n`);
  return worst;
}

interface Options {
  readonly scenario: LoadedScenario | null;
  readonly channels: readonly string[];
  readonly environments: readonly Environment[];
  readonly open: string;
  readonly closed: string;
}

async function readOptions(given: Arguments): Promise<Options> {
  const channels = readList(given, "channels") ?? CHANNELS;
  const mistake = channels.map(channelMistake).find((each) => each !== null);
  if (mistake !== undefined) throw new InputError("BAD_FLAG", `--channels: ${mistake}.`);
  return {
    scenario: await readScenario(given),
    channels,
    environments: readEnvironments(given),
    open: readInstant(given, "open") ?? OPEN,
    closed: readInstant(given, "closed") ?? CLOSED,
  };
}

async function matrixOf(action: string, given: Arguments, options: Options, runner: ScenarioRunner, io: Io) {
  const { scenario, ...axes } = options;
  const context = scenario?.context ?? (await readContext(given, action));
  const { runMatrix } = await import("../author/matrix/cells.ts");
  const signal = io.interrupted;
  const cells = await runMatrix(runner, {
    ...axes,
    action,
    context,
    signal,
    http: scenario?.http,
    seed: scenario?.seed,
  });
  const invalid = cells.find(({ outcome }) => outcome.status === "invalid")?.outcome ?? null;
  const ok = cells.every((cell) => cell.ok);
  const status = invalid !== null ? EXIT.invalid : ok ? EXIT.ok : EXIT.failed;
  return { cells, invalid, status, data: { action: shown(action), open: axes.open, closed: axes.closed, ok, cells } };
}

const isFolder = ({ positionals: [path = "."] }: Arguments): boolean =>
  statSync(resolve(path), { throwIfNoEntry: false })?.isDirectory() === true;

/** The action that is named, or those of the folder that is. */
function readActions(given: Arguments): string[] {
  const [asked, ...more] = given.positionals;
  if (asked === undefined || asked === "")
    throw new InputError("BAD_FLAG", "Name the action or the folder: baton matrix ACTION.");
  if (more[0] !== undefined) {
    throw new InputError(
      "BAD_FLAG",
      `baton matrix takes one action or folder: ${visibleLine(more[0].slice(0, 80))} is one too many.`,
    );
  }
  const path = resolve(asked);
  if (isFolder(given)) {
    const actions = listFiles(path).filter(looksLikeAction);
    if (actions.length > 0) return actions;
    throw new InputError(
      "ACTION_MISSING",
      `There is no action below ${shown(path)}: a file that exports execute_action(context).`,
    );
  }
  return [actionFile(path)];
}

async function readScenario({ values }: Arguments): Promise<LoadedScenario | null> {
  const path = values.get("scenario");
  if (path === undefined) return null;
  if (values.has("context"))
    throw new InputError("BAD_FLAG", "Give --context or --scenario: a scenario has a context.");
  const { loadScenarios } = await import("../author/scenarios/load.ts");
  const [first] = await loadScenarios(resolve(path));
  return first ?? null;
}

async function readContext({ values }: Arguments, action: string): Promise<Json> {
  const path = values.get("context");
  if (path !== undefined) return readJsonFile(resolve(path), "The context", "CONTEXT_NOT_JSON");
  const { contextFor } = await import("../author/scenarios/load.ts");
  return contextFor(action);
}

function readList({ values }: Arguments, flag: string): string[] | undefined {
  const list = values
    .get(flag)
    ?.split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  if (list?.length === 0) throw new InputError("BAD_FLAG", `--${flag} needs a name at least.`);
  return list && [...new Set(list)].slice(0, 20);
}

function readEnvironments(given: Arguments): readonly Environment[] {
  return (
    readList(given, "environments")?.map((name) => {
      const found = ENVIRONMENTS.find((each) => each === name);
      if (found !== undefined) return found;
      const near = nearest(name, ENVIRONMENTS);
      const hint = near === null ? "it is production, test or mock." : `did you mean ${near}?`;
      throw new InputError("BAD_FLAG", `There is no environment ${visibleLine(name.slice(0, 80))}: ${hint}`);
    }) ?? ENVIRONMENTS
  );
}
