/** Health: whether this node takes work. Readiness falls first when it is being stopped, so that the balancer is gone before the node is. */
import { draining } from "./executions/scheduler.ts";
import { ProblemError } from "./fault.ts";
import type { Parts } from "./parts.ts";
import type { Settings } from "./settings.ts";

/** A node that has had no answer of the store for so long may not know that a key was revoked. */
export const SILENT_MS = 5_000;

/** Throws what a request to run something is answered while this node takes none. */
export function refuseWork({ draining: isDraining, settings, runtime }: Parts): void {
  if (isDraining()) throw draining();
  const missing = missingWalls(settings.requireWalls, runtime.walls);
  if (missing.length === 0) return;
  const message = `This node runs nothing: walls that it has to have do not stand (${missing.join(", ")}).`;
  throw new ProblemError(503, "WALL_MISSING", message, { retryAfter: 10 });
}

export interface Readiness {
  readonly ready: boolean;
  /** By name: "ok", or what is wrong. */
  readonly checks: Readonly<Record<string, string>>;
}

export function readiness(parts: Parts): Readiness {
  const silent = parts.registry.silentMs();
  const missing = missingWalls(parts.settings.requireWalls, parts.runtime.walls);
  const unknownKey = parts.registry.unknownKey();
  const checks = {
    draining: parts.draining() ? "this node is being stopped" : "ok",
    store: silent > SILENT_MS ? `not heard of for ${Math.round(silent / 1000)} s` : "ok",
    secrets: unknownKey === null ? "ok" : `sealed under the key ${unknownKey}, which this node does not have`,
    walls: missing.length > 0 ? `missing: ${missing.join(", ")}` : "ok",
  };
  return { ready: Object.values(checks).every((text) => text === "ok"), checks };
}

/** The walls that are required and do not stand. `memory-cgroup` alone depends on what the operator delegates, so `true` leaves it out. */
export function missingWalls(
  required: Settings["requireWalls"],
  walls: readonly { readonly name: string; readonly stands: boolean }[],
): string[] {
  if (required === false) return [];
  const names = required === true ? walls.map(({ name }) => name).filter((name) => name !== "memory-cgroup") : required;
  return names.filter((name) => !walls.some((wall) => wall.name === name && wall.stands));
}

export function takesWork(parts: Parts): boolean {
  return !parts.draining() && missingWalls(parts.settings.requireWalls, parts.runtime.walls).length === 0;
}
