/** Web streams, by their well-kept polyfill, and the two streams that encode and decode text. */
import * as streams from "web-streams-polyfill";
import type { Bridge } from "../../../sandbox/guest/bridge.d.ts";
import { shaped, toText } from "../idl.ts";
import { showFields } from "../shown.ts";
import type { Use } from "../install.ts";

interface Coder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(bytes?: unknown, options?: { stream?: boolean }): string;
}
type Decoder = new (label?: unknown, options?: unknown) => Coder;
type Encoder = new () => { encode(text: string): Uint8Array };

// oxlint-disable-next-line eslint/max-lines-per-function -- two classes over the encodings; each method is short
export default function webStreams(_bridge: Bridge, use: Use): Record<string, unknown> {
  const { TextEncoder, TextDecoder } = use("encoding") as { TextEncoder: Encoder; TextDecoder: Decoder };

  class TextEncoderStream {
    readonly #transform: streams.TransformStream<unknown, Uint8Array>;
    constructor() {
      const encoder = new TextEncoder();
      let high = "";
      this.#transform = new streams.TransformStream({
        transform: (chunk, controller) => {
          const text = high + toText(chunk);
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
    constructor(label: unknown = "utf-8", options?: unknown) {
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
  showStreams();
  showFields(TextEncoderStream, "TextEncoderStream", ({ encoding, readable, writable }) => ({
    encoding,
    readable,
    writable,
  }));
  showFields(TextDecoderStream, "TextDecoderStream", ({ encoding, fatal, ignoreBOM, readable, writable }) => ({
    encoding,
    fatal,
    ignoreBOM,
    readable,
    writable,
  }));
  return { ...streams, ...shaped({ TextEncoderStream, TextDecoderStream }, { TextDecoderStream: 0 }) };
}

/** Fields of the polyfill's that hold what Node shows of a stream. */
interface Inside {
  readonly _state: string;
  readonly _backpressure: boolean;
  readonly _readableStreamController: object;
  readonly _ownerReadableStream: object | undefined;
  readonly _readRequests?: { readonly length: number };
  readonly _ownerWritableStream: object | undefined;
}

function showStreams(): void {
  const classes: Readonly<Record<string, unknown>> = { ...streams };
  const show = (name: keyof typeof streams, fields: (inside: Inside, self: never) => object): void =>
    showFields<object>(classes[name] as { prototype: object }, name, (self) => fields(self as Inside, self as never));
  show("ReadableStream", (inside, self: streams.ReadableStream) => ({
    locked: self.locked,
    state: inside._state,
    supportsBYOB: inside._readableStreamController instanceof streams.ReadableByteStreamController,
  }));
  show("WritableStream", (inside, self: streams.WritableStream) => ({ locked: self.locked, state: inside._state }));
  show("TransformStream", (inside, self: streams.TransformStream) => ({
    readable: self.readable,
    writable: self.writable,
    backpressure: inside._backpressure,
  }));
  show("ReadableStreamDefaultReader", (inside, self: streams.ReadableStreamDefaultReader) => ({
    stream: inside._ownerReadableStream,
    readRequests: inside._readRequests?.length ?? 0,
    close: self.closed,
  }));
  show("ReadableStreamBYOBReader", (inside, self: streams.ReadableStreamBYOBReader) => ({
    stream: inside._ownerReadableStream,
    requests: 0,
    close: self.closed,
  }));
  show("WritableStreamDefaultWriter", (inside, self: streams.WritableStreamDefaultWriter) => ({
    stream: inside._ownerWritableStream,
    close: self.closed,
    ready: self.ready,
    desiredSize: self.desiredSize,
  }));
  for (const name of [
    "ReadableStreamDefaultController",
    "ReadableByteStreamController",
    "WritableStreamDefaultController",
    "TransformStreamDefaultController",
  ] as const)
    show(name, () => ({}));
  for (const name of ["CountQueuingStrategy", "ByteLengthQueuingStrategy"] as const)
    show(name, (_, self: { highWaterMark: number }) => ({ highWaterMark: self.highWaterMark }));
}
