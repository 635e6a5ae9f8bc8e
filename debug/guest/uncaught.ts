/**
 * A part of the debug engine. Whether V8 tells a debugger of an error as uncaught it decides as the error is thrown, by the handlers that it finds, and
 * the bootstrap has one for all that an action throws: nothing would ever be uncaught. So the module, the action and the tasks of timers are called
 * where no handler is, and what the action returns is awaited without one; the bootstrap's handler is put there once the error has been thrown.
 */
import type { Work } from "../../sandbox/guest/parts/bridge.ts";

type Script = (exports: unknown, module: { exports: unknown }) => void;
type Action = (context: unknown) => unknown;
type Task = () => void;
type Phase = "loading" | "running";
type BridgePart = (...given: unknown[]) => Work;

const { apply, defineProperty, ownKeys } = Reflect;
const NativePromise = Promise;
const { resolve: resolved } = NativePromise;

export interface Uncaught {
  /** The same script: what it throws, and what the functions throw that it exports, stays uncaught. */
  script(script: Script): Script;
  /** The same part: what its timers throw stays uncaught. */
  bridge(part: BridgePart): BridgePart;
}

/** `onFailed` hears of what is on its way to the bootstrap's handler: in an isolate the run is over in the same moment. */
export default function leaveUncaught(onFailed: (phase: Phase) => void): Uncaught {
  /** Ends what the action is awaited by. */
  let settle: ((value: unknown) => void) | null = null;

  const guardedAll = (exports: unknown): unknown => {
    if (typeof exports === "function") return guarded(exports as Action);
    if (typeof exports !== "object" || exports === null) return exports;
    const made = {};
    const keys = ownKeys(exports);
    for (let at = 0; at < keys.length; at++) {
      const get = (): unknown => {
        const value = (exports as Record<PropertyKey, unknown>)[keys[at]!];
        return typeof value === "function" ? guarded(value as Action) : value;
      };
      defineProperty(made, keys[at]!, { get, enumerable: true, configurable: true });
    }
    return made;
  };

  const guarded =
    (action: Action): Action =>
    (context) => {
      let result: unknown;
      const thrown = thrownBy(() => {
        result = action(context);
      });
      if (thrown !== null) return thrown;
      if (!isPromiseLike(result)) return result;
      const promise = apply(resolved, NativePromise, [result]) as Promise<unknown>;
      return new NativePromise((resolve) => {
        settle = resolve;
        void follow(promise, resolve);
      });
    };

  const guardedTask =
    (task: Task): Task =>
    () => {
      // Nothing waits for the action, or not yet.
      if (settle === null) return task();
      const thrown = thrownBy(task);
      if (thrown === null) return undefined;
      onFailed("running");
      return settle(thrown);
    };

  return {
    script: (script) => (exports, module) => {
      const thrown = thrownBy(() => script(exports, module));
      if (thrown === null) {
        module.exports = guardedAll(module.exports);
        return;
      }
      onFailed("loading");
      module.exports = () => thrown;
    },
    bridge: (part) =>
      function bridge(...given) {
        const work = apply(part, undefined, given) as Work;
        const { schedule } = work;
        work.schedule = (task, ms, isOurs) =>
          // What was thrown before has been seen.
          apply(schedule, work, ["rethrows" in task ? task : guardedTask(task), ms, isOurs]) as number;
        return work;
      },
  };
}

/** What is thrown in the work rejects a promise that nothing handles yet; null where nothing is. */
function thrownBy(work: () => void): Promise<never> | null {
  let isOver = false;
  const thrown = new NativePromise<never>((resolve) => {
    work();
    isOver = true;
    resolve(undefined as never);
  });
  return isOver ? null : thrown;
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
  return value instanceof NativePromise || typeof (value as { then?: unknown }).then === "function";
}

/** A `finally` is no handler. What was rejected is passed on as the promise that it is: to reject another one with it would be reported as thrown once more. */
async function follow(promise: Promise<unknown>, resolve: (value: unknown) => void): Promise<void> {
  let value: unknown = promise;
  try {
    value = await promise;
  } finally {
    resolve(value);
    // oxlint-disable-next-line no-unsafe-finally -- the rejection is in what was resolved with, and goes no further here
    return;
  }
}
