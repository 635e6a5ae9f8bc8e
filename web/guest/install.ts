/**
 * The web platform's globals, each put in place by its first use. What runs in every isolate is this list alone; the implementations are parts
 * that the worker compiles from its code cache when a name is touched. A name that was touched is an ordinary property from then on.
 */
import type { Bridge } from "../../sandbox/guest/bridge.d.ts";

/** Returns the exports of a part, evaluated once in an isolate. */
export type Use = (part: string) => Record<string, unknown>;
export type Part = (bridge: Bridge, use: Use) => Record<string, unknown>;

/** The part that has each name. */
const PARTS = {
  setTimeout: "timers", setInterval: "timers", clearTimeout: "timers", clearInterval: "timers", queueMicrotask: "timers", performance: "timers",
  DOMException: "events", Event: "events", CustomEvent: "events", EventTarget: "events", AbortController: "events", AbortSignal: "events",
  TextEncoder: "encoding", TextDecoder: "encoding", atob: "encoding", btoa: "encoding",
  URL: "url", URLSearchParams: "url",
  structuredClone: "clone",
  Blob: "blob", File: "blob", FormData: "blob",
  crypto: "crypto", Crypto: "crypto", CryptoKey: "crypto", SubtleCrypto: "crypto",
  ReadableStream: "streams", ReadableStreamDefaultReader: "streams", ReadableStreamBYOBReader: "streams",
  ReadableStreamDefaultController: "streams", ReadableByteStreamController: "streams", ReadableStreamBYOBRequest: "streams",
  WritableStream: "streams", WritableStreamDefaultWriter: "streams", WritableStreamDefaultController: "streams",
  TransformStream: "streams", TransformStreamDefaultController: "streams", ByteLengthQueuingStrategy: "streams",
  CountQueuingStrategy: "streams", TextEncoderStream: "streams", TextDecoderStream: "streams",
  CompressionStream: "compression", DecompressionStream: "compression",
  URLPattern: "url-pattern",
  navigator: "agent", Navigator: "agent", reportError: "agent",
}; // prettier-ignore

export default function install(bridge: Bridge): void {
  const { defineGlobal, hasOwn } = bridge.primordials;
  const loaded: Record<string, Record<string, unknown>> = { __proto__: null } as never;
  const use: Use = (part) => (loaded[part] ??= (bridge.loadPart(part) as Part)(bridge, use));
  const make = (name: string, part: string): unknown => use(part)[name];
  bridge.defineLazyGlobals(PARTS, make);
  // Not where V8 has its own, which it would make if more were asked of it than its name.
  if (!hasOwn(globalThis, "Temporal")) bridge.defineLazyGlobals({ Temporal: "temporal" }, make);
  defineGlobal("self", { value: globalThis, writable: true, enumerable: false, configurable: true });
}
