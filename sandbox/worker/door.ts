/**
 * The guest's door: the one function of this process that an isolate can reach, and each of its ops. The guest may call it with anything, at any
 * time, and with hardly any stack or memory left. It must not throw, because an error of this side carries this side's files into the isolate.
 */
import type { RunFrame } from "../protocol/host-frames.ts";
import type { WorkerRunEnd } from "../protocol/worker-frames.ts";
import type { Budget } from "./budget.ts";
import { CallGate, refusal } from "./call-gate.ts";
import type { Channel } from "./channel.ts";
import { bytes, count, text, toError } from "./guest-parts.ts";
import type { PreparedIsolate } from "./isolate.ts";
import { ReplayedJournal, type RunJournal } from "./journal.ts";
import { LogGate } from "./log-gate.ts";
import type { Pace, PlatformReply, WorkerPlatform } from "./platform.ts";
import type { RunMarks } from "./run-marks.ts";
import type { RunTimers } from "./run-timers.ts";

/** What V8 says of a turn that its timer ended. */
export const TIMED_OUT = "Script execution timed out.";
const NO_STACK = "Maximum call stack size exceeded";
export const MAX_NAME = 200;
export const MAX_STACK = 16_000;

type ReturnedEnd = Extract<WorkerRunEnd, { type: "returned" }>;

export interface DoorParts {
  readonly frame: RunFrame;
  readonly prepared: PreparedIsolate;
  readonly channel: Channel;
  readonly platform: WorkerPlatform;
  readonly budget: Budget;
  readonly timers: RunTimers;
  readonly journal: RunJournal | null;
  readonly marks: RunMarks | null;
  /** Ends the run; from then on the door answers nothing. */
  readonly end: (end: WorkerRunEnd) => void;
}

export class GuestDoor {
  /** The result, once it is there: whatever the rest of that turn does, the run returned. */
  returned: ReturnedEnd | null = null;
  readonly #frame: RunFrame;
  readonly #prepared: PreparedIsolate;
  readonly #channel: Channel;
  readonly #platform: WorkerPlatform;
  readonly #budget: Budget;
  readonly #timers: RunTimers;
  readonly #journal: RunJournal | null;
  readonly #marks: RunMarks | null;
  readonly #onEnd: (end: WorkerRunEnd) => void;
  readonly #logs: LogGate;
  readonly #calls: CallGate;
  readonly #pace: Pace;
  #isShut = false;

  constructor({ frame, prepared, channel, platform, budget, timers, journal, marks, end }: DoorParts) {
    this.#frame = frame;
    this.#prepared = prepared;
    this.#channel = channel;
    this.#platform = platform;
    this.#budget = budget;
    this.#timers = timers;
    this.#journal = journal;
    this.#marks = marks;
    this.#onEnd = end;
    this.#logs = new LogGate(frame.limits.logLines, frame.limits.logBytes);
    this.#calls = new CallGate(frame.functions, frame.limits);
    this.#pace = { leftMs: () => budget.leftMs, totalMs: budget.totalMs, ...randomOf(journal) };
    prepared.attach((op, ...parts) => this.#answerSafely(op, parts));
  }

  get hostCalls(): number {
    return this.#calls.made;
  }

  get logsDropped(): number {
    return this.#logs.dropped;
  }

  /** The run has ended: its isolate is disposed while its last turn is still on the stack, and nothing it calls is answered. */
  shut(): void {
    this.#isShut = true;
  }

  /** A part that has no stack left to load says so, so that the guest's side of the door makes an error of its own. */
  #answerSafely(op: string, parts: unknown[]): unknown {
    try {
      return this.#answer(op, parts);
    } catch (error) {
      if (op === "load_part" && (error as Error).message.startsWith(NO_STACK)) throw error;
      return FAILED_OPS[op as "call"];
    }
  }

  #answer(op: string, parts: unknown[]): unknown {
    if (this.#isShut) return undefined;
    if (this.returned !== null) return op === "close" ? this.#close(parts) : undefined;
    if (this.#budget.isTurnOver || (!this.#frame.cpuTimer && this.#budget.isCpuSpent))
      return this.#onEnd({ type: "timed_out", limit: this.#budget.reached, stack: null, waiting: false });
    switch (op) {
      case "done":
        return this.#finish(text(parts[0]), parts);
      case "threw":
        return this.#onEnd({ type: "threw", phase: parts[0] as "loading", error: toError(parts.slice(1)) });
      case "bad_result":
        return this.#onEnd({ type: "bad_result", reason: parts[0] as "not_json", error: toError(parts.slice(1)) });
      case "no_entry":
        return this.#onEnd({
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
    this.#onEnd({ type: "timed_out", limit: this.#budget.nearer, stack: null, waiting: false });
    return undefined;
  }

  /** Its script runs over built-ins that the action may have exchanged for some that do not end. */
  #loadPart(name: string): unknown {
    const ms = this.#frame.cpuTimer ? this.#budget.turnMs : Math.max(1, Math.ceil(this.#budget.wallLeftMs));
    try {
      return this.#prepared.loadPart(name, ms);
    } catch (error) {
      if ((error as Error).message !== TIMED_OUT) throw error;
      return this.#onEnd({ type: "timed_out", limit: this.#budget.reached, stack: null, waiting: false });
    }
  }

  #finish(json: string, [, timers, calls, stack, emptied, tasks]: unknown[]): void {
    this.#marks?.mark("guest_done");
    if (Buffer.byteLength(json) <= this.#frame.limits.returnBytes) {
      const work = { timers: count(timers), calls: count(calls), tasks: count(tasks), lateCalls: 0, otherLateCalls: 0 };
      const open = { ...work, stack: typeof stack === "string" ? stack.slice(0, MAX_STACK) : null };
      const lost = typeof emptied === "string" ? { emptied: emptied.slice(0, MAX_NAME) } : {};
      this.returned = { type: "returned", json, open, ...lost };
      return;
    }
    const error = { name: "RangeError", message: "", stack: null };
    return this.#onEnd({ type: "bad_result", reason: "too_large", error });
  }

  #close([late, others]: unknown[]): void {
    this.#marks?.mark("guest_idle");
    const { open, ...returned } = this.returned!;
    this.#onEnd({ ...returned, open: { ...open!, lateCalls: count(late), otherLateCalls: count(others) } });
  }

  #log(level: "debug" | "info" | "warn" | "error", message: string, time: string): void {
    if (this.#logs.admits(level, message))
      this.#channel.send({ type: "log", run: this.#frame.run, level, message, time });
    else if (Number.isInteger(Math.log2(this.#logs.dropped)))
      this.#channel.send({ type: "dropped", run: this.#frame.run, lines: this.#logs.dropped });
  }

  #call(name: string, args: string): string {
    const refused = this.#calls.refuse(name, args, "sync");
    if (refused !== null) return refused;
    this.#journal?.noteCall(name);
    this.#marks?.mark("call_made");
    const call = { type: "call", run: this.#frame.run, name, args } as const;
    const answer = this.#budget.waitForHost(() => this.#channel.callSync(call));
    this.#marks?.mark("call_returned");
    return answer;
  }

  #callAsync(call: number, name: string, args: string, attached: Uint8Array | undefined): string | undefined {
    const refused = this.#calls.refuse(name, args, "async", attached?.byteLength);
    if (refused !== null) return refused;
    this.#journal?.noteCall(name);
    this.#budget.openCall();
    this.#journal?.open("answer", call, 0);
    this.#channel.send({ type: "call", run: this.#frame.run, call, name, args }, attached);
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
