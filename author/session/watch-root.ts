/** The folder that a session watches: the whole project, because contexts and the configuration lie beside the folder of the actions. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { findConfig } from "../config.ts";

export function watchRoot(folder: string): string {
  const config = findConfig(folder);
  if (config !== null && isNear(dirname(config), folder)) return dirname(config);
  const parent = dirname(folder);
  const isActions = basename(folder) === "actions" && parent !== homedir();
  return isActions && ["contexts", "package.json"].some((name) => existsSync(join(parent, name))) ? parent : folder;
}

/** A configuration far above may be that of a whole disk. */
function isNear(above: string, folder: string): boolean {
  for (let at = folder, steps = 0; steps <= 3; at = dirname(at), steps += 1)
    if (at === above) return above !== homedir();
  return false;
}
