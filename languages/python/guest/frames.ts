/**
 * The door as Python sees it: two descriptors. On the first it writes frames of JSON text, a line each, and reads the answer to the last one; on
 * the second the bytes beside them. Python belongs to the action, so any of it may be forged: what is no frame is dropped.
 */
import type { PythonClock } from "./clock.ts";
import type { PythonDoor } from "./door.d.ts";
import { ascii, type Heap, latin1, putWord, stretches } from "./heap.ts";

export const TEXT = 40;
export const BYTES = 41;

const MAX_FRAME = 16 * 1024 * 1024;
const HOST_ANSWER_MS = 1;
const NO_BYTES = new Uint8Array(0);

/** The stack of Python's thread is V8's too: a frame that is sent from its very end would leave none to answer it with. */
const ROOM = Array.from({ length: 6_144 });
// oxlint-disable-next-line no-empty-function -- its arguments are what takes the room
const needRoom = (): void => {};

type Waiting =
  | { readonly call: number; readonly timer: number | null }
  | { readonly call: null; readonly timer: number };

interface Stream {
  bytes: Uint8Array;
  at: number;
}

export class Frames {
  readonly #heap: Heap;
  readonly #door: PythonDoor;
  readonly #text: Stream = { bytes: NO_BYTES, at: 0 };
  readonly #bytes: Stream = { bytes: NO_BYTES, at: 0 };
  #out = "";
  #attached: Uint8Array[] = [];
  #attachedBytes = 0;
  #waiting: Waiting | null = null;
  #nextHandle = 1;
  #start: Uint8Array = NO_BYTES;
  #lasts = true;
  clock: PythonClock;
  /** Milliseconds that synchronous calls of the host took: they are not the action's. */
  hostMs = 0;

  constructor(heap: Heap, door: PythonDoor, clock: PythonClock) {
    this.#heap = heap;
    this.#door = door;
    this.clock = clock;
  }

  begin(start: Uint8Array, clock: PythonClock, lasts: boolean): void {
    this.clock = clock;
    this.#lasts = lasts;
    this.#start = start;
    this.#waiting = null;
    this.forget();
  }

  /** Drops half a frame, and an answer that was not read. */
  forget(): void {
    this.#out = "";
    this.#attached = [];
    this.#attachedBytes = 0;
    this.#answer(NO_BYTES);
  }

  get isWaiting(): boolean {
    return this.#waiting !== null;
  }

  write(fd: number, vectors: number, count: number, pointer: number): number {
    let total = 0;
    for (const [at, length] of stretches(this.#heap, vectors, count)) {
      const piece = this.#heap.bytes.subarray(at, at + length);
      if (fd === TEXT) this.#out += latin1(piece);
      else this.#attach(piece);
      total += length;
    }
    putWord(this.#heap, pointer, total);
    if (this.#out.length > MAX_FRAME) throw new RangeError("a frame is too large");
    if (this.#out.endsWith("\n")) this.#cross();
    return 0;
  }

  #attach(piece: Uint8Array): void {
    this.#attachedBytes += piece.length;
    if (this.#attachedBytes > MAX_FRAME) throw new RangeError("the bytes of a frame are too many");
    this.#attached.push(piece.slice());
  }

  read(fd: number, vectors: number, count: number, pointer: number): number {
    const from = fd === TEXT ? this.#text : this.#bytes;
    let total = 0;
    for (const [at, length] of stretches(this.#heap, vectors, count)) {
      const piece = from.bytes.subarray(from.at, from.at + length);
      this.#heap.bytes.set(piece, at);
      from.at += piece.length;
      total += piece.length;
      if (piece.length < length) break;
    }
    if (total === 0) from.bytes = NO_BYTES;
    putWord(this.#heap, pointer, total);
    return 0;
  }

  /** The host answered; true if Python waits for this very answer. */
  takeAnswer(call: number, text: Uint8Array, bytes: Uint8Array | undefined): boolean {
    if (this.#waiting?.call !== call) return false;
    if (this.#waiting.timer !== null) this.#door("cancel", this.#waiting.timer);
    this.clock.advance(HOST_ANSWER_MS);
    return this.#resume(text, bytes);
  }

  takeTimer(timer: number, advanceMs: number): boolean {
    if (this.#waiting?.timer !== timer) return false;
    this.clock.advance(advanceMs);
    return this.#resume(this.#waiting.call === null ? ascii("null") : ascii('{"timedOut":true}'), undefined);
  }

  #resume(text: Uint8Array, bytes: Uint8Array | undefined): true {
    this.#waiting = null;
    this.#answer(text, bytes);
    return true;
  }

  #answer(text: Uint8Array, bytes: Uint8Array = NO_BYTES): void {
    this.#text.bytes = text;
    this.#text.at = 0;
    this.#bytes.bytes = bytes;
    this.#bytes.at = 0;
  }

  #cross(): void {
    Reflect.apply(needRoom, undefined, ROOM);
    const line = this.#out;
    const attached = this.#takeAttached();
    this.#out = "";
    this.#answer(NO_BYTES);
    const frame = parseFrame(line);
    if (frame !== null) this.#send(frame, attached);
  }

  #takeAttached(): Uint8Array | undefined {
    const pieces = this.#attached;
    if (pieces.length === 0) return undefined;
    const whole = new Uint8Array(this.#attachedBytes);
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    this.#attached = [];
    this.#attachedBytes = 0;
    return whole;
  }

  #send([op, first, second, third, fourth, fifth]: Frame, attached: Uint8Array | undefined): void {
    switch (op) {
      case "start":
        return this.#answer(this.#start);
      case "call":
        return this.#call(text(first), text(second));
      case "call_async":
        return this.#callAsync(text(first), text(second), third, attached);
      case "sleep":
        this.#waiting = { call: null, timer: this.#schedule(first) };
        return undefined;
      case "log":
        this.#door("log", text(first), text(second), new Date(this.clock.now()).toISOString());
        return undefined;
      case "where":
        this.#door("where", text(first));
        return undefined;
      case "left_open":
        this.#door("left_open", number(first), number(second), text(third));
        return undefined;
      case "timed_out":
      case "out_of_memory":
        this.#door("verdict", op);
        return undefined;
      case "done":
      case "threw":
      case "bad_result":
      case "no_entry":
        this.#door(op, known(first), known(second), known(third), known(fourth), known(fifth));
        // Whatever Python would still do has no effect: it is left where it stands.
        if (!this.#lasts) throw new Error("the run is over");
        return undefined;
      default:
        return undefined;
    }
  }

  #call(name: string, args: string): void {
    const asked = Date.now();
    const answer = this.#door("call", name, args);
    this.hostMs += Date.now() - asked;
    this.clock.advance(HOST_ANSWER_MS);
    if (typeof answer === "string") this.#answer(ascii(answer));
  }

  #callAsync(name: string, args: string, timeoutMs: unknown, attached: Uint8Array | undefined): void {
    const call = this.#nextHandle++;
    const refusal = this.#door("call_async", call, name, args, attached);
    if (typeof refusal === "string") return this.#answer(ascii(refusal));
    this.#waiting = { call, timer: typeof timeoutMs === "number" ? this.#schedule(timeoutMs) : null };
    return undefined;
  }

  #schedule(ms: unknown): number {
    const timer = this.#nextHandle++;
    this.#door("schedule", timer, typeof ms === "number" && ms > 0 ? ms : 0);
    return timer;
  }
}

type Frame = readonly unknown[];

function parseFrame(line: string): Frame | null {
  try {
    const frame: unknown = JSON.parse(line);
    return Array.isArray(frame) ? frame : null;
  } catch {
    return null;
  }
}

/** What Python sent in place of a text counts as none. */
const text = (part: unknown): string => (typeof part === "string" ? part : "");
const number = (part: unknown): number => (typeof part === "number" ? part : 0);
const known = (part: unknown): string | null => (typeof part === "string" ? part : null);
