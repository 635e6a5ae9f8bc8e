/** The face of `baton-runtime`: what a runtime is made of, and what may be asked of it. */
import type { EgressOption, Transport } from "../host-api/fetch/index.ts";
import type { ActionSource, PackageSource } from "../languages/action.ts";
import type { Diagnostic } from "../languages/diagnostic.ts";
import type { LanguageOptions } from "../languages/index.ts";
import type { Optimize, Wall, WallName } from "../sandbox/index.ts";
import type { RuntimeEvent } from "./events.ts";
import type { Handoffs } from "./handoffs/handoffs.ts";
import type { InvocationInput } from "./invocation-input.ts";
import type { RecordOptions } from "./journal/recordings.ts";
import type { Replayed } from "./journal/replay.ts";
import type { LimitsInput } from "./limits.ts";
import type { LoggerLike } from "./log.ts";
import type { Outcome } from "./outcome.ts";

export interface RuntimeOptions extends LanguageOptions {
  /** Limits for every execution; an invocation may set its own. */
  readonly limits?: LimitsInput;
  /** The keeper of hand-offs. Default: in memory, for as long as this runtime lives. */
  readonly handoffs?: Handoffs;
  /**
   * Milliseconds that `handoffs` may take to begin or end an execution or to say where a conversation stands. Default 10,000.
   * Past it, `execute` rejects with `HANDOFFS_UNAVAILABLE` where nothing ran yet, and else settles without that answer.
   */
  readonly storeMs?: number;
  /** Which hosts actions may reach with `fetch`: a policy, or a function that gives a tenant's. Default: none. */
  readonly egress?: EgressOption;
  /**
   * Answers a tenant's requests in the place of the network, for tests; the policy, limits, redirects and secrets stay as they are.
   * Default, and where it gives null: the network.
   */
  readonly network?: (tenant: string) => Transport | null;
  /**
   * Stands before the network, for recordings: what it gives is used in the network's place, and may pass every exchange on to it. It sees
   * requests as they are sent, the values of secrets included.
   */
  readonly observe?: (tenant: string, network: Transport) => Transport;
  /** npm packages that actions may import. Default: none. */
  readonly packages?: PackageSource;
  /** A pino logger or one of its shape. Default: warnings and errors on standard error. */
  readonly logger?: LoggerLike;
  /** Has runs recorded, to be replayed: to a folder or to a function. See docs/replay.md. Default: nothing is. */
  readonly record?: RecordOptions;
  /** Worker processes at most. Default: as many as memory and the machine's own bounds allow. */
  readonly workers?: number;
  /**
   * Mebibytes that worker processes may hold together: past it the one that has been idle for longest goes, and none is started. Default: half of
   * what the machine or the host's cgroup has.
   */
  readonly memoryBudgetMiB?: number;
  /** Runs that one worker process holds at once. Default 16. */
  readonly runsPerWorker?: number;
  /** Isolates that each worker process holds ready at least, and more while runs come in bursts. Default 2; 0 makes each when its run comes. */
  readonly isolatesAhead?: number;
  /** Runs of one tenant that may wait for a place; the next is `refused`. Default 1,000. */
  readonly queuePerTenant?: number;
  /** Milliseconds that a run may wait for a place before it is `refused`, with `QUEUE_TIMEOUT`. Default 30,000. */
  readonly queueMs?: number;
  /** A tenant's share of the turns when several wait: how many runs it gives in a row. Default 1. */
  readonly weightOf?: (tenant: string) => number;
  /**
   * Milliseconds after which idle processes are ended. Default 30,000 for compile processes; for worker processes 10,000, and three times the longest
   * pause of late for a cordon that comes back, up to ten minutes, while memory allows.
   */
  readonly idleMs?: number;
  /**
   * How V8 works for actions. `optimize`: "maglev" (the default) leaves its top tier off, in which many of its exploited holes were; `true` has
   * all its compilers work, `false` none that optimizes.
   */
  readonly engine?: { readonly optimize?: Optimize | undefined };
  /** Walls without which no runtime starts: `createRuntime` then rejects with `WALL_MISSING`. Default: none. */
  readonly requireWalls?: readonly WallName[];
}

export interface Runtime {
  /** Which walls of the operating system stand around the worker processes. */
  readonly walls: readonly Wall[];
  /**
   * Executes an action once and settles it. Whatever the action does ends in an Outcome; rejects with a HostFault
   * for faults of the host: `RUNTIME_CLOSED`, `EXECUTION_MISMATCH`, `HANDOFFS_UNAVAILABLE`, `WORKER_UNAVAILABLE`.
   */
  execute(invocation: InvocationInput): Promise<Outcome>;
  /**
   * Compiles an action ahead; `execute({ action: { hash } })` runs it. `diagnostics` has an error if it does not compile. Compiles that wait are taken
   * in turn by tenant: name the one whose action it is, so that no other waits for it. Default "default".
   */
  compile(
    action: ActionSource,
    options?: { readonly tenant?: string | undefined },
  ): Promise<{ readonly hash: string; readonly diagnostics: readonly Diagnostic[] }>;
  /**
   * Plays a recording again without any effect: nothing is sent, dialled or recorded. With `action`, other code may answer the same
   * conversation, and the differences are listed. Rejects with `RECORDING_INVALID` and `RECORDING_INCOMPLETE`.
   */
  replay(recording: unknown, options?: { readonly action?: ActionSource | undefined }): Promise<Replayed>;
  /** Resolves once the recordings of the runs that have ended by now are kept, or could not be. */
  recorded(): Promise<void>;
  /**
   * Calls `listener` with what happens in this runtime and in its keeper of hand-offs, as it happens; gives what ends that. What each event
   * says stands in docs/events.md; none holds a context, a reason, a value or a number.
   */
  subscribe(listener: (event: RuntimeEvent) => void): () => void;
  /** Ends every run, after `drainMs` milliseconds of grace (default 0), and every process of ours. */
  close(options?: { readonly drainMs?: number }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
