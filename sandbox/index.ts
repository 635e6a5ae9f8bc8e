/**
 * The sandbox runs one script once, in an isolate of its own inside a worker process, and says how it ended.
 * It knows nothing of hand-offs, channels or HTTP: what a script may call arrives as a record of host functions.
 */
import { keepInspectorClosed } from "./process/host-signals.ts";
import { Pool } from "./pool/pool.ts";
import type { Sandbox, SandboxOptions } from "./request.ts";

export { readAsset } from "./assets.ts";
export type { Completion, GuestError, Json, LogLine, OpenWork, RunEnd, Usage } from "./completion.ts";
export { SandboxError } from "./errors.ts";
export { HostCallError } from "./host-function.ts";
export type { HostAnswer, HostCall, HostFunction, HostFunctions } from "./host-function.ts";
export { DEFAULT_SANDBOX_LIMITS } from "./limits.ts";
export type { SandboxLimits } from "./limits.ts";
export { OPTIMIZE_VALUES } from "./process/engine.ts";
export type { Optimize } from "./process/engine.ts";
export { type WorkerCgroup, makeCgroups } from "./process/cgroup.ts";
export { createLauncher } from "./launcher/index.ts";
export type { Launcher } from "./launcher/launcher.ts";
export { DIRECTLY, whenUp } from "./launcher/started.ts";
export type { Channel, Started, StartedProcess, Starter } from "./launcher/started.ts";
export { endGroup } from "./process/launch.ts";
export { MAX_DEPTH, isDeep } from "./protocol/result-text.ts";
export { WALL_NAMES } from "./process/wall.ts";
export { findWalls, isOpenToAll, prefixForReader } from "./process/walls.ts";
export { SANDBOX_EVENTS } from "./events.ts";
export { SANDBOX_STAGES } from "./stages.ts";
export type { SandboxEvent } from "./events.ts";
export { SCRIPTS, scriptImage } from "./image.ts";
export type { Image, Prelude, Rehearsal } from "./image.ts";
export { MAX_TURNS, readWorkerJournal, replySchema, turnSchema } from "./journal.ts";
export type { Journal, JournalRequest, MadeCall, Turn, WorkerJournal, WorkerReply } from "./journal.ts";
export type { Wall, WallName } from "./process/wall.ts";
export type { Walls } from "./process/walls.ts";
export type { RunClock, RunRequest, Sandbox, SandboxOptions, Script } from "./request.ts";

export function createSandbox(options: SandboxOptions = {}): Sandbox {
  keepInspectorClosed();
  return new Pool(options);
}
