/**
 * The guest's side of the bridge as every isolate has it: the synchronous call, and what loads the rest. Whatever waits (calls in flight, timers)
 * and whatever goes wrong is the part "bridge", which the first need of it loads.
 * Everything crosses as JSON text or bytes; what comes back is parsed with the JSON of before the action's first line.
 */
import type { Answer } from "./answer.ts";
import type { Bridge } from "./bridge.d.ts";
import type { Door } from "./door.d.ts";
import { defineLazyGlobals } from "./lazy-globals.ts";
import { NativeError, type Primordials, parse, primordials } from "./primordials.ts";
import type { Work } from "./parts/bridge.ts";
import { HOST_ANSWER_MS, type RunState } from "./run-state.ts";

export interface GuestBridge {
  /** What preludes and parts see of it. */
  readonly face: Bridge;
  /** The part "bridge"; null while nothing has needed it. */
  readonly work: () => Work | null;
}

export function createGuestBridge(door: Door, state: RunState, onStart: Bridge["onStart"]): GuestBridge {
  let work: Work | null = null;
  // A part is a function, unless the action has changed so much that the part's script failed.
  const loadPart = (name: string): unknown => {
    const part = door("load_part", name);
    if (typeof part === "function") return part;
    throw new NativeError(`${name} cannot be loaded: built-ins that it needs were changed`);
  };
  const whole = (): Work =>
    (work ??= (loadPart("bridge") as (door: Door, state: RunState, given: Primordials) => Work)(door, state, primordials));
  const face: Bridge = {
    call(name, argsJson) {
      if (state.phase === "ended" || typeof argsJson !== "string" || argsJson.length > state.argumentChars)
        return whole().refuse(argsJson);
      const answer = parse(door("call", name, argsJson)) as Answer;
      state.clock.advance(HOST_ANSWER_MS);
      return answer.ok ? answer.value : whole().fail(answer.error);
    },
    callAsync: (name, args, bytes, isOurs) => whole().callAsync(name, args, bytes, isOurs),
    callWorker: (name, args, bytes) => whole().callWorker(name, args, bytes),
    loadPart,
    phase: () => state.phase,
    onStart,
    log: (level, message) => whole().log(level, message),
    schedule: (task, ms, isOurs) => whole().schedule(task, ms, isOurs),
    // A call that came after the end, and was answered so.
    noteLate: () => void state.lateCalls++,
    cancel: (handle) => whole().cancel(handle),
    now: () => state.clock.now(),
    randomBits: () => state.clock.bits,
    defineLazyGlobals,
    primordials,
  };
  return { face, work: () => work };
} // prettier-ignore
