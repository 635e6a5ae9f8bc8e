/**
 * The sandbox runs one script once, in an isolate of its own inside a worker process, and says how it ended.
 * It knows nothing of hand-offs, channels or HTTP: what a script may call arrives as a record of host functions.
 */
import type { Completion, Json } from "./completion.ts";
import type { HostFunctions } from "./host-function.ts";
import type { SandboxLimits } from "./limits.ts";

export type { Completion, GuestError, Json, LogLine, RunEnd, Usage } from "./completion.ts";
export { HostCallError } from "./host-function.ts";
export type { HostAnswer, HostCall, HostFunction, HostFunctions } from "./host-function.ts";
export { DEFAULT_SANDBOX_LIMITS } from "./limits.ts";
export type { SandboxLimits } from "./limits.ts";

export interface SandboxOptions {
  /** Guest scripts that run in every isolate before the script does; each evaluates to `(bridge) => void`. */
  readonly preludes?: readonly Prelude[];
}

export interface Prelude {
  readonly name: string;
  readonly code: string;
}

export interface RunRequest {
  /** Runs of different cordons never share a worker process. */
  readonly cordon: string;
  /** Evaluates to `(exports, module) => void`, a CommonJS body. */
  readonly script: Script;
  /** Export names to look for, first match wins. */
  readonly entryPoints: readonly string[];
  /** JSON text of the one argument that the entry point is called with. */
  readonly input: string;
  /** What each prelude is given at the start of the run, by prelude name. */
  readonly preludeData?: Readonly<Record<string, Json>>;
  readonly hostFunctions: HostFunctions;
  readonly limits: SandboxLimits;
  readonly clock?: RunClock;
  readonly signal?: AbortSignal;
}

export interface Script {
  readonly code: string;
  /** Content hash; runs of the same hash share V8's code cache. */
  readonly hash: string;
}

export interface RunClock {
  /** The guest's clock at the start of the run, ISO 8601. */
  readonly now?: string;
  /** Makes randomness repeatable, and lets time move only at timers and host answers. */
  readonly seed?: string;
}

export interface Sandbox {
  /** Resolves for every way a run can end; rejects only if the sandbox is closed or no worker process can be started. */
  run(request: RunRequest): Promise<Completion>;
  close(): Promise<void>;
}
