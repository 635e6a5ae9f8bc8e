/** `baton run --record FILE`: writes what happened as a recording, or as a scenario. A file that is there already stays. */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { shown } from "../author/files.ts";
import { InputError } from "../author/input-error.ts";
import { RECORDING_FORM, seenFrom } from "../author/replay/names.ts";
import type { Recorded } from "../author/scenarios/record.ts";
import { visibleLine } from "../author/text.ts";
import { writeFileWhole } from "../author/write.ts";
import { readPath } from "../runtime/journal/paths.ts";

const FORM = /\.(?:scenario\.(?:ya?ml|json)|recording\.json)$/;

/** The path that `--record` names, if a recording can be written there. */
export function readRecordPath(given: string | undefined): string | null {
  if (given === undefined) return null;
  const path = resolve(given);
  if (!FORM.test(path)) {
    throw new InputError(
      "BAD_FLAG",
      "--record needs a file whose name ends in .recording.json, or in .scenario.yaml or .scenario.json.",
    );
  }
  if (existsSync(path))
    throw new InputError("FILE_UNWRITABLE", `${shown(path)} is there already: name another file, or remove it.`);
  if (!existsSync(dirname(path))) {
    throw new InputError(
      "FILE_UNWRITABLE",
      `${shown(path)} cannot be written: there is no folder ${shown(dirname(path))}.`,
    );
  }
  return path;
}

/** Whether a path is that of a recording, and not of a scenario. */
export function isRecordingPath(path: string | null): path is string {
  return path !== null && RECORDING_FORM.test(path);
}

/** The paths of `--redact`, for which there has to be a recording. */
export function readRedactPaths(given: readonly string[], record: string | null): readonly string[] {
  if (given.length > 0 && !isRecordingPath(record))
    throw new InputError("BAD_FLAG", "--redact is for recordings: give it with --record NAME.recording.json.");
  for (const path of given) {
    if (readPath(path) !== null) continue;
    const like = "such as conversation.messages[*].content";
    throw new InputError(
      "BAD_FLAG",
      `--redact needs a path into the context, ${like}: not ${visibleLine(path.slice(0, 80))}.`,
    );
  }
  return given;
}

export async function writeScenario(path: string, recorded: Recorded): Promise<void> {
  const { scenarioOf } = await import("../author/scenarios/record.ts");
  const { action, context } = recorded;
  const scenario = scenarioOf({
    ...recorded,
    action: seenFrom(path, action),
    context: typeof context === "string" ? seenFrom(path, context) : context,
  });
  if (path.endsWith(".json")) return writeFileWhole(path, `${JSON.stringify(scenario, null, 2)}\n`);
  const { stringify } = await import("yaml");
  return writeFileWhole(path, stringify(scenario, { lineWidth: 120 }));
}
