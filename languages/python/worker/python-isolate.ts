/**
 * One isolate with CPython in it, ready for one run: the glue answers the worker's turns as any guest does, so the run that plays it knows no
 * language. What WebAssembly cannot say itself, a fault or the place of an endless loop, is asked of it here.
 */
import { randomBytes } from "node:crypto";
import type { CachedScript, DoorHandler, PreparedIsolate } from "../../../sandbox/worker/isolate.ts";
import type { IsolateOpener, OpenIsolate } from "../../../sandbox/worker/open-isolate.ts";
import type { ImageFiles } from "../image-files.ts";

/** The isolate's own heap beside the files in /tmp: the glue's strings, and answers on their way. Python's memory is WebAssembly's, beside it. */
const GLUE_MIB = 64;
const MIB = 1024 * 1024;
const REHEARSAL_MS = 10_000;
/** Milliseconds that Python gets to say where it stands. */
const LAST_WORDS_MS = 100;
const MAX_ENTROPY = 65_536;
const TIMED_OUT = "Script execution timed out.";

interface RunData {
  readonly preludeData: {
    readonly "hand-off"?: unknown;
    readonly fetch?: { readonly secrets?: Readonly<Record<string, string>> };
  };
  readonly returnChars: number;
  readonly clock: { readonly now: string | null; readonly seed: string | null; readonly at?: number };
}

export interface PythonParts {
  readonly openIsolate: IsolateOpener;
  readonly files: ImageFiles;
  /** The glue, with the code cache that its first compilation leaves. */
  readonly glue: CachedScript;
}

export function createPythonFactory(parts: PythonParts): (memoryMiB: number) => PreparedIsolate {
  return (memoryMiB) => new PythonIsolate(parts, memoryMiB);
}

class PythonIsolate implements PreparedIsolate {
  readonly isolate: PreparedIsolate["isolate"];
  readonly memoryMiB: number;
  readonly #files: ImageFiles;
  readonly #open: OpenIsolate;
  #handler: DoorHandler = () => undefined;
  #where: string | null = null;
  #verdict: string | null = null;
  #isPlaying = false;
  /** Python said how its run ended. */
  #isOver = false;
  /** Python was interrupted because its time was up: however it goes on, the run ends by its limit. */
  #isExpired = false;
  #leftOpen: readonly unknown[] = [];
  #fault: { readonly name: string; readonly message: string } | null = null;

  constructor({ openIsolate, files, glue }: PythonParts, memoryMiB: number) {
    this.#files = files;
    this.memoryMiB = memoryMiB;
    this.#open = openIsolate({
      memoryMiB: GLUE_MIB + memoryMiB,
      script: glue,
      given: [files.engine, files.trampoline, files.facts],
      door: (op, ...parts) => this.#answer(op, parts),
    });
    this.isolate = this.#open.isolate;
  }

  /** The door: what is of the image is answered here, the rest is the run's. Like any guest's it never throws. */
  #answer(op: string, parts: unknown[]): unknown {
    switch (op) {
      case "resource":
        return this.#copy(this.#files.resource(String(parts[0])));
      case "entropy":
        return this.#copy(this.#entropy(Math.min(Number(parts[0]) || 0, MAX_ENTROPY)));
      case "where":
        this.#where = typeof parts[0] === "string" ? parts[0] : null;
        return undefined;
      case "verdict":
        this.#verdict = String(parts[0]);
        return undefined;
      case "fault":
        this.#fault = { name: String(parts[0]), message: String(parts[1]) };
        return undefined;
      case "expired":
        this.#isExpired = true;
        return undefined;
      case "left_open":
        this.#leftOpen = parts;
        return undefined;
      case "done":
      case "threw":
      case "bad_result":
      case "no_entry":
        return this.#finish(op, parts);
      case "call":
      case "call_async":
        return inAscii(this.#handler(op, ...parts));
      default:
        return this.#handler(op, ...parts);
    }
  }

  /** A run that is recorded has random bytes of its own. */
  #entropy(count: number): Uint8Array {
    const own = this.#handler("entropy", count);
    return own instanceof Uint8Array ? own : randomBytes(count);
  }

  #finish(op: string, parts: unknown[]): unknown {
    if (this.#isExpired) return undefined;
    this.#isOver = true;
    if (op !== "done") return this.#handler(op, ...parts);
    const [timers, tasks, place] = this.#leftOpen;
    return this.#handler(op, parts[0], timers, 0, place, undefined, tasks);
  }

  turn(timeoutMs: number, kind: string, ...parts: unknown[]): void {
    const softMs = soft(timeoutMs);
    if (kind === "start") {
      const [data, script, input] = parts as [string, string, string];
      this.#play(timeoutMs, softMs, JSON.parse(data) as RunData, script, input);
    } else if (kind === "answer") {
      const [call, answer, bytes, at] = parts as [number, string, Uint8Array | undefined, number | undefined];
      this.#enter(timeoutMs, "answer", call, Buffer.from(answer), bytes, softMs, at);
    } else this.#enter(timeoutMs, "timer", parts[0], parts[1], undefined, softMs, parts[3]);
  }

  #play(timeoutMs: number, softMs: number, data: RunData, script: string, input: string, lasts = false): void {
    const { clock, preludeData, returnChars } = data;
    const entropy = clock.seed ?? Buffer.from(this.#entropy(32)).toString("hex");
    const { secrets = {} } = preludeData.fetch ?? {};
    const run = JSON.stringify({
      entropy,
      returnChars,
      secrets,
      fetch: preludeData.fetch ?? {},
      handOff: preludeData["hand-off"] ?? {},
    });
    const whole = `${run.slice(0, -1)},"script":${script},"input":${input}}`;
    const start = JSON.stringify({
      now: clock.now === null ? null : Date.parse(clock.now),
      seed: clock.seed,
      at: clock.at,
      softMs,
      memoryBytes: this.memoryMiB * MIB,
      lasts,
    });
    this.#enter(timeoutMs, "start", start, Buffer.from(whole));
  }

  /** One turn; throws what a guest of JavaScript would make the worker see: that its time or its memory is up, or that it broke. */
  #enter(timeoutMs: number, ...parts: unknown[]): void {
    this.#where = this.#verdict = this.#fault = null;
    this.#isPlaying = true;
    try {
      this.#open.call(timeoutMs, parts);
    } catch (error) {
      if (this.isolate.isDisposed) throw error;
      const { name, message } = error as Error;
      this.#fault = { name, message };
    } finally {
      this.#isPlaying = false;
    }
    if (this.#isOver) return;
    if (this.#isExpired || this.#verdict === "timed_out") throw this.#early(TIMED_OUT);
    if (this.#verdict === "out_of_memory") throw this.#ended("memory limit");
    if (this.#fault !== null && !this.isolate.isDisposed) throw this.#broken(this.#fault);
  }

  #broken({ message }: { readonly message: string }): Error {
    const isTime = message === TIMED_OUT;
    const isFull = !isTime && this.#ask("refused") === true;
    if (this.#where === null) this.#ask("where");
    if (isTime) return this.#ended(TIMED_OUT);
    if (isFull) return this.#ended("memory limit");
    if (message.includes("call stack")) return this.#ended("maximum recursion depth exceeded", "RecursionError");
    return this.#ended(message, "SystemError");
  }

  #ended(message: string, name = "Error"): Error {
    const error = new Error(message);
    error.name = name;
    error.stack = this.#where ?? "";
    return Object.assign(error, this.#where === null ? {} : { place: this.#where });
  }

  /** A moment before the limit itself. */
  #early(message: string): Error {
    return Object.assign(this.#ended(message), { isEarly: true });
  }

  #ask(what: string): unknown {
    try {
      return this.#open.call(LAST_WORDS_MS, [what]);
    } catch {
      return undefined;
    }
  }

  #copy(bytes: Uint8Array | undefined): unknown {
    return bytes === undefined ? undefined : this.#open.copy(bytes);
  }

  /** A script of Python is the JSON text of its modules, which goes in with the run. */
  compile(script: { readonly code: string }): unknown {
    return script.code;
  }

  rehearse(): void {
    const { rehearsal } = this.#files;
    this.#handler = (op) => (op === "call" ? rehearsal.answer : undefined);
    const data: RunData = {
      preludeData: {},
      returnChars: 65_536,
      clock: { now: "2024-01-01T00:00:00Z", seed: "rehearsal" },
    };
    this.#play(REHEARSAL_MS, REHEARSAL_MS, data, rehearsal.script, rehearsal.input, true);
    this.#handler = () => undefined;
    this.#isOver = this.#isExpired = false;
    this.#leftOpen = [];
  }

  compileAhead(): void {
    // Python compiles in its run; there is nothing of it to keep.
  }

  loadPart(): unknown {
    return undefined;
  }

  attach(handler: DoorHandler): void {
    this.#handler = handler;
  }

  heapBytes(): number {
    if (this.isolate.isDisposed) return 0;
    const size = this.#ask("size");
    return this.isolate.getHeapStatisticsSync().used_heap_size + (typeof size === "number" ? size : 0);
  }

  whereItWaits(): string | null {
    if (this.isolate.isDisposed) return null;
    this.#where = null;
    this.#ask("where");
    return this.#where;
  }

  /** A run that says itself how it ended has left the interpreter by that; every other one is cut off. */
  dispose(): void {
    this.#handler = () => undefined;
    if (this.#isPlaying && !this.#isOver) this.release();
  }

  release(): void {
    if (!this.isolate.isDisposed) this.isolate.dispose();
  }
}

/** Python is interrupted a moment before V8 ends it: its error then names the line. */
function soft(timeoutMs: number): number {
  return Math.max(1, timeoutMs - Math.min(20, Math.ceil(timeoutMs / 5)));
}

/** What is read byte by byte has none above 127. */
function inAscii(answer: unknown): unknown {
  if (typeof answer !== "string") return answer;
  return answer.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
