/** `baton matrix`: what one action does on every channel, in and outside business hours, before and after a hand-off. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Environment } from "../host-api/handoff/intent.ts";
import type { Command, Io } from "./command.ts";
import { EXIT } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import { fault } from "./fault.ts";
import { readJsonFile, shown } from "../author/files.ts";
import { readArguments } from "./flags.ts";
import type { Arguments } from "./flags.ts";
import { readInstant } from "./instant.ts";
import { InputError } from "../author/input-error.ts";
import { CHANNELS, CLOSED, ENVIRONMENTS, OPEN } from "../author/matrix/cells.ts";
import { renderInvalid } from "./render.ts";
import type { LoadedScenario } from "../author/scenarios/load.ts";
import type { Json } from "../sandbox/index.ts";
import { nearest } from "../base/suggest.ts";
import { hasSwitch } from "./switches.ts";
import { terminalOf } from "./terminal.ts";
import { visibleJson, visibleLine } from "../author/text.ts";

const USAGE = {
  synopsis: "matrix ACTION [flags]",
  description:
    "Runs an action over channel, open and closed hours, already handed off or not, and environment, and shows the outcome of each cell. Without --context it takes the context beside the action, or a sample.",
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
    "baton matrix actions/business-hours.ts --channels chat,phone --environments production",
    "baton matrix actions/business-hours.ts --json | jq '.cells[] | {channel, hours, handoff: .outcome.handoff}'",
  ],
} as const;

export const matrixCommand: Command = {
  usage: USAGE,
  async run(args, io) {
    const json = hasSwitch(args, "json");
    try {
      return await matrix(args, io, json);
    } catch (error) {
      return fault(error, io, json);
    }
  },
};

async function matrix(args: readonly string[], io: Io, json: boolean): Promise<ExitStatus> {
  const given = readArguments(args, USAGE.flags);
  const action = readAction(given);
  const [{ ScenarioRunner }, { runMatrix }, { renderMatrix }] = await Promise.all([
    import("../author/scenarios/runner.ts"),
    import("../author/matrix/cells.ts"),
    import("./matrix/render.ts"),
  ]);
  const scenario = await readScenario(given);
  const channels = readList(given, "channels") ?? CHANNELS;
  const environments = readEnvironments(given);
  const [open, closed] = [readInstant(given, "open") ?? OPEN, readInstant(given, "closed") ?? CLOSED];
  const context = scenario?.context ?? (await readContext(given, action));
  await using runner = new ScenarioRunner();
  const signal = io.interrupted;
  const cells = await runMatrix(runner, {
    ...{ action, context, channels, environments, open, closed, signal },
    http: scenario?.http,
    seed: scenario?.seed,
  });
  const invalid = cells.find(({ outcome }) => outcome.status === "invalid");
  const worst = invalid ? EXIT.invalid : cells.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
  if (json) {
    io.stdout.write(`${visibleJson(JSON.stringify({ action: shown(action), open, closed, cells }))}\n`);
  } else if (invalid) {
    io.stderr.write(`${renderInvalid(invalid.outcome, terminalOf(io.stderr))}\n`);
  } else {
    const terminal = terminalOf(io.stdout);
    io.stdout.write(`${terminal.paint("bold", shown(action))}\n\n${renderMatrix(cells, terminal)}\n`);
  }
  return worst;
}

function readAction({ positionals }: Arguments): string {
  const [action, ...more] = positionals;
  if (action === undefined || action === "") throw new InputError("BAD_FLAG", "Name the action: baton matrix ACTION.");
  if (more[0] !== undefined) {
    throw new InputError(
      "BAD_FLAG",
      `baton matrix takes one action: ${visibleLine(more[0].slice(0, 80))} is one too many.`,
    );
  }
  const path = resolve(action);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new InputError("FILE_UNREADABLE", `The action ${shown(path)} cannot be read: there is no such file.`);
  }
  return path;
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
