/**
 * The guest's side of the bridge: host calls in flight, timers, and what a prelude is given.
 * Everything crosses as JSON text or bytes; what comes back is parsed with the JSON of before the action's first line.
 */
import type { Bridge } from "./bridge.d.ts";
import type { Clock } from "./clock.ts";
import { isoTime } from "./clock.ts";
import type { Door } from "./door.d.ts";
import { defineLazyGlobal } from "./lazy-globals.ts";
import {
  type Deferred,
  Register,
  cut,
  defer,
  bytesIn,
  defineProperty,
  errorClasses,
  isBytes,
  parse,
  slice,
  NativeError,
  primordialsOfPreludes,
} from "./primordials.ts";

type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string; readonly name: string } };

interface AnswerWithBytes {
  readonly value: unknown;
  readonly bytes?: Uint8Array;
}

export interface RunState {
  phase: "preparing" | "loading" | "running" | "ended";
  clock: Clock;
  argumentChars: number;
  /** Calls that came after the end: of host functions that stand for a promise to the customer, and of all others. */
  lateCalls: number;
  otherLateCalls: number;
}

/** Whether something that was begun is ours, or given up: no work of the action then. */
export type IsOurs = () => boolean;

/** What a run has begun and not ended. `origin` was made where it began. */
interface Open<T> {
  readonly work: T;
  readonly origin: Error;
  readonly isOurs: IsOurs | undefined;
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
/** With a seed, time moves by this much at every host answer. */
const HOST_ANSWER_MS = 1;

export class GuestBridge {
  readonly #door: Door;
  readonly #state: RunState;
  readonly #calls = new Register<Open<Deferred<AnswerWithBytes>>>();
  readonly #timers = new Register<Open<() => void>>();
  #nextCall = 1;
  #nextTimer = 1;

  constructor(door: Door, state: RunState) {
    this.#door = door;
    this.#state = state;
  }

  log(level: "debug" | "info" | "warn" | "error", message: string): void {
    if (this.#state.phase === "ended" || typeof message !== "string") return;
    this.#door("log", level, cut(message, MAX_LOG_CHARS), isoTime(this.#state.clock.now()));
  }

  call(name: string, argsJson: string): unknown {
    this.#refuseLate();
    checkSize(argsJson, this.#state.argumentChars);
    const answer = parse(this.#door("call", name, argsJson)) as Answer;
    this.#state.clock.advance(HOST_ANSWER_MS);
    if (!answer.ok) throw toError(answer.error);
    return answer.value;
  }

  callAsync(name: string, argsJson: string, bytes?: Uint8Array, isOurs?: IsOurs): Promise<AnswerWithBytes> {
    const deferred = defer<AnswerWithBytes>();
    try {
      this.#refuseLate();
      checkSize(argsJson, this.#state.argumentChars, bytes);
      const call = this.#nextCall++;
      const refusal = this.#door("call_async", call, name, argsJson, bytes);
      if (refusal === undefined) this.#calls.set(call, { work: deferred, origin: new NativeError(), isOurs });
      else settle(deferred, parse(refusal) as Answer, undefined);
    } catch (error) {
      deferred.reject(error);
    }
    return deferred.promise;
  }

  callWorker(name: string, argsJson: string, bytes?: Uint8Array): AnswerWithBytes {
    checkSize(argsJson, MAX_WORKER_CHARS, bytes);
    const reply = this.#door("call_worker", name, argsJson, bytes);
    const answer = parse(typeof reply === "string" ? reply : reply.json) as Answer;
    if (!answer.ok) throw toError(answer.error);
    return typeof reply === "string" ? { value: answer.value } : { value: answer.value, bytes: reply.bytes };
  }

  /** A part is a function, unless the action has changed so much that the part's script failed. */
  loadPart(name: string): unknown {
    const part = this.#door("load_part", name);
    if (typeof part === "function") return part;
    throw new NativeError(`${name} cannot be loaded: built-ins that it needs were changed`);
  }

  schedule(task: () => void, ms: number, isOurs?: IsOurs): number {
    const handle = this.#nextTimer++;
    if (this.#state.phase === "ended") this.#state.otherLateCalls++;
    else {
      this.#timers.set(handle, { work: task, origin: new NativeError(), isOurs });
      this.#door("schedule", handle, ms);
    }
    return handle;
  }

  /** A call that came after the end, and was told so. */
  noteLate(): void {
    this.#state.lateCalls++;
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
    return { timers, calls, stack: first === null ? null : stackOf(first) };
  }

  #refuseLate(): void {
    if (this.#state.phase !== "ended") return;
    this.#state.otherLateCalls++;
    throw toError({
      code: "RUN_ENDED",
      name: "Error",
      message: "the run is over: nothing more can be asked of the host",
    });
  }

  cancel(handle: number): void {
    if (this.#timers.take(handle) !== undefined) this.#door("cancel", handle);
  }

  /** The host answered an async call. */
  answer(call: number, answerJson: string, bytes: Uint8Array | undefined): void {
    const deferred = this.#calls.take(call)?.work;
    this.#state.clock.advance(HOST_ANSWER_MS);
    if (deferred) settle(deferred, parse(answerJson) as Answer, bytes);
  }

  /** A timer came due. */
  timer(handle: number): void {
    this.#timers.take(handle)?.work();
  }

  /** What one prelude sees of all this. */
  face(onStart: Bridge["onStart"]): Bridge {
    return {
      call: (name, args) => this.call(name, args),
      callAsync: (name, args, bytes, isOurs) => this.callAsync(name, args, bytes, isOurs),
      callWorker: (name, args, bytes) => this.callWorker(name, args, bytes),
      loadPart: (name) => this.loadPart(name),
      phase: () => this.#state.phase,
      onStart,
      log: (level, message) => this.log(level, message),
      schedule: (task, ms, isOurs) => this.schedule(task, ms, isOurs),
      noteLate: () => this.noteLate(),
      cancel: (handle) => this.cancel(handle),
      now: () => this.#state.clock.now(),
      randomBits: () => this.#state.clock.bits,
      defineLazyGlobal,
      primordials: primordialsOfPreludes,
    };
  }
}

/** Parts are handed what patched built-ins made: only text and bytes of a known size cross, whatever it is called. */
function checkSize(argsJson: string, maxChars: number, bytes?: Uint8Array): void {
  if (typeof argsJson !== "string" || (bytes !== undefined && !isBytes(bytes)))
    throw toError({ code: "ARGUMENTS_BAD", name: "TypeError", message: "a host call takes JSON text and bytes" });
  if (argsJson.length > maxChars || (bytes !== undefined && bytesIn(bytes) > MAX_BYTES))
    throw toError({
      code: "ARGUMENTS_TOO_LARGE",
      name: "RangeError",
      message: `one call takes at most ${maxChars} bytes of arguments and ${MAX_BYTES} of data`,
    });
}

function settle(deferred: Deferred<AnswerWithBytes>, answer: Answer, bytes: Uint8Array | undefined): void {
  if (!answer.ok) deferred.reject(toError(answer.error));
  else if (bytes === undefined) deferred.resolve({ value: answer.value });
  else deferred.resolve({ value: answer.value, bytes });
}

/** The action may have put something of its own in the place of V8's formatting. */
function stackOf(error: Error): string | null {
  try {
    const stack: unknown = error.stack;
    return typeof stack === "string" ? cut(stack, MAX_STACK_CHARS) : null;
  } catch {
    return null;
  }
}

function toError(error: { readonly code: string; readonly message: string; readonly name: string }): Error {
  const made = new (errorClasses[error.name] ?? NativeError)(slice(error.message, 0, 4_000));
  if (error.code !== "") defineProperty(made, "code", { value: error.code, enumerable: true, configurable: true });
  // Where Node puts why a request failed, and code that was written for Node looks.
  if (slice(error.code, 0, 7) === "EGRESS_") {
    const cause = { code: error.code, message: made.message };
    defineProperty(made, "cause", { value: cause, configurable: true, writable: true });
  }
  return made;
}
