/**
 * A part of the debug engine. Whether V8 tells a debugger of an error as uncaught it decides as the error is thrown, by the handlers that it finds, and
 * the bootstrap has one for all that an action throws: nothing would ever be uncaught. So the action is called where no handler is, and what it returns
 * is awaited without one; the bootstrap's handler is put there once the error has been thrown.
 */
type Script = (exports: unknown, module: { exports: unknown }) => void;
type Action = (context: unknown) => unknown;

const { defineProperty, ownKeys } = Reflect;
const NativePromise = Promise;

/** The same script; the functions that it exports leave what they throw uncaught. */
export default function leaveUncaught(script: Script): Script {
  return (exports, module) => {
    script(exports, module);
    module.exports = guardedAll(module.exports);
  };
}

function guardedAll(exports: unknown): unknown {
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
}

function guarded(action: Action): Action {
  return (context) => {
    let result: unknown;
    let isOver = false;
    // What is thrown in here rejects a promise that nothing handles yet.
    const thrown = new NativePromise((resolve) => {
      result = action(context);
      isOver = true;
      resolve(undefined);
    });
    if (!isOver) return thrown;
    if (!(result instanceof NativePromise)) return result;
    const promise = result;
    return new NativePromise((resolve) => void follow(promise, resolve));
  };
}

/** A `finally` is no handler. What was rejected is passed on as the promise that it is: to reject another one with it would be told as thrown once more. */
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
