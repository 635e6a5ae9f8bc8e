/**
 * One run as the host sees it, from the request to its Completion: its clock (which stands still while the guest waits for a synchronous
 * host call), its log, its calls, and whether it may be run again elsewhere without any effect being doubled.
 */
import { type MaybePromise, following, isPromise } from "../../base/promises.ts";
import type { Completion, RunEnd } from "../completion.ts";
import type { HostCall } from "../host-function.ts";
import type { RunRequest } from "../request.ts";
import { MAX_PROCESSES } from "../process/wall-commands.ts";
import { LogCollector } from "./log-collector.ts";
import type { RunFrame } from "../protocol/host-frames.ts";
import type { EndedFrame } from "../protocol/worker-frames.ts";
import { JournalBudget, JournalCollector } from "./journal-collector.ts";
import { RunClock } from "./run-clock.ts";
import { type Answered, toAnswered, toRefused } from "./answers.ts";

export interface HostCallMade {
  readonly name: string;
  readonly args: string;
}

interface Settle {
  resolve(completion: Completion): void;
  reject(error: Error): void;
}

export class HostRun {
  readonly id: number;
  readonly request: RunRequest;
  #cpuTimer = true;
  #logs: LogCollector;
  readonly #now: () => number;
  readonly #queuedAt: number;
  readonly #settle: Settle;
  /** Made for the first call that asks for the end: most do not. */
  #calls: AbortController | undefined;
  readonly #onSettled: (() => void)[] = [];
  readonly #clock: RunClock;
  #waitsSince: number | null = null;
  #hostCalls = 0;
  #pendingCalls = 0;
  #earlierStack: string | null = null;
  /** Calls of each function, counted here as well as in the worker: a worker that lets more through has been taken over. */
  #callsOf: Map<string, number> | undefined;
  #sharedCalls = 0;
  /** Of a run that is recorded or replayed. */
  #journal: JournalCollector | null;
  #peakBytes = 0;
  #grownBytes = 0;
  #cpuMs = 0;
  #settled = false;

  constructor(
    id: number,
    request: RunRequest,
    settle: Settle,
    now: () => number = () => performance.now(),
    journals: JournalBudget = new JournalBudget(),
  ) {
    this.id = id;
    this.#now = now;
    this.#clock = new RunClock(now);
    this.#queuedAt = now();
    this.request = request;
    this.#settle = settle;
    this.#journal = request.journal === undefined ? null : new JournalCollector(journals);
    this.#logs = new LogCollector(request.limits.logLines, request.limits.logBytes);
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** Nothing it did has had an effect outside: it can be run again. */
  get isUnseen(): boolean {
    return this.#hostCalls === 0;
  }

  /** Calls `notify` once it has settled, at once where it has. */
  onSettled(notify: () => void): void {
    if (this.#settled) notify();
    else this.#onSettled.push(notify);
  }

  /** Whether it waits for an answer to an async call. */
  get isWaiting(): boolean {
    return this.#pendingCalls > 0;
  }

  /** Whether it stands still until the host has answered a synchronous call. */
  get isPaused(): boolean {
    return this.#clock.isPaused;
  }

  async waitFor<T>(answer: MaybePromise<T>): Promise<T> {
    this.#pendingCalls++;
    try {
      return await answer;
    } finally {
      this.#pendingCalls--;
    }
  }

  /** Milliseconds past its wall limit; negative while it has time left. */
  get overdueMs(): number {
    return this.#clock.begunAt === null ? -Infinity : this.#clock.wallMs - this.request.limits.wallMs;
  }

  /** False after a busy machine cut a turn off before the guest had used its CPU time. */
  get cpuTimer(): boolean {
    return this.#cpuTimer;
  }

  /** The machine was busy: its time was over before its CPU time was. The next attempt's CPU time is read from outside. */
  attemptWithoutTimer(stack: string | null): void {
    this.#cpuTimer = false;
    this.forgetAttempt(stack);
  }

  /** It goes back to the queue; what it waits there is no time of its own. */
  waitAgain(): void {
    this.#waitsSince = this.#now();
    if (this.#clock.begunAt !== null) this.pause();
  }

  /** Milliseconds that it has waited for its first attempt; 0 from then on. */
  waitedMs(now: number): number {
    return this.#clock.begunAt === null && this.#waitsSince === null ? now - this.#queuedAt : 0;
  }

  get waitedAgainMs(): number {
    return this.#waitsSince === null ? 0 : this.#now() - this.#waitsSince;
  }

  begin(): RunFrame {
    this.#clock.begin();
    const { script, entryPoints, preludeData, hostFunctions, limits, clock } = this.request;
    const functions = Object.fromEntries(
      Object.entries(hostFunctions).map(([name, { mode, budget }]) => [name, { mode, budget: budget ?? null }]),
    );
    return {
      type: "run",
      run: this.id,
      script: script.hash,
      entryPoints,
      preludeData: preludeData ?? {},
      functions,
      limits: { ...limits, wallMs: Math.max(1, limits.wallMs - this.#clock.wallMs) },
      cpuTimer: this.#cpuTimer,
      clock: { now: clock?.now ?? null, seed: clock?.seed ?? null },
      journal: this.request.journal ?? null,
      marked: this.request.stages !== undefined,
    };
  }

  /** Its process went with an attempt that had no effect outside, through no fault of its own: none of that time was its own either. */
  startOver(): void {
    this.forgetAttempt();
    this.#clock.reset();
    this.#cpuMs = 0;
    this.#grownBytes = 0;
  }

  /** Forgets the log of an attempt without effect; keeps where it stood, for the case that the next one cannot say. */
  forgetAttempt(stack: string | null = null): void {
    this.#earlierStack ??= stack;
    this.#journal = this.#journal?.anew() ?? null;
    this.#logs = new LogCollector(this.request.limits.logLines, this.request.limits.logBytes);
  }

  /** Throws past what the worker's own gate lets through: then it is no worker of ours any more. */
  log(level: "debug" | "info" | "warn" | "error", message: string, time: string): void {
    this.#logs.hear({ level, message, time });
  }

  noteDropped(lines: number): void {
    this.#logs.noteNotSent(lines);
  }

  /** By how much the process grew in its turns. */
  get grownBytes(): number {
    return this.#grownBytes;
  }

  noteGrown(bytes: number): void {
    this.#grownBytes += bytes;
  }

  notePeak(bytes: number): void {
    this.#peakBytes = Math.max(this.#peakBytes, bytes);
  }

  noteCpu(ms: number): void {
    this.#cpuMs = Math.max(this.#cpuMs, ms);
  }

  /** The guest stands still: its time stands still too. */
  pause(): void {
    this.#clock.pause();
  }

  resume(): void {
    this.#clock.resume();
  }

  /** Whether the worker may send this call: it has refused by itself what is unknown, too large or over its budget. */
  admits({ name, args }: HostCallMade, mode: "sync" | "async"): boolean {
    const { hostFunctions, limits } = this.request;
    const hostFunction = Object.hasOwn(hostFunctions, name) ? hostFunctions[name] : undefined;
    if (hostFunction?.mode !== mode || Buffer.byteLength(args) > limits.argumentBytes) return false;
    if (hostFunction.budget === undefined) return ++this.#sharedCalls <= limits.hostCalls;
    this.#callsOf ??= new Map();
    const calls = (this.#callsOf.get(name) ?? 0) + 1;
    this.#callsOf.set(name, calls);
    return calls <= hostFunction.budget;
  }

  /** Answers one host call that was admitted, at once where its function does; never rejects. */
  call({ name, args }: HostCallMade, bytes?: Uint8Array): MaybePromise<Answered> {
    this.#hostCalls++;
    const note = this.#journal?.open(name, args, bytes);
    const answered = this.#answer(name, args, bytes);
    if (note === undefined) return answered;
    return following(answered, (told) => {
      note(told.head.answer, told.bytes);
      return told;
    });
  }

  #answer(name: string, args: string, bytes: Uint8Array | undefined): MaybePromise<Answered> {
    const hostFunction = this.request.hostFunctions[name]!;
    try {
      const answer = hostFunction.handle(this.#callOf(JSON.parse(args), bytes));
      return isPromise(answer) ? answer.then(toAnswered).catch(toRefused) : toAnswered(answer);
    } catch (error) {
      return toRefused(error);
    }
  }

  /** The worker's half of the journal. Throws for what no worker of ours sends. */
  readJournal(bytes: Uint8Array | undefined): void {
    if ((bytes === undefined) !== (this.#journal === null))
      throw new Error("a journal that was not asked for, or none");
    if (bytes !== undefined) this.#journal?.read(bytes);
  }

  #callOf(args: unknown, bytes: Uint8Array | undefined): HostCall {
    const signal = (): AbortSignal => {
      this.#calls ??= new AbortController();
      if (this.#settled) this.#calls.abort();
      return this.#calls.signal;
    };
    return {
      args,
      ...(bytes === undefined ? {} : { bytes }),
      get signal() {
        return signal();
      },
    };
  }

  /** The host could not run it at all. */
  fail(error: Error): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#journal?.close();
    for (const notify of this.#onSettled) notify();
    this.#settle.reject(error);
  }

  complete(end: RunEnd, usage?: EndedFrame["usage"], logsDropped = 0): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#journal?.close();
    this.#calls?.abort();
    const now = this.#now();
    const begunAt = this.#clock.begunAt ?? now;
    // What the worker measured is believed as far as it can be true: sums are made of it.
    const most = (ms: number, threads = 1): number => Math.min(ms, (now - begunAt + SLACK_MS) * threads);
    for (const notify of this.#onSettled) notify();
    this.#settle.resolve({
      end: end.type === "timed_out" ? { ...end, stack: end.stack ?? this.#earlierStack } : end,
      logs: this.#logs.lines,
      logsDropped: this.#logs.dropped + Math.max(logsDropped, this.#logs.notSent),
      usage: {
        queuedMs: round(begunAt - this.#queuedAt),
        wallMs: round(most(usage?.wallMs ?? this.#clock.wallMs)),
        hostMs: round(most(usage?.hostMs ?? this.#clock.pausedMs)),
        cpuMs: round(most(usage?.cpuMs ?? this.#cpuMs, MAX_PROCESSES)),
        peakMemoryBytes: Math.min(Math.max(this.#peakBytes, usage?.peakMemoryBytes ?? 0), Number.MAX_SAFE_INTEGER),
        hostCalls: this.#hostCalls,
      },
      ...(this.#journal === null ? {} : { journal: this.#journal.written }),
    });
  }
}

/** By how much the worker's own clock may be ahead: it keeps time in other steps. */
const SLACK_MS = 1_000;
const round = (ms: number): number => Math.round(ms * 1_000) / 1_000;
