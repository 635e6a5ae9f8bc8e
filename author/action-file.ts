/** The one action that a command is pointed at, by its name alone: what cannot be one is refused before anything of it is compiled. */
import { statSync } from "node:fs";
import { extname, resolve } from "node:path";
import { shown } from "./files.ts";
import { InputError } from "./input-error.ts";

const ENDINGS = /^(?:\.[mc]?[tj]sx?|\.py)?$/;

/** Its path; a name without an ending is read as what it holds. */
export function actionFile(given: string): string {
  const path = resolve(given);
  const stats = statOf(path);
  if (stats === undefined) throw unreadable(path, "there is no such file");
  if (stats.isDirectory()) throw unreadable(path, "it is a directory, so name an action in it");
  requireAction(path);
  return path;
}

export function requireAction(path: string): void {
  if (!ENDINGS.test(extname(path)))
    throw new InputError("ACTION_MISSING", `${shown(path)} is no TypeScript, JavaScript or Python file of an action.`);
}

function statOf(path: string): ReturnType<typeof statSync> {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTDIR") return undefined;
    throw unreadable(path, code === "EACCES" ? "this user may not look there" : `it cannot be looked at (${code})`);
  }
}

function unreadable(path: string, why: string): InputError {
  return new InputError("FILE_UNREADABLE", `The action ${shown(path)} cannot be read: ${why}.`);
}
