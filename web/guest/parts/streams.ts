/** Web streams, by their well-kept polyfill, and the two streams that encode and decode text. */
import * as streams from "web-streams-polyfill";
import type { Bridge } from "../../../sandbox/guest/bridge.d.ts";
import type { Use } from "../install.ts";

interface Coder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(bytes?: unknown, options?: { stream?: boolean }): string;
}
type Decoder = new (label?: unknown, options?: object) => Coder;
type Encoder = new () => { encode(text: string): Uint8Array };

export default function webStreams(_bridge: Bridge, use: Use): Record<string, unknown> {
  const { TextEncoder, TextDecoder } = use("encoding") as { TextEncoder: Encoder; TextDecoder: Decoder };

  class TextEncoderStream {
    readonly #transform: streams.TransformStream<unknown, Uint8Array>;
    constructor() {
      const encoder = new TextEncoder();
      let high = "";
      this.#transform = new streams.TransformStream({
        transform: (chunk, controller) => {
          const text = high + String(chunk);
          // Half a surrogate pair waits for its other half.
          const cut = /[\ud800-\udbff]$/.test(text) ? text.length - 1 : text.length;
          high = text.slice(cut);
          if (cut > 0) controller.enqueue(encoder.encode(text.slice(0, cut)));
        },
        flush: (controller) => {
          if (high !== "") controller.enqueue(encoder.encode(high));
        },
      });
    }
    get encoding(): string {
      return "utf-8";
    }
    get readable(): unknown {
      return this.#transform.readable;
    }
    get writable(): unknown {
      return this.#transform.writable;
    }
    get [Symbol.toStringTag](): string {
      return "TextEncoderStream";
    }
  }

  class TextDecoderStream {
    readonly #decoder: Coder;
    readonly #transform: streams.TransformStream<unknown, string>;
    constructor(label?: unknown, options?: object) {
      this.#decoder = new TextDecoder(label, options);
      this.#transform = new streams.TransformStream({
        transform: (chunk, controller) => {
          const text = this.#decoder.decode(chunk, { stream: true });
          if (text !== "") controller.enqueue(text);
        },
        flush: (controller) => {
          const text = this.#decoder.decode();
          if (text !== "") controller.enqueue(text);
        },
      });
    }
    get encoding(): string {
      return this.#decoder.encoding;
    }
    get fatal(): boolean {
      return this.#decoder.fatal;
    }
    get ignoreBOM(): boolean {
      return this.#decoder.ignoreBOM;
    }
    get readable(): unknown {
      return this.#transform.readable;
    }
    get writable(): unknown {
      return this.#transform.writable;
    }
    get [Symbol.toStringTag](): string {
      return "TextDecoderStream";
    }
  }
  return { ...streams, TextEncoderStream, TextDecoderStream };
}
