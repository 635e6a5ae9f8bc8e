/**
 * The part of the bridge that a run needs which waits, calls the worker, or makes a mistake: host calls in flight, timers, and the errors of both.
 * It may be loaded after the action has patched every built-in, so it calls nothing but what it is handed.
 */
import type { Door } from "../door.d.ts";
import type { Answer, CallError } from "../answer.ts";
import type { Primordials } from "../primordials.ts";
import { HOST_ANSWER_MS, type RunState } from "../run-state.ts";

export interface AnswerWithBytes {
  readonly value: unknown;
  readonly bytes?: Uint8Array;
}

/** Whether something that was begun is ours, or given up: no work of the action then. */
type IsOurs = () => boolean;

type Level = "debug" | "info" | "warn" | "error";

/** What a run has begun and not ended. `origin` was made where it began. */
interface Open<T> {
  readonly work: T;
  readonly origin: Error;
  readonly isOurs: IsOurs | undefined;
}

interface Deferred {
  readonly resolve: (value: AnswerWithBytes) => void;
  readonly reject: (error: unknown) => void;
}

export interface OpenWork {
  readonly timers: number;
  readonly calls: number;
  /** V8's text of where the first of it began. */
  readonly stack: string | null;
}

const MAX_LOG_CHARS = 16_384;
const MAX_STACK_CHARS = 4_000;
/** What the worker process takes at most: what is over is not even copied out of the isolate. */
const MAX_WORKER_CHARS = 8 * 1024 * 1024;
const MAX_BYTES = 16 * 1024 * 1024;

class Work {
  readonly #door: Door;
  readonly #state: RunState;
  readonly #own: Primordials;
  readonly #calls = new Register<Open<Deferred>>();
  readonly #timers = new Register<Open<() => void>>();
  #nextCall = 1;
  #nextTimer = 1;

  constructor(door: Door, state: RunState, own: Primordials) {
    this.#door = door;
    this.#state = state;
    this.#own = own;
  }

  /** Throws what is wrong with a call that may not go out. */
  refuse(argsJson: unknown): never {
    this.#refuseLate();
    this.#checkSize(argsJson, this.#state.argumentChars);
    throw new this.#own.NativeError("nothing is wrong with this call");
  }

  /** Throws what the host answered. */
  fail(error: CallError): never {
    throw this.#toError(error);
  }

  callAsync(name: string, argsJson: string, bytes?: Uint8Array, isOurs?: IsOurs): Promise<AnswerWithBytes> {
    return new this.#own.NativePromise((resolve, reject) => {
      try {
        this.#refuseLate();
        this.#checkSize(argsJson, this.#state.argumentChars, bytes);
        const call = this.#nextCall++;
        const refusal = this.#door("call_async", call, name, argsJson, bytes);
        const deferred = { resolve, reject };
        if (refusal === undefined)
          this.#calls.set(call, { work: deferred, origin: new this.#own.NativeError(), isOurs });
        else this.#settle(deferred, this.#own.parse(refusal) as Answer, undefined);
      } catch (error) {
        reject(error);
      }
    });
  }

  callWorker(name: string, argsJson: string, bytes?: Uint8Array): AnswerWithBytes {
    this.#checkSize(argsJson, MAX_WORKER_CHARS, bytes);
    const reply = this.#door("call_worker", name, argsJson, bytes);
    const answer = this.#own.parse(typeof reply === "string" ? reply : reply.json) as Answer;
    if (!answer.ok) throw this.#toError(answer.error);
    return typeof reply === "string" ? { value: answer.value } : { value: answer.value, bytes: reply.bytes };
  }

  log(level: Level, message: string): void {
    if (this.#state.phase === "ended" || typeof message !== "string") return;
    this.#door("log", level, this.#own.cut(message, MAX_LOG_CHARS), this.#own.isoTime(this.#state.clock.now()));
  }

  schedule(task: () => void, ms: number, isOurs?: IsOurs): number {
    const handle = this.#nextTimer++;
    if (this.#state.phase === "ended") this.#state.otherLateCalls++;
    else {
      this.#timers.set(handle, { work: task, origin: new this.#own.NativeError(), isOurs });
      this.#door("schedule", handle, ms);
    }
    return handle;
  }

  cancel(handle: number): void {
    if (this.#timers.take(handle) !== undefined) this.#door("cancel", handle);
  }

  /** The host answered an async call. */
  answer(call: number, answerJson: string, bytes: Uint8Array | undefined): void {
    const deferred = this.#calls.take(call)?.work;
    this.#state.clock.advance(HOST_ANSWER_MS);
    if (deferred) this.#settle(deferred, this.#own.parse(answerJson) as Answer, bytes);
  }

  /** A timer came due. */
  timer(handle: number): void {
    this.#timers.take(handle)?.work();
  }

  /** What the action has begun and left open. */
  openWork(): OpenWork {
    // No list of the two: taking it apart would ask the action's iterator.
    let timers = 0;
    let calls = 0;
    let first: Error | null = null;
    this.#timers.each(({ origin, isOurs }) => {
      if (isOurs?.() === true) return;
      timers++;
      first ??= origin;
    });
    this.#calls.each(({ origin, isOurs }) => {
      if (isOurs?.() === true) return;
      calls++;
      first ??= origin;
    });
    return { timers, calls, stack: first === null ? null : this.#stackOf(first) };
  }

  #refuseLate(): void {
    if (this.#state.phase !== "ended") return;
    this.#state.otherLateCalls++;
    const message = "the run is over: nothing more can be asked of the host";
    throw this.#toError({ code: "RUN_ENDED", name: "Error", message });
  }

  /** Parts are handed what patched built-ins made: only text and bytes of a known size cross, whatever it is called. */
  #checkSize(argsJson: unknown, maxChars: number, bytes?: Uint8Array): void {
    if (typeof argsJson !== "string" || (bytes !== undefined && !this.#own.isBytes(bytes)))
      throw this.#toError({
        code: "ARGUMENTS_BAD",
        name: "TypeError",
        message: "a host call takes JSON text and bytes",
      });
    if (argsJson.length <= maxChars && (bytes === undefined || this.#own.bytesIn(bytes) <= MAX_BYTES)) return;
    const message = `one call takes at most ${maxChars} bytes of arguments and ${MAX_BYTES} of data`;
    throw this.#toError({ code: "ARGUMENTS_TOO_LARGE", name: "RangeError", message });
  }

  #settle(deferred: Deferred, answer: Answer, bytes: Uint8Array | undefined): void {
    if (!answer.ok) deferred.reject(this.#toError(answer.error));
    else if (bytes === undefined) deferred.resolve({ value: answer.value });
    else deferred.resolve({ value: answer.value, bytes });
  }

  /** The action may have put something of its own in the place of V8's formatting. */
  #stackOf(error: Error): string | null {
    try {
      const stack: unknown = error.stack;
      return typeof stack === "string" ? this.#own.cut(stack, MAX_STACK_CHARS) : null;
    } catch {
      return null;
    }
  }

  #toError(error: CallError): Error {
    const { NativeError, defineProperty, errorClasses, slice } = this.#own;
    const made = new (errorClasses[error.name] ?? NativeError)(slice(error.message, 0, 4_000));
    if (error.code !== "") defineProperty(made, "code", { value: error.code, enumerable: true, configurable: true });
    // Where Node puts why a request failed, and code that was written for Node looks.
    if (slice(error.code, 0, 7) === "EGRESS_") {
      const cause = { code: error.code, message: made.message };
      defineProperty(made, "cause", { value: cause, configurable: true, writable: true });
    }
    return made;
  }
}

export type { Work };

export default function bridge(door: Door, state: RunState, own: Primordials): Work {
  return new Work(door, state, own);
}

/** A number-keyed store that the action cannot listen to. */
class Register<T> {
  readonly #entries: Record<number, T> = { __proto__: null } as unknown as Record<number, T>;
  take(key: number): T | undefined {
    const entry = this.#entries[key];
    delete this.#entries[key];
    return entry;
  }
  set(key: number, entry: T): void {
    this.#entries[key] = entry;
  }
  /** In the order of the keys. */
  each(see: (entry: T) => void): void {
    for (const key in this.#entries) see(this.#entries[key]!);
  }
}
