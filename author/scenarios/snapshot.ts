/**
 * Snapshots: what the outcomes of a scenario file were when its author last looked at them and found them right. One file beside the
 * scenario file, written whole or not at all, with the names in order so that changes read well.
 */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { Json } from "../../sandbox/index.ts";
import { readJsonFile, shown } from "../files.ts";
import { InputError } from "../input-error.ts";
import { writeFileWhole } from "../write.ts";

export type Snapshots = ReadonlyMap<string, Json>;

function snapshotPath(scenarioFile: string): string {
  return scenarioFile.replace(/\.[^.]+$/, ".snapshot.json");
}

export async function readSnapshots(scenarioFile: string): Promise<Snapshots> {
  const path = snapshotPath(scenarioFile);
  if (!existsSync(path)) return new Map();
  const value = await readJsonFile(path, "The snapshots", "SCENARIO_INVALID");
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new InputError("SCENARIO_INVALID", `The snapshots ${shown(path)} hold no object; run with --update anew.`);
  }
  return new Map(Object.entries(value) as [string, Json][]);
}

/** Removes the file where nothing is left to keep. */
export async function writeSnapshots(scenarioFile: string, snapshots: Snapshots): Promise<void> {
  const path = snapshotPath(scenarioFile);
  if (snapshots.size === 0) return rm(path, { force: true });
  const sorted = [...snapshots].sort(([left], [right]) => (left < right ? -1 : 1));
  return writeFileWhole(path, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}
