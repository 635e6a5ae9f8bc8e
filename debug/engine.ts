/**
 * The debug engine plays runs one at a time, in the order in which they came, in one process that stays while a client is attached to it. A run
 * goes by the rules of the sandbox: what it may ask, what it may use, how it ends.
 */
import type { Completion, Image, RunEnd, RunRequest } from "../sandbox/index.ts";
import { SandboxError } from "../sandbox/index.ts";
import { HostRun } from "../sandbox/pool/host-run.ts";
import type { EndedFrame, SyncCallFrame } from "../sandbox/protocol/worker-frames.ts";
import { readResult } from "../sandbox/protocol/result-text.ts";
import type { AnyWorkerFrame, DebugStart } from "./frames.ts";
import { NAME_PRELUDE, withDebugScripts } from "./image.ts";
import { InspectorPort, type InspectOptions } from "./inspector-port.ts";
import { type DebugExit, DebugProcess } from "./process.ts";
import type { ShownScript } from "./script.ts";

export interface EngineOptions {
  readonly inspect?: InspectOptions | undefined;
  readonly coverage?: boolean | undefined;
  readonly profile?: boolean | undefined;
  readonly memoryMiB: number;
}

export interface RanScript {
  readonly script: ShownScript;
  /** What V8 measured of it. */
  readonly profile: unknown;
}

interface Queued {
  readonly run: HostRun;
  readonly script: ShownScript;
}

/** How long a run may take to end once it was asked to. */
const STOP_MS = 1_000;
/** Why a process was ended that nothing is wrong with. */
const NOT_NEEDED = "it was not needed any more";

export class DebugEngine {
  readonly #options: EngineOptions;
  readonly #start: DebugStart;
  readonly #queue: Queued[] = [];
  /** Of all versions of an action; what V8 counts goes by a script's URL. */
  readonly #scripts = new Map<string, ShownScript>();
  readonly #coverage: unknown[] = [];
  #current: Queued | null = null;
  #process: DebugProcess | null = null;
  #up = Promise.withResolvers<void>();
  /** Null where nothing is inspected. */
  readonly #inspector: InspectorPort | null;
  #collected: (() => void) | null = null;
  #sent = new Set<string>();
  #nextRun = 1;
  #closed = false;
  #idle: (() => void)[] = [];
  #lastProfile: RanScript | null = null;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#inspector = options.inspect === undefined ? null : new InspectorPort(options.inspect);
    this.#start = {
      coverage: options.coverage ?? false,
      profile: options.profile ?? false,
    };
  }

  /** Has the inspector listen before any run; rejects with a PortTakenError. With `wait` it listens when a run has come. */
  async open(): Promise<void> {
    const started = this.#ensureProcess();
    await this.#up.promise;
    if (this.#options.inspect?.wait === false) await this.#inspector?.open(started);
  }

  run(request: RunRequest, image: Image, script: ShownScript): Promise<Completion> {
    if (this.#closed) return Promise.reject(new SandboxError("SANDBOX_CLOSED", "the sandbox is closed"));
    return new Promise((resolve, reject) => {
      const asked = { ...request, image: withDebugScripts(image), preludeData: this.#preludeData(request, script) };
      const run = new HostRun(this.#nextRun++, asked, { resolve, reject });
      // The process reads its CPU time by itself.
      run.attemptWithoutTimer(null);
      if (request.signal?.aborted) return run.complete({ type: "cancelled" });
      const cancel = (): void => this.#cancel(run);
      request.signal?.addEventListener("abort", cancel);
      run.onSettled(() => request.signal?.removeEventListener("abort", cancel));
      this.#queue.push({ run, script });
      return this.#next();
    });
  }

  /** Of the run that ended last; null where its process went with it. */
  async takeProfile(): Promise<RanScript | null> {
    if (this.#current !== null) await new Promise<void>((resolve) => this.#idle.push(resolve));
    return this.#lastProfile;
  }

  /** What ran of which script so far, as V8 counts it. */
  async takeCoverage(): Promise<{
    readonly scripts: ReadonlyMap<string, ShownScript>;
    readonly measured: readonly unknown[];
  }> {
    if (this.#current !== null) await new Promise<void>((resolve) => this.#idle.push(resolve));
    if (this.#process !== null && !this.#process.isDead) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#collected = resolve;
      this.#process.send({ type: "collect" });
      await promise;
    }
    return { scripts: this.#scripts, measured: this.#coverage };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { run } of this.#queue.splice(0)) run.complete({ type: "cancelled" });
    this.#current?.run.complete({ type: "cancelled" });
    const process = this.#process;
    process?.kill(NOT_NEEDED);
    await process?.exited;
  }

  #preludeData({ preludeData }: RunRequest, { url }: ShownScript): RunRequest["preludeData"] & object {
    return { ...preludeData, [NAME_PRELUDE]: { url } };
  }

  #ensureProcess(): DebugProcess {
    if (this.#process !== null && !this.#process.isDead) return this.#process;
    this.#up = Promise.withResolvers();
    this.#inspector?.reset();
    this.#sent = new Set();
    const started = new DebugProcess(this.#start, this.#options.memoryMiB, {
      onListening: (url) => this.#options.inspect?.onListening?.(url),
      onRefused: () => this.#inspector?.settle(null),
      onFrame: (frame, bytes) => this.#onFrame(frame, bytes),
      onSyncCall: (frame) => void this.#answerSync(frame),
      onExit: (exit) => this.#onExit(exit),
    });
    this.#process = started;
    return started;
  }

  #next(): void {
    if (this.#current !== null || this.#closed) return;
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#current = next;
    this.#lastProfile = null;
    this.#begin(next).catch((error: unknown) => {
      next.run.fail(error as Error);
      this.#onFreed();
    });
  }

  async #begin({ run, script }: Queued): Promise<void> {
    const started = this.#ensureProcess();
    await this.#up.promise;
    if (run.settled) return this.#onFreed();
    this.#sendScript(started, run.request.image!, script);
    await this.#inspector?.open(started);
    if (run.settled || started.isDead) return this.#onFreed();
    return started.send(run.begin(), run.request.input);
  }

  #sendScript(started: DebugProcess, image: Image, script: ShownScript): void {
    if (this.#sent.has(script.hash)) return;
    const isFirst = this.#sent.size === 0;
    if (isFirst) started.send({ type: "configure", image, memoryMiB: this.#options.memoryMiB, ahead: 0 });
    this.#sent.add(script.hash);
    this.#scripts.set(script.url, script);
    const stopAt = isFirst && this.#options.inspect?.stopFirst === true ? script.entry : null;
    started.send({ type: "debug_script", hash: script.hash, url: script.url, stopAt }, script.code);
  }

  #cancel(run: HostRun): void {
    if (run.settled) return;
    run.complete({ type: "cancelled" });
    const at = this.#queue.findIndex((queued) => queued.run === run);
    if (at !== -1) return void this.#queue.splice(at, 1);
    const started = this.#process;
    if (started === null || this.#current?.run !== run) return;
    // Before a client has come there is no turn that could be ended.
    if (this.#inspector?.isWaiting === true) return started.kill(NOT_NEEDED);
    started.send({ type: "stop", run: run.id });
    started.endTurn();
    setTimeout(() => {
      if (this.#current?.run === run) started.kill("a run did not end that was cancelled");
    }, STOP_MS).unref();
  }

  #onFrame(frame: AnyWorkerFrame, bytes: Uint8Array | undefined): void {
    const run = this.#current?.run;
    switch (frame.type) {
      case "up":
        return this.#up.resolve();
      case "opened":
        return this.#inspector?.settle(frame.url);
      case "coverage":
        this.#coverage.push(...(parsed(bytes) as unknown[]));
        return this.#collected?.();
      case "profile":
        if (this.#current !== null) this.#lastProfile = { script: this.#current.script, profile: parsed(bytes) };
        return;
      case "log":
        return run?.log(frame.level, frame.message, frame.time);
      case "dropped":
        return run?.noteDropped(frame.lines);
      case "call":
        return void (run && this.#answerAsync(run, frame, bytes));
      case "ended":
        run?.readJournal(bytes);
        return run && this.#onEnded(run, frame);
      case "freed":
        return this.#onFreed();
      case "entered":
      case "pong":
      case "prepared":
      case "ready":
      case "stages":
        throw new Error("a frame that no debug process of ours sends");
      default:
        frame satisfies never;
    }
  }

  #onEnded(run: HostRun, { end, usage, logsDropped }: EndedFrame): void {
    const read: RunEnd =
      end.type === "returned"
        ? readResult(end.json, run.request.limits.returnBytes, end)
        : end.type === "stopped"
          ? { type: "cancelled" }
          : end;
    run.complete(read, usage, logsDropped);
    // What it took is given back when it pleases the collector, and would count against the next run.
    if (end.type === "out_of_memory") this.#process?.kill(NOT_NEEDED);
  }

  #onFreed(): void {
    this.#current = null;
    for (const resolve of this.#idle.splice(0)) resolve();
    this.#next();
  }

  #onExit(exit: DebugExit): void {
    const end = endOfProcess(exit);
    this.#current?.run.complete(end);
    this.#up.resolve();
    this.#inspector?.settle(null);
    this.#collected?.();
    if (!this.#closed) this.#onFreed();
  }

  async #answerSync({ name, args }: SyncCallFrame): Promise<void> {
    const run = this.#current?.run;
    if (!run?.admits({ name, args }, "sync")) return this.#process?.kill("it made a call that it may not make");
    run.pause();
    const { head } = await run.call({ name, args });
    run.resume();
    return this.#process?.answerSync(head.answer);
  }

  async #answerAsync(
    run: HostRun,
    { call, name, args }: { readonly call: number; readonly name: string; readonly args: string },
    bytes: Uint8Array | undefined,
  ): Promise<void> {
    if (!run.admits({ name, args }, "async")) return this.#process?.kill("it made a call that it may not make");
    const answered = await run.waitFor(run.call({ name, args }, bytes));
    if (this.#current?.run !== run || run.settled) return;
    this.#process?.send({ type: "answer", run: run.id, call, ...answered.head }, answered.bytes);
  }
}

function endOfProcess({ reason, outOfMemory, stuck }: DebugExit): RunEnd {
  if (outOfMemory || stuck === "memory") return { type: "out_of_memory", stack: null };
  if (stuck !== null) return { type: "timed_out", limit: stuck, stack: null, waiting: false };
  return { type: "crashed", reason, ownFault: true };
}

function parsed(bytes: Uint8Array | undefined): unknown {
  return JSON.parse(Buffer.from(bytes ?? []).toString("utf8"));
}
