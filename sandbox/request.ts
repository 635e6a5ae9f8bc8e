/** Requests and options of the sandbox: what a sandbox is made with, what one run asks for, and the face of the sandbox itself. */
import type { EventSource } from "../base/events.ts";
import type { StageMarks } from "../base/stages.ts";
import type { Completion, Json } from "./completion.ts";
import type { SandboxEvent } from "./events.ts";
import type { HostFunctions } from "./host-function.ts";
import type { Optimize } from "./process/engine.ts";
import type { SandboxLimits } from "./limits.ts";
import type { Image } from "./image.ts";
import type { JournalRequest } from "./journal.ts";
import type { Starter } from "./launcher/started.ts";
import type { Walls } from "./process/walls.ts";

export interface SandboxOptions {
  /** What isolates are made of ahead, and what a run without an image of its own is played in. Default: the bootstrap alone. */
  readonly image?: Image;
  /** Worker processes at most. Default: as many as memory and the machine's own bounds allow. */
  readonly workers?: number;
  /** Mebibytes that worker processes may hold together. Default: half of what the machine or the host's cgroup has. */
  readonly memoryBudgetMiB?: number;
  /** Runs that one worker process holds at once. Default 16. */
  readonly runsPerWorker?: number;
  /** Isolates that each worker process holds ready at least; more while runs come in bursts. Default 2; 0 for none. */
  readonly isolatesAhead?: number;
  /** Mebibytes of the isolates made ahead; a run with another limit gets one made for it. */
  readonly memoryMiB?: number;
  /** Milliseconds after which an idle worker process is ended. Default 10,000, and longer for a cordon that comes back while memory allows. */
  readonly idleMs?: number;
  /** Runs that may wait, for each tenant. Default 1,000. */
  readonly queuePerTenant?: number;
  /** Milliseconds that a run may wait before it is refused. Default 30,000. */
  readonly queueMs?: number;
  /** Which of V8's optimizing compilers work. Default: Maglev alone. Without effect where `walls` are given. */
  readonly optimize?: Optimize;
  /** The walls around its worker processes. Default: all that this machine offers. */
  readonly walls?: Walls;
  /** What starts its processes; it is closed by the code that made it. Default: the host itself. */
  readonly starter?: Starter;
  /** A tenant's share of the turns when several wait. Default 1. */
  readonly weightOf?: (tenant: string) => number;
}

export interface RunRequest {
  /** In whose queue it waits. */
  readonly tenant: string;
  /** Runs of different cordons never share a worker process. */
  readonly cordon: string;
  /** Whether it comes before the others that wait. */
  readonly urgent?: boolean;
  /** What the isolates of this run are made of. Default: the sandbox's own image. */
  readonly image?: Image;
  /** The artifact's code, in the form that the image plays. */
  readonly script: Script;
  /** Names to look for in what the artifact brings, first match wins. */
  readonly entryPoints: readonly string[];
  /** JSON text of the one argument that the entry point is called with. */
  readonly input: string;
  /** What each prelude is given at the start of the run, by prelude name. */
  readonly preludeData?: Readonly<Record<string, Json>>;
  readonly hostFunctions: HostFunctions;
  readonly limits: SandboxLimits;
  readonly clock?: RunClock;
  /** Has the run recorded or replayed; its completion then has a journal. */
  readonly journal?: JournalRequest;
  readonly signal?: AbortSignal;
  /** Where the stages of this run are marked, of SANDBOX_STAGES. */
  readonly stages?: StageMarks | undefined;
}

export interface Script {
  readonly code: string;
  /** Content hash; what a worker keeps of a script, V8's code cache say, is kept under it. */
  readonly hash: string;
  /** What the caller made it of, for an engine that shows it to its author; the sandbox does not look at it. */
  readonly origin?: unknown;
}

export interface RunClock {
  /** The guest's clock at the start of the run, ISO 8601. */
  readonly now?: string;
  /** Makes randomness repeatable, and lets time move only at timers and host answers. */
  readonly seed?: string;
}

export interface Sandbox {
  /** Which walls of the operating system stand around its worker processes. */
  readonly walls: Pick<Walls, "list">;
  readonly events: EventSource<SandboxEvent>;
  /** Resolves for every way a run can end; rejects only if the sandbox is closed or no worker process can be started. */
  run(request: RunRequest): Promise<Completion>;
  /** Ends every run, after `drainMs` milliseconds of grace, and every process. */
  close(drainMs?: number): Promise<void>;
}
