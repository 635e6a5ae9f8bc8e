/**
 * `baton-runtime`: executes actions in walled isolates and keeps their hand-offs. Importing it starts nothing, and reads only what
 * starting the processes needs: the rest is read while they start.
 */
import type { EgressOption, Transport } from "../host-api/fetch/index.ts";
import { readNumberingPlans } from "../host-api/phone.ts";
import {
  OPTIMIZE_VALUES,
  type Optimize,
  type Sandbox,
  type SandboxOptions,
  type Wall,
  type WallName,
  createSandbox,
  findWalls,
} from "../sandbox/index.ts";
import type { ActionSource, Compiled, PackageSource } from "../languages/action.ts";
import { joinSources, type EventSource } from "../base/events.ts";
import { settledWithin } from "../base/time.ts";
import type { RuntimeEvent } from "./events.ts";
import { boundedHandoffs } from "./handoffs/bounded.ts";
import { createCompiler } from "../languages/compile/compiler.ts";
import type { Diagnostic } from "../languages/diagnostic.ts";
import { HostFault } from "../base/fault.ts";
import type { Parts } from "./parts.ts";
import type { Handoffs } from "./handoffs/handoffs.ts";
import type { InvocationInput } from "./invocation.ts";
import { DEFAULT_LIMITS, type Limits, type LimitsInput, withLimits } from "./limits.ts";
import type { LoggerLike } from "./log.ts";
import { createMemoryHandoffs } from "./handoffs/memory.ts";
import type { Outcome } from "./outcome.ts";
import { type LanguageOptions, type Languages, readSettings, shippedLanguages } from "../languages/index.ts";
import type { RecordOptions } from "./journal/recordings.ts";
import type { Replayed } from "./journal/replay.ts";
import { readRuntimeOptions } from "./options.ts";
import { requireStanding } from "./required-walls.ts";

export type { ActionSource, PackageSource } from "../languages/action.ts";
export type { Context } from "./context.ts";
export type { RuntimeEvent } from "./events.ts";
export type { Diagnostic } from "../languages/diagnostic.ts";
export { HostFault } from "../base/fault.ts";
export { OptionsError } from "../base/options.ts";
export type * from "./handoffs/handoffs.ts";
export type {
  EgressOption,
  EgressPolicy,
  Exchange,
  RawResponse,
  Secret,
  Secrets,
  Transport,
} from "../host-api/fetch/index.ts";
export type { InvocationInput } from "./invocation.ts";
export { DEFAULT_LIMITS, type Limits, type LimitsInput } from "./limits.ts";
export type { LoggerLike } from "./log.ts";
export { type MemoryHandoffs, type MemoryHandoffsOptions, createMemoryHandoffs } from "./handoffs/memory.ts";
export type {
  DiscardedOutcome,
  Handoff,
  Outcome,
  OutcomeError,
  ReturnedOutcome,
  Status,
  UnreturnedOutcome,
  Warning,
} from "./outcome.ts";
export type {
  CallErrorCode,
  EgressErrorCode,
  FindingCode,
  HostFaultCode,
  OutcomeErrorCode,
  WarningCode,
} from "../base/catalogue.ts";
export type { RecordOptions } from "./journal/recordings.ts";
export type { Recording } from "./journal/recording.ts";
export type { Difference } from "./journal/compare.ts";
export type { Replayed } from "./journal/replay.ts";
export type { Divergence, ShownCall } from "./journal/script.ts";
export type { Environment, Intent, IntentKind, Verdict } from "../host-api/index.ts";
export type { Json, LogLine, Usage, Wall, WallName } from "../sandbox/index.ts";

export interface RuntimeOptions extends LanguageOptions {
  /** Limits for every execution; an invocation may set its own. */
  readonly limits?: LimitsInput;
  /** Who keeps hand-offs. Default: in memory, for as long as this runtime lives. */
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
  /** Compiles an action ahead; `execute({ action: { hash } })` runs it. `diagnostics` has an error if it does not compile. */
  compile(action: ActionSource): Promise<{ readonly hash: string; readonly diagnostics: readonly Diagnostic[] }>;
  /**
   * Plays a recording again without any effect: nothing is sent, dialled or recorded. With `action`, other code may answer the same
   * conversation, and what it does otherwise is told. Rejects with `RECORDING_INVALID` and `RECORDING_INCOMPLETE`.
   */
  replay(recording: unknown, options?: { readonly action?: ActionSource | undefined }): Promise<Replayed>;
  /**
   * Calls `listener` with what happens in this runtime and in its keeper of hand-offs, as it happens; gives what ends that. What each event
   * says stands in docs/events.md; none holds a context, a reason, a value or a number.
   */
  subscribe(listener: (event: RuntimeEvent) => void): () => void;
  /** Ends every run, after `drainMs` milliseconds of grace (default 0), and every process of ours. */
  close(options?: { readonly drainMs?: number }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const STORE_MS = 10_000;

/** Rejects with an OptionsError, which is a TypeError, for options that are not valid. */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  return composeRuntime(options, shippedLanguages());
}

/** Makes what plays the runs of a runtime. `compiled` finds what an action was compiled to, by its hash. */
export type SandboxMaker = (options: SandboxOptions, compiled: (hash: string) => Promise<Compiled>) => Sandbox;

/** The same with other languages than the shipped ones, or played by something else than the sandbox; not exported by the package. */
export async function composeRuntime(
  given: RuntimeOptions,
  languages: Languages,
  makeSandbox: SandboxMaker = createSandbox,
): Promise<Runtime> {
  const options = readRuntimeOptions(given);
  const limits = withLimits(DEFAULT_LIMITS, options.limits);
  const { storeMs = STORE_MS } = options;
  const optimize = optimizeOf(options.engine);
  requireStanding(options.requireWalls ?? [], () => findWalls(optimize).list);
  const openRecordings = options.record && (await import("./journal/recordings.ts")).recordingsOf(options.record);
  const closed = new AbortController();
  const { compiler, sandbox } = startProcesses({ options, languages, limits, optimize, makeSandbox });
  const [{ execute }, { createExecutionEvents }, { createEgress }, { createHostLog }, { createArgsChecker }] =
    await Promise.all([
      import("./execute.ts"),
      import("./events.ts"),
      import("../host-api/fetch/index.ts"),
      import("./log.ts"),
      import("./args/checker.ts"),
    ]);
  const log = createHostLog(options.logger);
  const parts: Parts = {
    limits,
    languages,
    ...(openRecordings && { recordings: openRecordings(log) }),
    handoffs: boundedHandoffs(options.handoffs ?? createMemoryHandoffs(), { storeMs, closed: closed.signal }),
    log,
    events: createExecutionEvents(),
    compiler,
    argsChecker: createArgsChecker(),
    egress: createEgress(options.egress, {
      ...(options.network && { network: options.network }),
      ...(options.observe && { observe: options.observe }),
    }),
    sandbox,
  };
  const plans = setTimeout(readNumberingPlans, PLANS_MS).unref();
  const sources: EventSource<RuntimeEvent>[] = [parts.events.source, compiler.events, sandbox.events];
  if (options.handoffs?.events !== undefined) sources.push(options.handoffs.events);
  const events = joinSources(...sources);
  // Of the others it reads none, and an event that nothing reads is not made.
  sandbox.events.subscribe((event) => parts.log.read(event));
  const walls = parts.sandbox.walls.list;
  parts.log.walls(walls);
  const running = new Set<Promise<unknown>>();
  let closing: Promise<void> | null = null;

  function open<T>(work: () => Promise<T>): Promise<T> {
    if (closing !== null) return Promise.reject(closedFault());
    const result = work().catch((error: unknown) => {
      throw closing !== null && isOfAClosedPart(error) ? closedFault() : error;
    });
    running.add(result);
    const forget = (): void => void running.delete(result);
    result.then(forget, forget);
    return result;
  }

  async function close(drainMs: number): Promise<void> {
    clearTimeout(plans);
    // Executions that are still compiling when the drain begins are to run, so the sandbox closes after it.
    if (drainMs > 0) await settledWithin(Promise.allSettled(running), drainMs);
    closed.abort();
    await parts.sandbox.close();
    await parts.compiler.close();
    await parts.argsChecker.close();
    await Promise.allSettled(running);
    await parts.egress.close();
    await parts.recordings?.close();
  }

  const runtime: Runtime = {
    walls,
    execute: (invocation) => open(() => execute(parts, invocation)),
    compile: (action) =>
      open(async () => {
        const compiled = await parts.compiler.compile(action, limits);
        return { hash: compiled.hash, diagnostics: compiled.ok ? compiled.warnings : compiled.diagnostics };
      }),
    replay: (recording, { action } = {}) =>
      open(async () => {
        const [{ readRecording }, { replay }] = await Promise.all([
          import("./journal/recording.ts"),
          import("./journal/replay.ts"),
        ]);
        const read = readRecording(recording);
        const given = action && (await parts.compiler.compile(action, read.limits, read.tenant));
        return replay(parts, read, given);
      }),
    subscribe: (listener) => events.subscribe(listener),
    close: ({ drainMs = 0 } = {}) => (closing ??= close(drainMs)),
    [Symbol.asyncDispose]: () => runtime.close(),
  };
  return runtime;
}

/** By then the processes are up. A phone transfer that comes earlier reads them itself. */
const PLANS_MS = 1_000;

interface Starting {
  readonly options: RuntimeOptions;
  readonly languages: Languages;
  readonly limits: Limits;
  readonly optimize: Optimize;
  readonly makeSandbox: SandboxMaker;
}

/** The compile process first: trying the walls of the worker processes keeps this one busy, and that one starts meanwhile. */
function startProcesses({
  options,
  languages,
  limits,
  optimize,
  makeSandbox,
}: Starting): Pick<Parts, "compiler" | "sandbox"> {
  const { idleMs, queuePerTenant } = options;
  const compiler = createCompiler({
    languages,
    packages: options.packages,
    settings: readSettings(languages, options),
    queuePerTenant,
    ...(idleMs === undefined ? {} : { idleMs }),
  });
  compiler.startAhead();
  const asked: SandboxOptions = {
    image: languages.imageOf(languages.all[0]!),
    memoryMiB: limits.memoryMiB,
    optimize,
    ...poolOptions(options),
  };
  const sandbox = makeSandbox(asked, (hash) => compiler.compile({ hash }, limits));
  return { compiler, sandbox };
}

const POOL_OPTIONS = [
  "workers",
  "memoryBudgetMiB",
  "runsPerWorker",
  "isolatesAhead",
  "queuePerTenant",
  "queueMs",
  "weightOf",
  "idleMs",
] as const satisfies readonly (keyof RuntimeOptions & keyof SandboxOptions)[];

/** What was given of them. */
function poolOptions(options: RuntimeOptions): Pick<SandboxOptions, (typeof POOL_OPTIONS)[number]> {
  const given = POOL_OPTIONS.filter((key) => options[key] !== undefined);
  return Object.fromEntries(given.map((key) => [key, options[key]]));
}

function optimizeOf(engine: unknown): Optimize {
  if (engine === undefined) return "maglev";
  if (typeof engine !== "object" || engine === null) throw new TypeError("engine is not an object (docs/security.md)");
  const unknown = Object.keys(engine).find((key) => key !== "optimize");
  if (unknown !== undefined) throw new TypeError(`engine.${unknown} is not known (docs/security.md)`);
  const { optimize = "maglev" } = engine as { optimize?: Optimize };
  if (OPTIMIZE_VALUES.includes(optimize)) return optimize;
  throw new TypeError('engine.optimize is none of "maglev", true and false (docs/security.md)');
}

const closedFault = (): HostFault => new HostFault("RUNTIME_CLOSED", "The runtime is closed; nothing ran.", "safe");

/** What an execution that was still compiling or waiting meets when the runtime closes around it. */
function isOfAClosedPart(error: unknown): boolean {
  return error instanceof HostFault && (error.code === "SANDBOX_CLOSED" || error.code === "COMPILER_CLOSED");
}
