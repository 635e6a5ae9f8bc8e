/** Hints: what to use instead of a name that actions do not have, or the name that was meant: said where an action died of one. */
import { nearest } from "../../../base/suggest.ts";

const KEYWORDS =
  "JavaScript has no keyword arguments: write hand_off_conversation(context, { reason, phone_destination }).";

const INSTEAD: Readonly<Record<string, string>> = {
  phone_destination: KEYWORDS,
  reason: KEYWORDS,
  process: "There is no process here: configuration comes in context.args, secrets through the global `secrets`.",
  Buffer: "There is no Buffer here: use Uint8Array with TextEncoder and TextDecoder, and atob and btoa for base64.",
  require: "There is no require here: use import; npm packages must be allowed by the host.",
  module: "There is no module here: use export.",
  exports: "There is no exports here: use export.",
  __dirname: "There are no files here: what an action needs comes in its context or from fetch.",
  __filename: "There are no files here: what an action needs comes in its context or from fetch.",
  global: "There is no global here: use globalThis.",
  window: "There is no window here: use globalThis.",
  document: "There is no document here: an action runs on a server.",
  localStorage: "Nothing is kept between runs: use an API of yours through fetch.",
  sessionStorage: "Nothing is kept between runs: use an API of yours through fetch.",
  MessageChannel: "There are no other threads here to send messages to: use structuredClone for a copy.",
  XMLHttpRequest: "There is no XMLHttpRequest here: use fetch.",
  WebSocket: "There are no sockets here: use fetch.",
  EventSource: "There is no EventSource here: use fetch and read response.body.",
  setImmediate: "There is no setImmediate here: use setTimeout or queueMicrotask.",
  clearImmediate: "There is no clearImmediate here: use clearTimeout.",
  WebAssembly: "There is no WebAssembly here: its memory could not be limited.",
  SharedArrayBuffer: "There is no SharedArrayBuffer here: an action has one thread; use ArrayBuffer.",
  Atomics: "There is no Atomics here: an action has one thread.",
  Worker: "There are no threads here: an action has one.",
  Deno: "Actions do not run in Deno: use the web's own globals.",
  Bun: "Actions do not run in Bun: use the web's own globals.",
};

/** Names of an action's world that are long enough to be misspelt. */
const GLOBALS = [
  ...[
    "hand_off_conversation",
    "secrets",
    "fetch",
    "console",
    "structuredClone",
    "queueMicrotask",
    "setTimeout",
    "setInterval",
  ],
  ...[
    "clearTimeout",
    "clearInterval",
    "globalThis",
    "crypto",
    "performance",
    "navigator",
    "atob",
    "btoa",
    "reportError",
  ],
  ...[
    "URLSearchParams",
    "URLPattern",
    "Headers",
    "Request",
    "Response",
    "FormData",
    "Blob",
    "File",
    "Event",
    "EventTarget",
  ],
  ...[
    "AbortController",
    "AbortSignal",
    "TextEncoder",
    "TextDecoder",
    "ReadableStream",
    "WritableStream",
    "TransformStream",
  ],
  ...[
    "Temporal",
    "Intl",
    "Math",
    "JSON",
    "Object",
    "Array",
    "Promise",
    "Date",
    "Number",
    "String",
    "Boolean",
    "RegExp",
    "Symbol",
  ],
  ...[
    "Error",
    "TypeError",
    "RangeError",
    "parseInt",
    "parseFloat",
    "encodeURIComponent",
    "decodeURIComponent",
    "undefined",
  ],
];

/** What to use instead of a name that actions do not have; null where the name says nothing. */
export function insteadOf(name: string): string | null {
  return Object.hasOwn(INSTEAD, name) ? INSTEAD[name]! : null;
}

/** Of `import(name)`, which V8 rejects where nothing resolves modules while they run. */
export const COMPUTED_IMPORT =
  "A module is imported by a name that stands in the source, in quotes, because an action is compiled whole before it runs: write one import for each module and choose among them (docs/rules/import-unresolved.md).";

/** By the line that is shown: an action may have an error of its own with these words. */
export function hintAt(message: string, frame: string): string | null {
  return message === "Not supported" && /^> *\d+ \|.*\bimport\s*\(/m.test(frame) ? COMPUTED_IMPORT : null;
}

/** Null where nothing better is known than the error itself. */
export function hintFor(errorName: string, message: string): string | null {
  if (errorName !== "ReferenceError") return null;
  const missing = /^([A-Za-z_$][\w$]*) is not defined$/.exec(message)?.[1];
  if (missing === undefined) return null;
  if (Object.hasOwn(INSTEAD, missing)) return INSTEAD[missing]!;
  const near = missing.length < 4 ? null : nearest(missing, GLOBALS);
  return near === null ? null : `Did you mean ${near}?`;
}
