/** The launcher of a runtime, which dies with its host as worker processes do. */
import { findWalls } from "../process/walls.ts";
import { Launcher, type LauncherOptions } from "./launcher.ts";

export function createLauncher(options: Omit<LauncherOptions, "command"> = {}): Launcher {
  return new Launcher({
    ...options,
    command() {
      const { tools, files } = findWalls();
      return [...(tools.setpriv === null ? [] : [tools.setpriv, "--pdeathsig", "KILL", "--"]), files.node];
    },
  });
}
