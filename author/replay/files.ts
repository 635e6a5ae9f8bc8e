/** Recordings on disk: read as what they may be, hostile; a folder's in the order of their names, which is that of their runs. */
import { readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { HostFault } from "../../base/fault.ts";
import { type Recording, readRecording } from "../../runtime/journal/recording.ts";
import { readTextFile, shown } from "../files.ts";
import { InputError } from "../input-error.ts";
import { writeFileWhole } from "../write.ts";
import { RECORDING_FORM, seenFrom } from "./names.ts";

export async function readRecordingFile(path: string): Promise<Recording> {
  const text = await readTextFile(path, "The recording");
  try {
    return readRecording(text);
  } catch (error) {
    throw asInput(error, path);
  }
}

/** A recording that cannot be used is a mistake of what was typed. */
export function asInput(error: unknown, path: string): unknown {
  if (!(error instanceof HostFault)) return error;
  if (error.code !== "RECORDING_INVALID" && error.code !== "RECORDING_INCOMPLETE") return error;
  const sentence = error.message.replace(/^The recording/, `The recording ${shown(path)}`);
  return new InputError(error.code, sentence);
}

export async function listRecordings(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const files = names.filter((name) => RECORDING_FORM.test(name)).toSorted();
  if (files.length > 0) return files.map((name) => join(folder, name));
  throw new InputError("RECORDING_MISSING", `There is no file that ends in .recording.json below ${shown(folder)}.`);
}

/** With where the action lies, seen from the recording. */
export async function writeRecordingFile(path: string, recording: Recording, action: string): Promise<void> {
  const file = seenFrom(path, action);
  const whole = { ...recording, action: { ...recording.action, file } };
  await writeFileWhole(path, `${JSON.stringify(whole, null, 2)}\n`);
}

/** The action's file, as the recording names it. */
export function actionFileOf(path: string, { action }: Recording): string | null {
  return action.file === undefined ? null : resolve(dirname(path), action.file);
}
