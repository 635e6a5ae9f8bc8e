/** `baton scenario from RECORDING`: a recorded run becomes a scenario, to be read, cut and run by `baton test`. */
import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { actionFile } from "../author/action-file.ts";
import { actionFileOf, readRecordingFile } from "../author/replay/files.ts";
import { seenFrom } from "../author/replay/names.ts";
import { shown } from "../author/files.ts";
import { InputError } from "../author/input-error.ts";
import { visible, visibleJson } from "../author/text.ts";
import { writeFileWhole } from "../author/write.ts";
import type { Command, Io } from "./command.ts";
import { defineCommand } from "./define-command.ts";
import { EXIT } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import type { Arguments } from "./flags.ts";

const FORM = /\.scenario\.(?:ya?ml|json)$/;

const USAGE = {
  synopsis: "scenario from RECORDING [flags]",
  description:
    "Makes a scenario of a recorded run: its context and time, the answers that it got, and what came of it. A scenario has a clock and randomness of its own, so what hangs on those is expected as the scenario itself has it. Prints it as YAML, or writes it to --out.",
  operands: ["from"],
  flags: [
    { name: "out", value: "FILE", description: "write it to this file, NAME.scenario.yaml or NAME.scenario.json" },
    { name: "action", value: "ACTION", description: "the action, where the recording does not say where it lies" },
    { name: "json", description: "print the scenario as one line of JSON" },
    { name: "help", description: "show this text" },
  ],
  examples: [
    "baton scenario from refund.recording.json --out actions/refund.late.scenario.yaml",
    "baton scenario from refund.recording.json | less",
  ],
} as const;

export const scenarioCommand: Command = defineCommand(USAGE, scenario);

async function scenario(given: Arguments, io: Io, json: boolean): Promise<ExitStatus> {
  const path = readPath(given);
  const out = readOut(given);
  const recording = await readRecordingFile(path);
  const action = readAction(given) ?? existing(actionFileOf(path, recording));
  const [{ ScenarioRunner }, { scenarioFromRecording }] = await Promise.all([
    import("../author/scenarios/runner.ts"),
    import("../author/replay/scenario.ts"),
  ]);
  await using runner = new ScenarioRunner();
  const named = action === null ? null : seenFrom(out ?? resolve("x.scenario.yaml"), action);
  const { scenario: made, notes } = await scenarioFromRecording(recording, { action, named, runner });
  for (const note of notes) io.stderr.write(`note: ${visible(note)}\n`);
  const isJson = out === null ? json : out.endsWith(".json");
  const text = isJson ? `${JSON.stringify(made, null, out === null ? 0 : 2)}\n` : await yamlOf(made);
  if (out === null) io.stdout.write(json ? visibleJson(text) : visible(text));
  else {
    await writeFileWhole(out, text);
    if (json) io.stdout.write(`${visibleJson(JSON.stringify(made))}\n`);
    else io.stderr.write(`note: written as ${shown(out)}; baton test runs it.\n`);
  }
  return EXIT.ok;
}

async function yamlOf(made: object): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(made, { lineWidth: 120 });
}

function readPath({ positionals: [word, path, ...more] }: Arguments): string {
  if (word !== "from" || path === undefined || path === "" || more.length > 0)
    throw new InputError("BAD_FLAG", "Name one recording: baton scenario from RECORDING.");
  return resolve(path);
}

function readOut({ values }: Arguments): string | null {
  const given = values.get("out");
  if (given === undefined) return null;
  const out = resolve(given);
  if (!FORM.test(out))
    throw new InputError("BAD_FLAG", "--out needs a file whose name ends in .scenario.yaml or .scenario.json.");
  if (existsSync(out))
    throw new InputError("FILE_UNWRITABLE", `${shown(out)} is there already: name another file, or remove it.`);
  if (!existsSync(dirname(out)))
    throw new InputError(
      "FILE_UNWRITABLE",
      `${shown(out)} cannot be written: there is no folder ${shown(dirname(out))}.`,
    );
  return out;
}

function readAction({ values }: Arguments): string | null {
  const given = values.get("action");
  return given === undefined ? null : actionFile(given);
}

function existing(path: string | null): string | null {
  return path !== null && statSync(path, { throwIfNoEntry: false })?.isFile() === true ? path : null;
}
