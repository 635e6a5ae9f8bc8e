/**
 * The first script of every isolate. It takes away what no action may have, keeps the built-ins it needs, installs the preludes,
 * and then plays one run: load the module, call its entry point, make the result (or what was thrown) into text, say so once.
 */
import type { Bridge } from "./bridge.d.ts";
import { GuestBridge, type RunState } from "./guest-bridge.ts";
import { createClock } from "./clock.ts";
import { type Formatter, installConsole } from "./console.ts";
import type { Door, RunData, Turn } from "./door.d.ts";
import { describe } from "./envelope.ts";
import { watchGlobals } from "./lazy-globals.ts";
import { quietDoor, showOwnFramesOnly } from "./own-frames.ts";
import { NativeError, parse, resolved, whenSettled } from "./primordials.ts";
import { toJsonText } from "./result.ts";

type Action = (context: unknown) => unknown;
/** A script of V8's, or the text of an artifact that the image's loader reads. */
type Script = ((exports: unknown, module: unknown) => void) | string;
type Loader = (text: string, bridge: Bridge) => unknown;

/** Gone before the first line of any action: memory that V8's limit does not see, and clocks made of threads. */
const FORBIDDEN = ["WebAssembly", "SharedArrayBuffer", "Atomics"];
/** Microtasks in a row that may still call something after the end, to be counted. */
const LATE_TURNS = 50;
const TOO_LARGE = { name: "RangeError", message: "the result is too large", stack: null };

export default function bootstrap(
  rawDoor: Door,
  preludes: readonly { readonly name: string; readonly install: (bridge: Bridge) => void }[],
  loader: Loader | null,
): Turn {
  for (const name of FORBIDDEN) Reflect.deleteProperty(globalThis, name);
  (NativeError as unknown as { stackTraceLimit: number }).stackTraceLimit = 20;
  showOwnFramesOnly();
  watchGlobals();
  const door = quietDoor(rawDoor);
  const state: RunState = {
    phase: "preparing", clock: createClock(null, null), argumentChars: 0, lateCalls: 0, otherLateCalls: 0,
  }; // prettier-ignore
  const bridge = new GuestBridge(door, state);
  installConsole(
    (level, message) => bridge.log(level, message),
    (print, line) => {
      const part = bridge.loadPart("console") as (needs: object) => Formatter;
      return part({ print, line, now: () => state.clock.now() });
    },
  );

  const starts: ((data: Readonly<Record<string, unknown>>) => void)[] = [];
  for (const { name, install } of preludes)
    install(bridge.face((listener) => void starts.push((data) => listener(data[name]))));

  return function turn(kind: string, first: unknown, second: unknown, third?: unknown): void {
    if (kind === "start") start(first as string, second as Script, third as string);
    else if (kind === "rehearse") rehearse(first as string, second as Script, third as string);
    else resume(kind, first as number, second, third);
  } as Turn;

  /**
   * What a timer's task throws ends the run here: thrown out of the isolate it would be read there, getters and all, with no deadline.
   * So does what a patched prototype makes of an answer.
   */
  function resume(kind: string, handle: number, second: unknown, third: unknown): void {
    try {
      if (kind === "answer") return bridge.answer(handle, second as string, third as Uint8Array | undefined);
      state.clock.advance(second as number);
      bridge.timer(handle);
    } catch (error) {
      fail("running", error);
    }
  }

  function start(runJson: string, script: Script, input: string): void {
    const data = parse(runJson) as RunData;
    state.clock = createClock(data.clock.now, data.clock.seed);
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
    for (let index = 0; index < starts.length; index++) starts[index]!(data.preludeData);
    let action: Action | null;
    try {
      const exports =
        typeof script === "string"
          ? loader!(
              script,
              bridge.face(() => undefined),
            )
          : load(script);
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
      const { timers, calls, stack } = bridge.openWork();
      door("done", text.json, timers, calls, stack, text.emptied);
      close();
      return listenOn(LATE_TURNS);
    }
    const { name, message, stack } = text.reason === "too_large" ? TOO_LARGE : describe(text.error);
    door("bad_result", text.reason, name, message, stack);
    return close();
  }

  /** The run has its result. What was due at once still has its turn, so that a hand-off that comes too late can be told. */
  function listenOn(turns: number): void {
    if (turns === 0) return door("close", state.lateCalls, state.otherLateCalls);
    return whenSettled(resolved(undefined), () => listenOn(turns - 1), close);
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
