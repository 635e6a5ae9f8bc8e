/**
 * Keeps what is ours out of an action's stacks: the frames of our guest scripts, and the worker's, whose paths are the host's.
 */
import type { Door } from "./door.d.ts";
import { NativeError, apply, asString, defineProperty, errorClasses, getOwnPropertyDescriptor } from "./primordials.ts";

interface CallSite {
  getScriptNameOrSourceURL(): unknown;
}

const startsWith = String.prototype.startsWith;

const NO_STACK = "Maximum call stack size exceeded";

/** The name of the file that every action has inside V8. */
const ACTION_FILE = "baton:action";

/**
 * The door does not throw unless there is too little stack left for the worker's side of it, or for a part to load; what is thrown then
 * carries the worker's stack, so it is replaced by what V8 throws here for the same reason.
 */
export function quietDoor(door: Door): Door {
  return function quiet(): unknown {
    try {
      // oxlint-disable-next-line prefer-rest-params -- an array would have the action's iterator
      return apply(door as never, undefined, arguments);
    } catch (error) {
      if (hasNoStackLeft(error)) throw new errorClasses["RangeError"]!(NO_STACK);
      throw new NativeError("a part of the runtime has failed");
    }
  } as unknown as Door;
}

/** What the worker threw arrives as a copy, an object of this realm with fields of its own. */
function hasNoStackLeft(error: unknown): boolean {
  const message: unknown = getOwnPropertyDescriptor(error as object, "message")?.value;
  // Where a script was being compiled, its place follows.
  return typeof message === "string" && (apply(startsWith, message, [NO_STACK]) as boolean);
}

/** V8 asks this for the text of a stack when it is first read. An action may put another in its place, as in Node. */
export function showOwnFramesOnly(): void {
  defineProperty(NativeError, "prepareStackTrace", {
    value: function prepareStackTrace(error: unknown, sites: readonly CallSite[]): string {
      let text = headOf(error);
      for (let at = 0; at < sites.length; at++) if (isShown(sites[at]!)) text += `\n    at ${asString(sites[at])}`;
      return text;
    },
    writable: true,
    enumerable: false,
    configurable: true,
  });
}

function isShown(site: CallSite): boolean {
  const file = site.getScriptNameOrSourceURL();
  return typeof file !== "string" || file === ACTION_FILE || !(apply(startsWith, file, ["baton:"]) as boolean);
}

function headOf(error: unknown): string {
  try {
    return asString(error);
  } catch {
    return "<error>";
  }
}
