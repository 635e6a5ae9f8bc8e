/** The names of the walls around a worker process, and what is known of one on this machine. */
export interface Wall {
  readonly name: WallName;
  readonly stands: boolean;
  /** What holds it up, or why it is missing. */
  readonly note: string;
}

export const WALL_NAMES = [
  "environment",
  "descriptors",
  "permission",
  "core-files",
  "ends-with-host",
  "network",
  "read-only-view",
  "processes",
  "nobody",
  "no-new-privileges",
  "memory-cgroup",
  "no-optimizer",
] as const;

export type WallName = (typeof WALL_NAMES)[number];
