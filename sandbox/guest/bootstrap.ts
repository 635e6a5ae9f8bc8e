/**
 * The first script of every isolate, and all of ours that most runs need. It takes away what no action may have, keeps the built-ins it needs,
 * installs the preludes, and then plays one run: load the module, call its entry point, make the result into text, say so once. Every isolate
 * pays for each line here, so what only some runs need (timers, failures, a set clock, the console) is a part that they load (parts/).
 */
import { createGuestBridge } from "./guest-bridge.ts";
import type { Bridge } from "./bridge.d.ts";
import type { Door, RunData, Turn } from "./door.d.ts";
import { defineLazyGlobals, watchGlobals } from "./lazy-globals.ts";
import { quietDoor, showOwnFramesOnly } from "./own-frames.ts";
import type createClock from "./parts/clock.ts";
import type { Envelope, default as failure } from "./parts/failure.ts";
import type plainConsole from "./parts/plain-console.ts";
import { NativeError, parse, primordials, realNow, resolved, whenSettled } from "./primordials.ts";
import { toJsonText } from "./result.ts";
import type { RunState } from "./run-state.ts";

type Action = (context: unknown) => unknown;
/** A script of V8's, or the text of an artifact that the image's loader reads. */
type Script = ((exports: unknown, module: unknown) => void) | string;
type Loader = (text: string, bridge: Bridge) => unknown;

/** Gone before the first line of any action: memory that V8's limit does not see, and clocks made of threads. */
const FORBIDDEN = ["WebAssembly", "SharedArrayBuffer", "Atomics"];
/** Microtasks in a row that may still call something after the end, to be counted. */
const LATE_TURNS = 50;
const NOTHING_OPEN = { timers: 0, calls: 0, stack: null };
const UNREADABLE: Envelope = { name: "Error", message: "what was thrown could not be read", stack: null, code: null };
const TOO_LARGE = { name: "RangeError", message: "the result is too large", stack: null };
const CONSOLE = { console: "plain-console" };

// oxlint-disable-next-line eslint/max-lines-per-function -- the start of an isolate: its steps share what must not be reachable afterwards
export default function bootstrap(
  rawDoor: Door,
  preludes: readonly { readonly name: string; readonly install: (bridge: Bridge) => void }[],
  loader: Loader | null,
): Turn {
  for (let at = 0; at < FORBIDDEN.length; at++) delete (globalThis as Record<string, unknown>)[FORBIDDEN[at]!];
  (NativeError as unknown as { stackTraceLimit: number }).stackTraceLimit = 20;
  showOwnFramesOnly();
  watchGlobals();
  const door = quietDoor(rawDoor);
  const state: RunState = {
    phase: "preparing", clock: { now: realNow, advance() {}, set() {}, bits: null }, argumentChars: 0, lateCalls: 0, otherLateCalls: 0,
  }; // prettier-ignore
  const starts: { readonly name: string; readonly listener: (data: unknown) => void }[] = [];
  let installing: string | null = null;
  const { face: bridge, work } = createGuestBridge(door, state, (listener) => {
    if (installing !== null) starts.push({ name: installing, listener });
  });
  defineLazyGlobals(CONSOLE, (_, part) => (bridge.loadPart(part) as typeof plainConsole)(door, state, bridge));
  for (let at = 0; at < preludes.length; at++) {
    installing = preludes[at]!.name;
    preludes[at]!.install(bridge);
  }
  installing = null;

  return function turn(kind: string, first: unknown, second: unknown, third?: unknown, at?: unknown): void {
    if (kind === "start") start(first as string, second as Script, third as string);
    else if (kind === "rehearse") rehearse(first as string, second as Script, third as string);
    else {
      state.clock.set(at as number | undefined);
      resume(kind, first as number, second, third);
    }
  } as Turn;

  /**
   * What a timer's task throws ends the run here: thrown out of the isolate it would be read there, getters and all, with no deadline.
   * So does what a patched prototype makes of an answer.
   */
  function resume(kind: string, handle: number, second: unknown, third: unknown): void {
    try {
      if (kind === "answer") return work()?.answer(handle, second as string, third as Uint8Array | undefined);
      state.clock.advance(second as number);
      work()?.timer(handle);
    } catch (error) {
      fail("running", error);
    }
  }

  function start(runJson: string, script: Script, input: string): void {
    const data = parse(runJson) as RunData;
    const { now, seed, at } = data.clock;
    if (now !== null || seed !== null || at !== undefined)
      state.clock = (bridge.loadPart("clock") as typeof createClock)(data.clock, primordials, defineLazyGlobals);
    state.argumentChars = data.argumentChars;
    play(script, input, data);
  }

  /** Plays a script of ours, so that the code a run goes through has run before. Nothing of it stays. */
  function rehearse(runJson: string, script: Script, input: string): void {
    const data = parse(runJson) as RunData;
    state.argumentChars = data.argumentChars;
    play(script, input, data);
    state.phase = "preparing";
  }

  function play(script: Script, input: string, data: RunData): void {
    state.phase = "loading";
    for (let at = 0; at < starts.length; at++) starts[at]!.listener(data.preludeData[starts[at]!.name]);
    let action: Action | null;
    try {
      const exports = typeof script === "string" ? loader!(script, bridge) : load(script);
      action = findEntry(exports, data.entryPoints, door);
    } catch (error) {
      return fail("loading", error);
    }
    if (action === null) return close();
    const context = parse(input);
    state.phase = "running";
    try {
      const result = action(context);
      if (isPromiseLike(result))
        whenSettled(
          resolved(result),
          (value) => finish(value, data.returnChars),
          (error) => fail("running", error),
        );
      else finish(result, data.returnChars);
    } catch (error) {
      fail("running", error);
    }
  }

  function finish(value: unknown, maxChars: number): void {
    const text = toJsonText(value, maxChars);
    if (text.ok) {
      const open = work()?.openWork() ?? NOTHING_OPEN;
      door("done", text.json, open.timers, open.calls, open.stack, text.emptied);
      close();
      return void listenOn();
    }
    const { name, message, stack } = text.reason === "too_large" ? TOO_LARGE : describe(text.error);
    door("bad_result", text.reason, name, message, stack);
    return close();
  }

  /** The run has its result. What was due at once still has its turn, so that a hand-off that comes too late can be counted. */
  async function listenOn(): Promise<void> {
    // oxlint-disable-next-line typescript/await-thenable -- what is no promise has no `then` that an action could have changed
    for (let turn = 0; turn < LATE_TURNS; turn++) await undefined;
    door("close", state.lateCalls, state.otherLateCalls);
  }

  /** Nothing may be thrown out of here: it would be read outside, with no deadline. */
  function describe(thrown: unknown): Envelope {
    let read;
    try {
      read = (bridge.loadPart("failure") as typeof failure)(primordials);
    } catch {
      return UNREADABLE;
    }
    return read(thrown);
  }

  function fail(phase: "loading" | "running", error: unknown): void {
    const { name, message, stack, code } = describe(error);
    door("threw", phase, name, message, stack, code);
    close();
  }

  function close(): void {
    state.phase = "ended";
  }
}

function load(script: Exclude<Script, string>): unknown {
  const module = { exports: {} };
  script(module.exports, module);
  return module.exports;
}

/** The first of the names that is exported. A module whose whole export is a function serves as its own default export. */
function findEntry(exports: unknown, names: readonly string[], door: Door): Action | null {
  if (typeof exports === "function") return exports as Action;
  if (exports !== null && typeof exports === "object") {
    for (let index = 0; index < names.length; index++) {
      const entry = (exports as Record<string, unknown>)[names[index]!];
      if (entry === undefined) continue;
      if (typeof entry === "function") return entry as Action;
      door("no_entry", names[index]!, entry === null ? "null" : typeof entry);
      return null;
    }
  }
  door("no_entry", null, null);
  return null;
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null &&
    (typeof value === "object" || typeof value === "function") &&
    typeof (value as { then?: unknown }).then === "function"
  );
}
