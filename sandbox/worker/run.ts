/**
 * One run inside the worker process: it gives the guest its turns, answers its door within the limits, and says once how it ended.
 * After that the bridge is sealed: the isolate is disposed while its last turn is still on the stack, and nothing it calls is heard.
 */
import type { Answer, RunFrame, WorkerRunEnd } from "../protocol/frames.ts";
import { Budget, type Stopwatch, type ThreadUse } from "./budget.ts";
import { CallGate, refusal } from "./call-gate.ts";
import type { Channel } from "./channel.ts";
import type { CachedScript, PreparedIsolate } from "./isolate.ts";
import { ReplayedJournal, type RunJournal, type TurnKind, openJournal } from "./journal.ts";
import { LogGate } from "./log-gate.ts";
import { type PlacedError, bytes, count, text, thrown, toError } from "./guest-parts.ts";
import type { Pace, PlatformReply, WorkerPlatform } from "./platform.ts";
import { RunTimers } from "./run-timers.ts";

const TIMED_OUT = "Script execution timed out.";
const NO_STACK = "Maximum call stack size exceeded";
const OUT_OF_MEMORY = "memory limit";
const MAX_NAME = 200;
const MAX_MESSAGE = 4_000;
const MAX_STACK = 16_000;

/** What the runs of a worker process share. */
export interface RunSurroundings {
  readonly channel: Channel;
  readonly thread: ThreadUse;
  readonly platform: WorkerPlatform;
  /** Where budgets read their time. Default: this thread's own clocks. */
  readonly watch?: Stopwatch;
}

export interface RunWatcher {
  /** The guest is about to compute. */
  onEnter(): void;
  onEnd(): void;
}

export class Run {
  readonly id: number;
  readonly #frame: RunFrame;
  readonly #prepared: PreparedIsolate;
  readonly #channel: Channel;
  readonly #platform: WorkerPlatform;
  readonly #watcher: RunWatcher;
  readonly #budget: Budget;
  readonly #logs: LogGate;
  readonly #calls: CallGate;
  readonly #timers = new RunTimers((handle) => this.#takeTimer(handle));
  readonly #journal: RunJournal | null;
  #deadline: NodeJS.Timeout | undefined;
  #ended = false;
  /** The result, once it is there: whatever the rest of that turn does, the run returned. */
  #returned: Extract<WorkerRunEnd, { type: "returned" }> | null = null;
  #wasCutOff = false;
  #turnMs = 0;
  readonly #pace: Pace;

  constructor(
    frame: RunFrame,
    prepared: PreparedIsolate,
    { channel, thread, platform, watch }: RunSurroundings,
    watcher: RunWatcher,
  ) {
    this.id = frame.run;
    this.#frame = frame;
    this.#prepared = prepared;
    this.#channel = channel;
    this.#platform = platform;
    this.#watcher = watcher;
    const { wallMs, cpuMs, logLines, logBytes } = frame.limits;
    this.#budget = new Budget(wallMs, cpuMs, thread, watch);
    this.#journal = openJournal(frame.journal, frame.clock.now);
    this.#pace = { leftMs: () => this.#budget.leftMs, totalMs: this.#budget.totalMs, ...randomOf(this.#journal) };
    this.#logs = new LogGate(logLines, logBytes);
    this.#calls = new CallGate(frame.functions, frame.limits);
    prepared.attach((op, ...parts) => this.#answerSafely(op, parts));
  }

  start(script: CachedScript, input: string): void {
    const { entryPoints, preludeData, limits, clock } = this.#frame;
    const at = this.#timeOf("start", 0);
    const data = JSON.stringify({
      entryPoints,
      preludeData,
      clock: at === undefined ? clock : { ...clock, at, random: this.#journal?.seed },
      argumentChars: limits.argumentBytes,
      returnChars: limits.returnBytes,
    });
    this.#enter(() => this.#prepared.turn(this.#turnMs, "start", data, this.#prepared.compile(script), input));
    this.#playOn();
  }

  /** The host's answer to an async call; `afterMs` is what it took when it was recorded. */
  answer(call: number, answer: Answer, bytes: Uint8Array | undefined, afterMs = 0): void {
    if (!(this.#journal instanceof ReplayedJournal)) return this.#takeAnswer(call, answer, bytes);
    this.#journal.arrive(call, { answer, bytes }, afterMs);
    this.#playOn();
  }

  #takeAnswer(call: number, answer: Answer, bytes: Uint8Array | undefined): void {
    this.#budget.closeCall();
    const at = this.#timeOf("answer", call);
    this.#enter(() => this.#prepared.turn(this.#turnMs, "answer", call, JSON.stringify(answer), bytes, at));
  }

  #takeTimer(handle: number): void {
    const delay = this.#timers.take(handle);
    const at = this.#timeOf("timer", handle);
    this.#enter(() => this.#prepared.turn(this.#turnMs, "timer", handle, delay, undefined, at));
  }

  #timeOf(kind: TurnKind, handle: number): number | undefined {
    return this.#ended ? undefined : this.#journal?.enter(kind, handle);
  }

  /** In a replay: the turns that come next, as far as what they need is here. A run to which nothing comes any more waits in vain. */
  #playOn(): void {
    if (!(this.#journal instanceof ReplayedJournal)) return;
    while (!this.#ended) {
      const next = this.#journal.next();
      if (next === "wait") return;
      if (next === "over") return this.#waitInVain();
      if (next.kind === "timer") this.#takeTimer(next.handle);
      else this.#takeAnswer(next.handle, next.arrived.answer, next.arrived.bytes);
    }
  }

  #waitInVain(): void {
    this.#end({ type: "timed_out", limit: "wall", stack: this.#prepared.whereItWaits(), waiting: true });
  }

  stop(): void {
    this.#end({ type: "stopped" });
  }

  /** Ends it by what its isolate told after a turn had ended: a rejection that nothing handled. */
  fault(reason: unknown): void {
    this.#endByFault(thrown(reason));
  }

  /** The host knows that it is gone. */
  release(): void {
    this.#prepared.release();
  }

  get heapBytes(): number {
    return this.#ended ? 0 : this.#prepared.heapBytes();
  }

  /** One turn of the guest. Whatever it does, it ends within what is left of the limits, or the host ends this process. */
  #enter(turn: () => void): void {
    if (this.#ended) return;
    clearTimeout(this.#deadline);
    if (this.#budget.wallLeftMs <= 0)
      return this.#end({ type: "timed_out", limit: "wall", stack: null, waiting: true });
    // A turn gets a millisecond at least, and many short turns would each end before V8's timer does.
    if (this.#budget.isCpuSpent) return this.#end({ type: "timed_out", limit: "cpu", stack: null, waiting: false });
    this.#turnMs = this.#frame.cpuTimer ? this.#budget.turnMs : Math.ceil(this.#budget.wallLeftMs);
    this.#watcher.onEnter();
    try {
      this.#budget.compute(this.#turnMs, turn);
    } catch (error) {
      // What the turn left behind, microtasks and rejections, would be played by whatever enters this isolate next, without any timer.
      this.#wasCutOff = true;
      return this.#returned === null ? this.#endByFault(thrown(error)) : this.#end(this.#returned);
    }
    if (this.#returned !== null) this.#end(this.#returned);
    if (!this.#ended) this.#setDeadline();
  }

  #setDeadline(): void {
    this.#deadline = setTimeout(() => this.#outOfTime(), Math.max(1, this.#budget.wallLeftMs));
  }

  #outOfTime(): void {
    // Others have computed meanwhile, and what this run waits for may have come in.
    if (this.#budget.wallLeftMs >= 1) return this.#setDeadline();
    this.#waitInVain();
  }

  #endByFault(error: PlacedError): void {
    const stack = typeof error.stack === "string" ? error.stack.slice(0, MAX_STACK) : null;
    const limit = error.isEarly === true ? this.#budget.nearer : this.#budget.reached;
    if (error.message === TIMED_OUT) this.#end({ type: "timed_out", limit, stack, waiting: false });
    else if (error.message.includes(OUT_OF_MEMORY)) this.#end({ type: "out_of_memory", stack: error.place ?? null });
    else
      // Everything that the guest throws it ends by itself. What comes out here all the same is a rejection that nothing handled in its turn.
      this.#end({
        type: "threw",
        phase: "running",
        unhandled: true,
        error: { name: error.name.slice(0, MAX_NAME), message: error.message.slice(0, MAX_MESSAGE), stack },
      });
  }

  #end(end: WorkerRunEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#deadline);
    this.#timers.clear();
    const { wallUsedMs: wallMs, hostUsedMs: hostMs, cpuUsedMs: cpuMs } = this.#budget;
    const peakMemoryBytes = this.#wasCutOff || this.#prepared.isolate.isDisposed ? 0 : this.#prepared.heapBytes();
    const usage = { wallMs, hostMs, cpuMs, peakMemoryBytes, hostCalls: this.#calls.made };
    this.#channel.send(
      { type: "ended", run: this.id, end, logsDropped: this.#logs.dropped, usage },
      this.#journal === null ? undefined : Buffer.from(JSON.stringify(this.#journal.written)),
    );
    this.#prepared.dispose();
    this.#watcher.onEnd();
  }

  /**
   * Everything the guest can reach. The guest may call it with anything at any time, and with hardly any stack or memory left; it must not
   * throw, because an error of this side carries this side's files into the isolate. A part that has no stack left to load says so: that
   * the guest's side of the door makes an error of its own.
   */
  #answerSafely(op: string, parts: unknown[]): unknown {
    try {
      return this.#answerDoor(op, parts);
    } catch (error) {
      if (op === "load_part" && (error as Error).message.startsWith(NO_STACK)) throw error;
      return FAILED_OPS[op as "call"];
    }
  }

  #answerDoor(op: string, parts: unknown[]): unknown {
    if (this.#ended) return undefined;
    if (this.#returned !== null) return op === "close" ? this.#close(parts) : undefined;
    if (this.#budget.isTurnOver || (!this.#frame.cpuTimer && this.#budget.isCpuSpent))
      return this.#end({ type: "timed_out", limit: this.#budget.reached, stack: null, waiting: false });
    switch (op) {
      case "done":
        return this.#finish(text(parts[0]), parts);
      case "threw":
        return this.#end({ type: "threw", phase: parts[0] as "loading", error: toError(parts.slice(1)) });
      case "bad_result":
        return this.#end({ type: "bad_result", reason: parts[0] as "not_json", error: toError(parts.slice(1)) });
      case "no_entry":
        return this.#end({
          type: "no_entry",
          found: parts[0] === null ? null : { name: text(parts[0]), type: text(parts[1]) },
        });
      case "log":
        return this.#log(parts[0] as "info", text(parts[1]), text(parts[2]));
      case "call":
        return this.#call(text(parts[0]), text(parts[1]));
      case "call_async":
        return this.#callAsync(parts[0] as number, text(parts[1]), text(parts[2]), bytes(parts[3]));
      case "schedule":
        return this.#schedule(parts[0] as number, parts[1] as number);
      case "cancel":
        return this.#cancel(parts[0] as number);
      case "load_part":
        return this.#loadPart(text(parts[0]));
      case "call_worker":
        return this.#callPlatform(text(parts[0]), text(parts[1]), bytes(parts[2]));
      case "entropy":
        return this.#journal?.random(count(parts[0]));
      default:
        return undefined;
    }
  }

  #callPlatform(name: string, args: string, bytes: Uint8Array | undefined): PlatformReply | undefined {
    const call = (): PlatformReply | null => this.#platform.call(name, args, bytes, this.#pace);
    const asked = { name, args, bytes, varies: this.#platform.varies(name) };
    const reply = this.#journal === null ? call() : this.#journal.reply(asked, call);
    if (reply !== null) return reply;
    this.#end({ type: "timed_out", limit: this.#budget.nearer, stack: null, waiting: false });
    return undefined;
  }

  /** Its script runs over built-ins that the action may have exchanged for some that do not end. */
  #loadPart(name: string): unknown {
    const ms = this.#frame.cpuTimer ? this.#budget.turnMs : Math.max(1, Math.ceil(this.#budget.wallLeftMs));
    try {
      return this.#prepared.loadPart(name, ms);
    } catch (error) {
      if ((error as Error).message !== TIMED_OUT) throw error;
      return this.#end({ type: "timed_out", limit: this.#budget.reached, stack: null, waiting: false });
    }
  }

  #finish(json: string, [, timers, calls, stack, emptied, tasks]: unknown[]): void {
    if (Buffer.byteLength(json) <= this.#frame.limits.returnBytes) {
      const work = { timers: count(timers), calls: count(calls), tasks: count(tasks), lateCalls: 0, otherLateCalls: 0 };
      const open = { ...work, stack: typeof stack === "string" ? stack.slice(0, MAX_STACK) : null };
      const lost = typeof emptied === "string" ? { emptied: emptied.slice(0, MAX_NAME) } : {};
      this.#returned = { type: "returned", json, open, ...lost };
      return;
    }
    const error = { name: "RangeError", message: "", stack: null };
    return this.#end({ type: "bad_result", reason: "too_large", error });
  }

  #close([late, others]: unknown[]): void {
    const { open, ...returned } = this.#returned!;
    this.#end({ ...returned, open: { ...open!, lateCalls: count(late), otherLateCalls: count(others) } });
  }

  #log(level: "debug" | "info" | "warn" | "error", message: string, time: string): void {
    if (this.#logs.admits(level, message)) this.#channel.send({ type: "log", run: this.id, level, message, time });
    else if (Number.isInteger(Math.log2(this.#logs.dropped)))
      this.#channel.send({ type: "dropped", run: this.id, lines: this.#logs.dropped });
  }

  #call(name: string, args: string): string {
    const refused = this.#calls.refuse(name, args, "sync");
    if (refused !== null) return refused;
    this.#journal?.noteCall(name);
    return this.#budget.waitForHost(() => this.#channel.callSync({ type: "call", run: this.id, name, args }));
  }

  #callAsync(call: number, name: string, args: string, attached: Uint8Array | undefined): string | undefined {
    const refused = this.#calls.refuse(name, args, "async", attached?.byteLength);
    if (refused !== null) return refused;
    this.#journal?.noteCall(name);
    this.#budget.openCall();
    this.#journal?.open("answer", call, 0);
    this.#channel.send({ type: "call", run: this.id, call, name, args }, attached);
    return undefined;
  }

  #schedule(handle: number, ms: number): void {
    const delay = this.#timers.set(handle, ms, !(this.#journal instanceof ReplayedJournal));
    if (delay !== null) this.#journal?.open("timer", handle, delay);
  }

  #cancel(handle: number): void {
    this.#timers.cancel(handle);
    if (this.#journal instanceof ReplayedJournal) this.#journal.cancel(handle);
  }
}

/** Of a run with a journal the platform's random bytes are the journal's. */
function randomOf(journal: RunJournal | null): Pick<Pace, "random"> {
  return journal === null ? {} : { random: (count) => journal.random(count) };
}

/** Made ahead: where these are needed there may be no stack left to make them. */
const FAILED = refusal("HOST_FUNCTION_FAILED", "Error", "the host function failed");
const FAILED_OPS = Object.freeze({ __proto__: null, call: FAILED, call_async: FAILED, call_worker: FAILED });
