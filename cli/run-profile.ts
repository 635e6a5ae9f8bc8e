/** `baton run --profile`: writes where the time of a run went. A profile takes the place of a profile, never of another file. */
import { existsSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { shown } from "../author/files.ts";
import { InputError } from "../author/input-error.ts";
import { writeFileWhole } from "../author/write.ts";
import type { Debugger } from "../debug/index.ts";
import type { Io } from "./command.ts";
import type { Arguments } from "./flags.ts";
import { requireJavaScript } from "./inspect.ts";

const ENDING = ".cpuprofile";
/** What a profile begins with, in any program that writes one. */
const BEGINNING = '{"nodes":';

/** Where the profile is to be written, if one is asked for and can be. */
export async function readProfilePath({ switches, values }: Arguments, action: string): Promise<string | null> {
  if (!switches.has("profile")) return null;
  await requireJavaScript(action, "profile");
  const given = values.get("profile");
  const path = resolve(given ?? `${basename(action).replace(/\.\w+$/, "")}${ENDING}`);
  if (!path.endsWith(ENDING)) throw new InputError("BAD_FLAG", `--profile needs a file whose name ends in ${ENDING}.`);
  if (!existsSync(dirname(path)))
    throw new InputError(
      "FILE_UNWRITABLE",
      `${shown(path)} cannot be written: there is no folder ${shown(dirname(path))}.`,
    );
  if (await isOther(path))
    throw new InputError("FILE_UNWRITABLE", `${shown(path)} is there already and is no profile: name another file.`);
  return path;
}

async function isOther(path: string): Promise<boolean> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  if (!stats.isFile()) return true;
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(BEGINNING.length), 0, BEGINNING.length, 0);
  return stats.size > 0 && buffer.toString("latin1") !== BEGINNING;
}

export async function keepProfile(debug: Debugger, path: string, io: Pick<Io, "stderr">): Promise<void> {
  const profile = await debug.takeProfile();
  if (profile === null) {
    io.stderr.write("note: there is no profile: the process went before it could be written.\n");
    return;
  }
  await writeFileWhole(path, `${JSON.stringify(profile)}\n`);
  io.stderr.write(`note: profiled to ${shown(path)}; VS Code and Chrome DevTools open it.\n`);
}
