/** Text encodings and base64. UTF-8 is written here; every other encoding is decoded by the worker process's own decoder. */
import { showBy } from "../shown.ts";
import type { Bridge } from "../../../sandbox/guest/bridge.d.ts";
import { invalidType, shaped, toText } from "../idl.ts";
import { createTextDecoder } from "../text-decoder.ts";
import type { Use } from "../install.ts";
import type { DOMExceptionClass } from "../dom-exception.ts";
import { encodeInto, encodeText } from "../bytes.ts";

export default function encoding(bridge: Bridge, use: Use): Record<string, unknown> {
  const invalidCharacter = (): Error =>
    new (use("events")["DOMException"] as DOMExceptionClass)("Invalid character", "InvalidCharacterError");
  const base64 = (name: string, text: string): string => {
    const value = bridge.callWorker(name, JSON.stringify(text)).value;
    if (value === null) throw invalidCharacter();
    return value as string;
  };

  class TextEncoder {
    get encoding(): string {
      return "utf-8";
    }
    encode(text: unknown = ""): Uint8Array {
      return encodeText(toText(text));
    }
    encodeInto(text: unknown, out: unknown): { read: number; written: number } {
      // No text by conversion here, as in Node.
      if (typeof text !== "string") throw invalidType("the first argument must be a string");
      if (!(out instanceof Uint8Array)) throw invalidType("the second argument must be a Uint8Array");
      return encodeInto(text, out);
    }
    get [Symbol.toStringTag](): string {
      return "TextEncoder";
    }
  }

  const TextDecoder = createTextDecoder(bridge);
  showBy(TextEncoder, ({ encoding }, _, options, inspect) => inspect({ encoding }, options));
  return {
    ...shaped({ TextEncoder, TextDecoder }, { TextDecoder: 0 }),
    atob: function atob(text: unknown): string {
      if (arguments.length === 0) throw new TypeError("atob needs an argument");
      return base64("base64.decode", toText(text));
    },
    btoa: function btoa(text: unknown): string {
      if (arguments.length === 0) throw new TypeError("btoa needs an argument");
      return base64("base64.encode", toText(text));
    },
  };
}
