/**
 * The composition of a runtime: its processes are started first, and the modules that only a run needs are read while they start. `close` takes
 * everything down in the order that leaves no run without an end.
 */
import { joinSources, type EventSource } from "../base/events.ts";
import { HostFault } from "../base/fault.ts";
import { settledWithin } from "../base/time.ts";
import { readNumberingPlans } from "../host-api/phone.ts";
import type { Compiled } from "../languages/action.ts";
import { createCompiler } from "../languages/compile/compiler.ts";
import { type Languages, readSettings } from "../languages/index.ts";
import {
  type Launcher,
  type Optimize,
  type Sandbox,
  type SandboxOptions,
  createLauncher,
  createSandbox,
  findWalls,
} from "../sandbox/index.ts";
import type { RuntimeEvent } from "./events.ts";
import { boundedHandoffs } from "./handoffs/bounded.ts";
import { createMemoryHandoffs } from "./handoffs/memory.ts";
import type { Replayed } from "./journal/replay.ts";
import { DEFAULT_LIMITS, type Limits, withLimits } from "./limits.ts";
import { readDrainMs, readListener, readReplaying, readRuntimeOptions, readTenant } from "./options.ts";
import type { Parts } from "./parts.ts";
import { requireStanding } from "./required-walls.ts";
import type { Runtime, RuntimeOptions } from "./runtime.ts";

const STORE_MS = 10_000;
/** By then the processes are up. A phone transfer that comes earlier reads the numbering plans itself. */
const PLANS_MS = 1_000;

/** Makes what plays the runs of a runtime. `compiled` finds what an action was compiled to, by its hash. */
export type SandboxMaker = (options: SandboxOptions, compiled: (hash: string) => Promise<Compiled>) => Sandbox;

/** `createRuntime` with the languages and the sandbox handed in: tests bring a language of their own, and the debugger its engine. */
export async function composeRuntime(
  given: RuntimeOptions,
  languages: Languages,
  makeSandbox: SandboxMaker = createSandbox,
): Promise<Runtime> {
  const options = readRuntimeOptions(given);
  const optimize = options.engine?.optimize ?? "maglev";
  requireStanding(options.requireWalls ?? [], () => findWalls(optimize).list);
  const limits = withLimits(DEFAULT_LIMITS, options.limits);
  const closing = new AbortController();
  const launcher = createLauncher();
  const parts = await openParts({ options, languages, limits, optimize, makeSandbox, launcher }, closing.signal);
  const { execute } = await import("./execute.ts");
  const plans = setTimeout(readNumberingPlans, PLANS_MS).unref();
  const events = eventsOf(parts, options);
  const walls = parts.sandbox.walls.list;
  parts.log.walls(walls);
  const inFlight = new InFlight();
  let closed: Promise<void> | null = null;

  async function close(drainMs: number): Promise<void> {
    clearTimeout(plans);
    await inFlight.end(drainMs, async () => {
      closing.abort();
      await parts.sandbox.close();
      await parts.compiler.close();
      await parts.argsChecker.close();
    });
    await launcher.close();
    await parts.egress.close();
    await parts.recordings?.kept();
  }

  const runtime: Runtime = {
    walls,
    execute: (invocation) => inFlight.begin(() => execute(parts, invocation)),
    compile: (action, given) =>
      inFlight.begin(async () => {
        const tenant = readTenant(given);
        const { checkedAction } = await import("./invocation.ts");
        const compiled = await parts.compiler.compile(checkedAction(action, "compile"), limits, tenant);
        return { hash: compiled.hash, diagnostics: compiled.ok ? compiled.warnings : compiled.diagnostics };
      }),
    replay: (recording, given) =>
      inFlight.begin(async () => replayRecording(parts, recording, readReplaying(given).action)),
    recorded: async () => parts.recordings?.kept(),
    subscribe: (listener) => events.subscribe(readListener(listener)),
    close: async (given) => (closed ??= close(readDrainMs(given))),
    [Symbol.asyncDispose]: () => runtime.close(),
  };
  return runtime;
}

interface Starting {
  readonly options: RuntimeOptions;
  readonly languages: Languages;
  readonly limits: Limits;
  readonly optimize: Optimize;
  readonly makeSandbox: SandboxMaker;
  readonly launcher: Launcher;
}

async function openParts(starting: Starting, closed: AbortSignal): Promise<Parts> {
  const { options, languages, limits } = starting;
  const { record, storeMs = STORE_MS, network, observe } = options;
  const openRecordings = record !== undefined && (await import("./journal/recordings.ts")).recordingsOf(record);
  const { compiler, sandbox } = startProcesses(starting);
  const [{ createExecutionEvents }, { createEgress }, { createHostLog }, { createArgsChecker }] = await Promise.all([
    import("./events.ts"),
    import("../host-api/fetch/index.ts"),
    import("./log.ts"),
    import("./args/checker.ts"),
    import("./execute.ts"),
  ]);
  const log = createHostLog(options.logger);
  return {
    limits,
    languages,
    ...(openRecordings && { recordings: openRecordings(log) }),
    handoffs: boundedHandoffs(options.handoffs ?? createMemoryHandoffs(), { storeMs, closed }),
    log,
    events: createExecutionEvents(),
    compiler,
    argsChecker: createArgsChecker(),
    egress: createEgress(options.egress, { ...(network && { network }), ...(observe && { observe }) }),
    sandbox,
  };
}

/** The compile process first: trying the walls of the worker processes keeps this one busy, and that one starts meanwhile. */
function startProcesses({
  options,
  languages,
  limits,
  optimize,
  makeSandbox,
  launcher,
}: Starting): Pick<Parts, "compiler" | "sandbox"> {
  const { idleMs, queuePerTenant } = options;
  const compiler = createCompiler({
    languages,
    packages: options.packages,
    settings: readSettings(languages, options),
    queuePerTenant,
    starter: launcher,
    ...(idleMs === undefined ? {} : { idleMs }),
  });
  compiler.startAhead();
  const asked: SandboxOptions = {
    image: languages.imageOf(languages.all[0]!),
    memoryMiB: limits.memoryMiB,
    optimize,
    starter: launcher,
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

function eventsOf({ events, compiler, sandbox, log }: Parts, { handoffs }: RuntimeOptions): EventSource<RuntimeEvent> {
  const sources: EventSource<RuntimeEvent>[] = [events.source, compiler.events, sandbox.events];
  if (handoffs?.events !== undefined) sources.push(handoffs.events);
  // The log reads the sandbox's events alone: an event that nothing reads is not made.
  sandbox.events.subscribe((event) => log.read(event));
  return joinSources(...sources);
}

async function replayRecording(parts: Parts, recording: unknown, action: unknown): Promise<Replayed> {
  const [{ readGiven }, { replay }, { checkedAction }] = await Promise.all([
    import("./journal/reading.ts"),
    import("./journal/replay.ts"),
    import("./invocation.ts"),
  ]);
  const chosen = action === undefined ? null : checkedAction(action, "replay: action");
  const read = await readGiven(recording);
  const given = chosen === null ? undefined : await parts.compiler.compile(chosen, read.limits, read.tenant);
  return replay(parts, read, given);
}

/** The calls of a runtime that have not ended. From the beginning of `end` on, new ones are refused. */
class InFlight {
  readonly #calls = new Set<Promise<unknown>>();
  #isEnding = false;

  begin<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isEnding) return Promise.reject(closedFault());
    const result: Promise<T> = work().then(
      (value) => {
        this.#calls.delete(result);
        return value;
      },
      (error: unknown) => {
        this.#calls.delete(result);
        throw this.#isEnding && isOfAClosedPart(error) ? closedFault() : error;
      },
    );
    this.#calls.add(result);
    return result;
  }

  /** Calls that are still compiling when the drain begins are to run, so `closeParts` comes after it. */
  async end(drainMs: number, closeParts: () => Promise<void>): Promise<void> {
    this.#isEnding = true;
    if (drainMs > 0) await settledWithin(Promise.allSettled(this.#calls), drainMs);
    await closeParts();
    await Promise.allSettled(this.#calls);
  }
}

const closedFault = (): HostFault => new HostFault("RUNTIME_CLOSED", "The runtime is closed; nothing ran.", "safe");

/** What an execution that was still compiling or waiting meets when the runtime closes around it. */
function isOfAClosedPart(error: unknown): boolean {
  return error instanceof HostFault && (error.code === "SANDBOX_CLOSED" || error.code === "COMPILER_CLOSED");
}
