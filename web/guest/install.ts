/**
 * The web platform's globals, each put in place by its first use. What runs in every isolate is this list alone; the implementations are parts
 * that the worker compiles from its code cache when a name is touched. A name that was touched is an ordinary property from then on.
 */
import type { Bridge } from "../../sandbox/guest/bridge.d.ts";

/** Gives the exports of a part, evaluated once in an isolate. */
export type Use = (part: string) => Record<string, unknown>;
export type Part = (bridge: Bridge, use: Use) => Record<string, unknown>;

const PARTS: readonly (readonly [part: string, names: readonly string[]])[] = [
  ["timers", ["setTimeout", "setInterval", "clearTimeout", "clearInterval", "queueMicrotask", "performance"]],
  ["events", ["DOMException", "Event", "CustomEvent", "EventTarget", "AbortController", "AbortSignal"]],
  ["encoding", ["TextEncoder", "TextDecoder", "atob", "btoa"]],
  ["url", ["URL", "URLSearchParams"]],
  ["clone", ["structuredClone"]],
  ["blob", ["Blob", "File", "FormData"]],
  ["crypto", ["crypto", "Crypto", "CryptoKey", "SubtleCrypto"]],
  [
    "streams",
    [
      "ReadableStream", "ReadableStreamDefaultReader", "ReadableStreamBYOBReader", "ReadableStreamDefaultController",
      "ReadableByteStreamController", "ReadableStreamBYOBRequest", "WritableStream", "WritableStreamDefaultWriter",
      "WritableStreamDefaultController", "TransformStream", "TransformStreamDefaultController", "ByteLengthQueuingStrategy",
      "CountQueuingStrategy", "TextEncoderStream", "TextDecoderStream",
    ],
  ],
  ["compression", ["CompressionStream", "DecompressionStream"]],
  ["url-pattern", ["URLPattern"]],
  ["agent", ["navigator", "Navigator", "reportError"]],
]; // prettier-ignore

export default function install(bridge: Bridge): void {
  const { defineGlobal, hasOwn } = bridge.primordials;
  const loaded: Record<string, Record<string, unknown>> = { __proto__: null } as never;
  const use: Use = (part) => (loaded[part] ??= (bridge.loadPart(part) as Part)(bridge, use));
  const lazy = (name: string, part: string): void => bridge.defineLazyGlobal(name, () => use(part)[name]);
  for (let at = 0; at < PARTS.length; at++) {
    const [part, names] = PARTS[at]!;
    for (let index = 0; index < names.length; index++) lazy(names[index]!, part);
  }
  // Not where V8 has its own, which it would make if more were asked of it than its name.
  if (!hasOwn(globalThis, "Temporal")) lazy("Temporal", "temporal");
  defineGlobal("self", { value: globalThis, writable: true, enumerable: false, configurable: true });
}
