/**
 * Walls that a host will not run without: a container can lose one with any change of its image or its settings, and without this only an
 * attacker would notice.
 */
import type { Wall, WallName } from "../sandbox/index.ts";
import { HostFault } from "../base/fault.ts";

/** Throws `WALL_MISSING` where one of them does not stand. */
export function requireStanding(required: readonly WallName[], walls: () => readonly Wall[]): void {
  if (required.length === 0) return;
  const missing = walls().filter(({ name, stands }) => !stands && required.includes(name));
  if (missing.length === 0) return;
  const list = missing.map(({ name, note }) => `${name} (${note})`).join(", ");
  throw new HostFault("WALL_MISSING", `Walls that were asked for do not stand: ${list}.`, "never");
}
