/**
 * The web platform's globals, each put in place by its first use. What runs in every isolate is this list alone; the implementations are parts
 * that the worker compiles from its code cache when a name is touched. A name that was touched is an ordinary property from then on.
 */
import type { Bridge } from "../bridge.d.ts";

/** Gives the exports of a part, evaluated once in an isolate. */
export type Use = (part: string) => Record<string, unknown>;
export type Part = (bridge: Bridge, use: Use) => Record<string, unknown>;

const PARTS: readonly (readonly [part: string, names: string])[] = [
  ["timers", "setTimeout setInterval clearTimeout clearInterval queueMicrotask performance"],
  ["events", "DOMException Event CustomEvent EventTarget AbortController AbortSignal"],
  ["encoding", "TextEncoder TextDecoder atob btoa"],
  ["url", "URL URLSearchParams"],
  ["clone", "structuredClone"],
  ["blob", "Blob File FormData"],
  ["crypto", "crypto Crypto CryptoKey SubtleCrypto"],
  [
    "streams",
    "ReadableStream ReadableStreamDefaultReader ReadableStreamBYOBReader ReadableStreamDefaultController " +
      "ReadableByteStreamController ReadableStreamBYOBRequest WritableStream WritableStreamDefaultWriter " +
      "WritableStreamDefaultController TransformStream TransformStreamDefaultController ByteLengthQueuingStrategy " +
      "CountQueuingStrategy TextEncoderStream TextDecoderStream",
  ],
  ["compression", "CompressionStream DecompressionStream"],
  ["url-pattern", "URLPattern"],
  ["agent", "navigator Navigator reportError"],
  ["temporal", "Temporal"],
];

export default function install(bridge: Bridge): void {
  const { defineProperty, hasOwn } = bridge.primordials;
  const loaded: Record<string, Record<string, unknown>> = { __proto__: null } as never;
  const use: Use = (part) => (loaded[part] ??= (bridge.loadPart(part) as Part)(bridge, use));
  const put = (name: string, value: unknown): void => {
    defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
  };
  const lazy = (name: string, part: string): void => {
    // Asked for by its name alone: to look at V8's own Temporal is to have it made, in every isolate.
    if (hasOwn(globalThis, name)) return;
    let loading = false;
    defineProperty(globalThis, name, {
      get: () => {
        // A part that looks for the global it is about to make finds none.
        if (loading) return undefined;
        loading = true;
        try {
          const value = use(part)[name];
          put(name, value);
          return value;
        } finally {
          loading = false;
        }
      },
      set: (value: unknown) => put(name, value),
      enumerable: false,
      configurable: true,
    });
  };
  for (const [part, names] of PARTS) for (const name of names.split(" ")) lazy(name, part);
  put("self", globalThis);
}
