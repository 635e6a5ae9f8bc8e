/** `baton run --record FILE`: writes what happened as a scenario. A file that is there already is somebody's, and stays. */
import { existsSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { shown } from "../author/files.ts";
import { InputError } from "../author/input-error.ts";
import type { Recorded } from "../author/scenarios/record.ts";
import { writeFileWhole } from "../author/write.ts";

const FORM = /\.scenario\.(?:ya?ml|json)$/;

/** The path that `--record` names, if a recording can be written there. */
export function readRecordPath(given: string | undefined): string | null {
  if (given === undefined) return null;
  const path = resolve(given);
  if (!FORM.test(path)) {
    throw new InputError("BAD_FLAG", `--record needs a file whose name ends in .scenario.yaml or .scenario.json.`);
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

export async function writeRecording(path: string, recorded: Recorded): Promise<void> {
  const { scenarioOf } = await import("../author/scenarios/record.ts");
  const seenFrom = (file: string): string => {
    const way = relative(dirname(path), file).split(sep).join("/");
    return way.startsWith(".") ? way : `./${way}`;
  };
  const { action, context } = recorded;
  const scenario = scenarioOf({
    ...recorded,
    action: seenFrom(action),
    context: typeof context === "string" ? seenFrom(context) : context,
  });
  if (path.endsWith(".json")) return writeFileWhole(path, `${JSON.stringify(scenario, null, 2)}\n`);
  const { stringify } = await import("yaml");
  return writeFileWhole(path, stringify(scenario, { lineWidth: 120 }));
}
