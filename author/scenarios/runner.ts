/**
 * Runs scenarios in the real runtime, many at once. Each run is a tenant of its own, so that none sees another's conversations, and
 * all share one cordon, so that they share worker processes. A runtime is kept for each configuration and stays warm.
 */
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { HostFault, createRuntime } from "../../runtime/index.ts";
import type { Handoffs, InvocationInput, Outcome, Recording } from "../../runtime/index.ts";
import type { Replayed, Runtime, RuntimeOptions, Transport } from "../../runtime/index.ts";
import type { Json } from "../../sandbox/index.ts";
import { actionSource, readConfig } from "../config.ts";
import type { Config } from "../config.ts";
import { envFileBeside, readSecrets } from "../env-file.ts";
import { conversationIdOf } from "./load.ts";
import { cannedHttp } from "./canned-http.ts";
import type { ExchangeLog } from "./record.ts";
import { observed } from "./requests.ts";
import type { SentRequest } from "./requests.ts";
import { RoutedHandoffs } from "./routed-handoffs.ts";
import type { Scenario } from "./scenario.ts";
import { type Step, StepRecorder } from "./steps.ts";

/** One run: a scenario that was loaded, or an action with a context. */
export interface ScenarioRun extends Pick<Scenario, "environment" | "now" | "seed" | "limits" | "host" | "http"> {
  readonly action: string;
  readonly context: Json;
  /** Whose conversation it is and who keeps it, where it goes on after the run; its runs come one after another. */
  readonly conversation?: { readonly tenant: string; readonly handoffs: Handoffs };
  /** Listens to the network, for a scenario that is made of the run. */
  readonly exchangeLog?: (secrets: NonNullable<InvocationInput["secrets"]>) => ExchangeLog;
}

export interface RanScenario {
  readonly outcome: Outcome;
  /** Requests that no canned answer was for. */
  readonly unanswered: readonly string[];
  /** Every request that was to be sent, in order. */
  readonly requests: readonly SentRequest[];
  /** What happened when. */
  readonly steps: readonly Step[];
}

export interface RunnerOptions {
  /** How long idle processes are kept ready. */
  readonly idleMs?: number;
  readonly live?: LiveOptions;
  /** Is given the recording of each run, with what its action was compiled to. */
  readonly onRecording?: ((recording: Recording) => void) | undefined;
  /** What makes its runtimes: the debugger's does, in its place. */
  readonly createRuntime?: ((options: RuntimeOptions) => Promise<Runtime>) | undefined;
}

/** Runs without answers of a scenario go over the network, by the configured policy and with real secrets. */
export interface LiveOptions {
  /** The file with the values of secrets; without it `.baton.env` beside the configuration, if there is one. */
  readonly envFile?: string | undefined;
}

interface Open {
  readonly runtime: Runtime;
  readonly handoffs: RoutedHandoffs;
}

export class ScenarioRunner {
  readonly #options: RunnerOptions;
  readonly #open = new Map<string, Promise<Open>>();
  /** What stands in for the network, by tenant. */
  readonly #http = new Map<string, Transport>();
  /** What listens to the network, by tenant. */
  readonly #seen = new Map<string, (network: Transport) => Transport>();
  /** What listens to the runtime, by tenant. */
  readonly #steps = new Map<string, StepRecorder>();
  /** Recorded executions that used all of their CPU time, each with whether it knows a clock: then it may have waited for it to move. */
  readonly #clockWaits = new Map<string, boolean>();
  /** Tenants of runs that are not recorded. */
  readonly #unrecorded = new Set<string>();
  #runs = 0;
  #closed = false;

  constructor(options: RunnerOptions = {}) {
    this.#options = options;
  }

  /** Starts the processes of an action's runtime before anything is asked of them. */
  async warm(action: string): Promise<void> {
    await this.#openFor(await readConfig(dirname(action)));
  }

  async run(run: ScenarioRun, signal?: AbortSignal): Promise<RanScenario> {
    const config = await readConfig(dirname(run.action));
    const ran = await this.#runOnce(config, run, signal);
    // Another run took its worker process down and this one had been seen: it is repeated, for it is no verdict on the scenario.
    const isLost = ran.outcome.error?.code === "WORKER_LOST" && signal?.aborted !== true;
    if (isLost) return this.#runOnce(config, run, signal);
    return (await this.#mayHaveWaitedForClock(run, ran))
      ? this.#runOnce(config, run, signal, { isRecorded: false })
      : ran;
  }

  /** Plays a recorded run of an action again: by itself, or against the code as it is now. */
  async replay(recording: Recording, action: string, { current }: { readonly current: boolean }): Promise<Replayed> {
    const config = await readConfig(dirname(action));
    const { runtime } = await this.#openFor(config);
    return runtime.replay(recording, current ? { action: actionSource(action, config) } : {});
  }

  /**
   * The clock of a recorded run stands still within a turn, so a loop that waits for it ends by its limit there and nowhere else: such a run is
   * repeated as it would be everywhere else, unless a customer would hear it twice.
   */
  async #mayHaveWaitedForClock(run: ScenarioRun, { outcome, requests }: RanScenario): Promise<boolean> {
    if (this.#options.onRecording === undefined || outcome.error?.code !== "CPU_LIMIT") return false;
    const isHeard = run.conversation !== undefined || (requests.length > 0 && this.#isLive(run));
    return (await this.#knowsClock(outcome.executionId)) && run.seed === undefined && !isHeard;
  }

  /** Its recording is made once the outcome is out. One that was dropped says nothing. */
  async #knowsClock(executionId: string): Promise<boolean> {
    for (let tries = 0; tries < 100 && !this.#clockWaits.has(executionId); tries++) await pause(tries);
    const knows = this.#clockWaits.get(executionId) === true;
    this.#clockWaits.delete(executionId);
    return knows;
  }

  /** What compiling says of the action, without running it. */
  async compile(action: string): ReturnType<Runtime["compile"]> {
    const config = await readConfig(dirname(action));
    const { runtime } = await this.#openFor(config);
    return runtime.compile(actionSource(action, config));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(open.map(async (each) => (await each).runtime.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #runOnce(
    config: Config,
    run: ScenarioRun,
    signal?: AbortSignal,
    { isRecorded } = { isRecorded: true },
  ): Promise<RanScenario> {
    const { runtime, handoffs } = await this.#openFor(config);
    const tenant = run.conversation?.tenant ?? `scenario ${++this.#runs}`;
    if (!isRecorded) this.#unrecorded.add(tenant);
    const conversationId = conversationIdOf(run.context);
    if (conversationId !== null && run.host?.handedOff === true) {
      handoffs.memory.markHandedOff({ tenant, conversationId });
      if (run.host.handedBack === true) await handoffs.memory.handBack({ tenant, conversationId });
    }
    const steps = new StepRecorder();
    const { action, context, environment, now, seed, limits } = run;
    const invocation: InvocationInput = {
      action: actionSource(action, config),
      context,
      tenant,
      cordon: "local",
      environment,
      limits,
      ...(now !== undefined && { now: new Date(now).toISOString() }),
      seed,
      signal,
      ...(await this.#secretsOf(config, run)),
    };
    const http = cannedHttp(run.http ?? []);
    const requests: SentRequest[] = [];
    const exchangeLog = run.exchangeLog?.(invocation.secrets ?? {});
    const seen = (network: Transport): Transport => {
      const timed = steps.network(exchangeLog?.through(network) ?? network, () => requests.at(-1) ?? null);
      return observed(timed, invocation.secrets ?? {}, (request) => requests.push(request));
    };
    // What is live goes through the same observer on its way to the network itself.
    if (this.#isLive(run)) this.#seen.set(tenant, seen);
    else this.#http.set(tenant, seen(http));
    this.#steps.set(tenant, steps);
    handoffs.route(tenant, { handoffs: run.conversation?.handoffs, transfer: run.host?.transfer, steps });
    try {
      const outcome = await runtime.execute(invocation);
      return { outcome, unanswered: http.unanswered, requests, steps: steps.stepsOf(outcome) };
    } finally {
      for (const kept of [this.#http, this.#seen, this.#steps, this.#unrecorded]) kept.delete(tenant);
      handoffs.forget(tenant);
    }
  }

  #keep(recording: Recording, onRecording: (recording: Recording) => void): void {
    const { executionId, outcome, action } = recording;
    if (outcome.error?.code === "CPU_LIMIT")
      this.#clockWaits.set(executionId, CLOCK.test(action.artifact?.script ?? ""));
    onRecording(recording);
  }

  #isLive(run: ScenarioRun): boolean {
    return this.#options.live !== undefined && run.http === undefined;
  }

  async #secretsOf({ secrets, folder }: Config, run: ScenarioRun): Promise<Pick<InvocationInput, "secrets">> {
    if (secrets === undefined) return {};
    if (!this.#isLive(run)) return { secrets: standIns(secrets) };
    const path = this.#options.live?.envFile ?? envFileBeside(folder);
    return path === null ? {} : { secrets: await readSecrets(path, secrets) };
  }

  #openFor(config: Config): Promise<Open> {
    // A run that was still reading its files must start no processes that nothing would end.
    if (this.#closed)
      return Promise.reject(new HostFault("RUNTIME_CLOSED", "The runner is closed; nothing ran.", "safe"));
    const key = JSON.stringify(config);
    let open = this.#open.get(key);
    if (open === undefined) {
      open = this.#start(config);
      this.#open.set(key, open);
    }
    return open;
  }

  async #start({ limits, packages, python, egress, engine, requireWalls }: Config): Promise<Open> {
    const handoffs = new RoutedHandoffs();
    const { idleMs, onRecording } = this.#options;
    const runtime = await (this.#options.createRuntime ?? createRuntime)({
      handoffs,
      egress: (tenant) => egress ?? (this.#http.has(tenant) ? ANY_HOST : null),
      network: (tenant) => this.#http.get(tenant) ?? (this.#options.live === undefined ? cannedHttp([]) : null),
      observe: (tenant, network) => this.#seen.get(tenant)?.(network) ?? network,
      ...(limits && { limits }),
      ...(packages && { packages }),
      ...(python && { python }),
      ...(engine && { engine }),
      ...(requireWalls && { requireWalls }),
      ...(onRecording && {
        record: {
          to: (recording) => this.#keep(recording, onRecording),
          each: ({ tenant }) => (this.#unrecorded.has(tenant) ? null : { source: true }),
        },
      }),
      ...(idleMs !== undefined && { idleMs }),
      logger: SILENT,
    });
    runtime.subscribe((event) => {
      if ("tenant" in event && event.tenant !== null) this.#steps.get(event.tenant)?.onEvent(event);
    });
    return { runtime, handoffs };
  }
}

/** How an action would ask what time it is. */
const CLOCK = /\b(?:Date|performance|Temporal|time)\b/;

/** Where the project names no hosts, the bot platform will: a scenario may answer for any. */
const ANY_HOST = { hosts: ["*"], http: true };

/** Secrets that the configuration names, with values that open nothing. */
function standIns(secrets: Config["secrets"]): InvocationInput["secrets"] {
  const entries = Object.entries(secrets ?? {});
  return Object.fromEntries(entries.map(([name, { hosts }]) => [name, { value: `scenario-value-of-${name}`, hosts }]));
}

/** What the host's log would say is in the outcomes that are shown. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
