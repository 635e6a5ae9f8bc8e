/**
 * A prelude of the debug engine. There the action's script has a file's URL, by which editors find their breakpoints; in the stacks that an
 * action reads it goes by the name that it has in every isolate. Frames of the process around the context are left out.
 */
import type { Bridge } from "../../sandbox/guest/bridge.d.ts";

interface CallSite {
  getScriptNameOrSourceURL(): unknown;
}

type Prepare = (error: unknown, sites: readonly CallSite[]) => unknown;

/** The name of the file that every action has inside V8. */
const ACTION_FILE = "baton:action";

const asText = String;
const NativeError = Error;
/** The frame of the promise in which the debug engine calls an action (uncaught.ts). */
const PROMISE_FRAME = "new Promise (<anonymous>)";
const UNCAUGHT_FILE = "baton:part/debug-uncaught";
const endsWith = String.prototype.endsWith;
const replaceAll = String.prototype.replaceAll;
const startsWith = String.prototype.startsWith;

export default function nameScript({ primordials, onStart }: Bridge): void {
  const { apply, defineProperty } = primordials;
  const prepare = (NativeError as unknown as { readonly prepareStackTrace: Prepare }).prepareStackTrace;
  let url = "";
  onStart((data) => {
    ({ url } = data as { readonly url: string });
  });

  /** The bundle of the debug process, and Node's own scripts. */
  function isHosts(file: unknown): boolean {
    if (typeof file !== "string") return false;
    return (apply(endsWith, file, ["debug.cjs"]) as boolean) || (apply(startsWith, file, ["node:"]) as boolean);
  }

  defineProperty(NativeError, "prepareStackTrace", {
    value: function prepareStackTrace(error: unknown, sites: readonly CallSite[]): unknown {
      const shown: CallSite[] = [];
      for (let at = 0; at < sites.length; at++) {
        const site = sites[at]!;
        const file = site.getScriptNameOrSourceURL();
        if (isHosts(file)) continue;
        const text = asText(site);
        if (text === PROMISE_FRAME && sites[at + 1]?.getScriptNameOrSourceURL() === UNCAUGHT_FILE) continue;
        const renamed = apply(replaceAll, text, [url, ACTION_FILE]) as string;
        const own =
          renamed === text
            ? site
            : {
                getScriptNameOrSourceURL: () => (file === url ? ACTION_FILE : file),
                toString: () => renamed,
              };
        defineProperty(shown, shown.length, { value: own, writable: true, enumerable: true, configurable: true });
      }
      return prepare(error, shown);
    },
    writable: true,
    enumerable: false,
    configurable: true,
  });
}
