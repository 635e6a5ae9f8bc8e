/**
 * Walls that a host will not run without: a container can lose one with any change of its image or its settings, and without this only an
 * attacker would notice.
 */
import { WALL_NAMES, type Wall, type WallName } from "../sandbox/index.ts";
import { HostFault } from "../base/fault.ts";

/** Throws a TypeError for what is no list of walls, and `WALL_MISSING` where one of them does not stand. */
export function requireStanding(required: readonly WallName[], walls: () => readonly Wall[]): void {
  if (!Array.isArray(required)) throw new TypeError("requireWalls is not a list of walls (docs/security.md)");
  // A hole in the list, or `undefined` where a setting was not there, is a wall that would not be asked for.
  const unknown = Array.from(required).findIndex((name) => !WALL_NAMES.includes(name));
  if (unknown !== -1)
    throw new TypeError(
      `requireWalls names ${JSON.stringify(required[unknown]) ?? typeof required[unknown]}, which is no wall; there are ${WALL_NAMES.join(", ")} (docs/security.md)`,
    );
  if (required.length === 0) return;
  const missing = walls().filter(({ name, stands }) => !stands && required.includes(name));
  if (missing.length === 0) return;
  const list = missing.map(({ name, note }) => `${name} (${note})`).join(", ");
  throw new HostFault("WALL_MISSING", `Walls that were asked for do not stand: ${list}.`, "never");
}
