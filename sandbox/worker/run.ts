/**
 * The life of one run inside the worker process: it gives the guest its turns, each within what is left of the limits, and says once how it ended.
 * What the guest asks within a turn is the door's to answer (door.ts); which turn comes next in a replay is the journal's to say (journal.ts).
 */
import type { Answer, RunFrame } from "../protocol/host-frames.ts";
import type { WorkerRunEnd } from "../protocol/worker-frames.ts";
import { Budget, type Stopwatch, type ThreadUse } from "./budget.ts";
import type { Channel } from "./channel.ts";
import { GuestDoor, MAX_NAME, MAX_STACK, TIMED_OUT } from "./door.ts";
import { type PlacedError, thrown } from "./guest-parts.ts";
import type { CachedScript, PreparedIsolate } from "./isolate.ts";
import { ReplayedJournal, type RunJournal, type TurnKind, openJournal } from "./journal.ts";
import type { WorkerPlatform } from "./platform.ts";
import type { RunMarks } from "./run-marks.ts";
import { RunTimers } from "./run-timers.ts";

const OUT_OF_MEMORY = "memory limit";
const MAX_MESSAGE = 4_000;

/** What the runs of a worker process share. */
export interface RunSurroundings {
  readonly channel: Channel;
  readonly thread: ThreadUse;
  readonly platform: WorkerPlatform;
  /** Of a run whose stages are followed. */
  readonly marks?: RunMarks | null;
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
  readonly #watcher: RunWatcher;
  readonly #budget: Budget;
  readonly #timers = new RunTimers((handle) => this.#takeTimer(handle));
  readonly #journal: RunJournal | null;
  readonly #door: GuestDoor;
  readonly #marks: RunMarks | null;
  #deadline: NodeJS.Timeout | undefined;
  #ended = false;
  #wasCutOff = false;
  #turnMs = 0;

  constructor(
    frame: RunFrame,
    prepared: PreparedIsolate,
    { channel, thread, platform, marks = null, watch }: RunSurroundings,
    watcher: RunWatcher,
  ) {
    this.id = frame.run;
    this.#frame = frame;
    this.#prepared = prepared;
    this.#channel = channel;
    this.#watcher = watcher;
    this.#budget = new Budget(frame.limits.wallMs, frame.limits.cpuMs, thread, watch);
    this.#journal = openJournal(frame.journal, frame.clock.now);
    this.#marks = marks;
    this.#door = new GuestDoor({
      frame,
      prepared,
      channel,
      platform,
      budget: this.#budget,
      timers: this.#timers,
      journal: this.#journal,
      marks,
      end: (end) => this.#end(end),
    });
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

  /** Ends it by what its isolate reported after a turn had ended: a rejection that nothing handled. */
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
    this.#marks?.mark("guest_entered");
    try {
      this.#budget.compute(this.#turnMs, turn);
    } catch (error) {
      // What the turn left behind, microtasks and rejections, would be played by whatever enters this isolate next, without any timer.
      this.#wasCutOff = true;
      return this.#door.returned === null ? this.#endByFault(thrown(error)) : this.#end(this.#door.returned);
    }
    if (this.#door.returned !== null) this.#end(this.#door.returned);
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
    this.#door.shut();
    clearTimeout(this.#deadline);
    this.#timers.clear();
    const { wallUsedMs: wallMs, hostUsedMs: hostMs, cpuUsedMs: cpuMs } = this.#budget;
    const peakMemoryBytes = this.#wasCutOff || this.#prepared.isolate.isDisposed ? 0 : this.#prepared.heapBytes();
    const usage = { wallMs, hostMs, cpuMs, peakMemoryBytes, hostCalls: this.#door.hostCalls };
    this.#channel.send(
      { type: "ended", run: this.id, end, logsDropped: this.#door.logsDropped, usage },
      this.#journal === null ? undefined : this.#journal.written,
    );
    if (this.#marks !== null) this.#sendMarks(this.#marks);
    this.#prepared.dispose();
    this.#watcher.onEnd();
  }

  #sendMarks(marks: RunMarks): void {
    marks.mark("end_sent");
    this.#channel.send({ type: "stages", run: this.id, marks: marks.made });
  }
}
