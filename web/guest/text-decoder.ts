/** `TextDecoder`: whole texts, and streams of bytes that end anywhere. The decoding is the worker process's own. */
import type { Bridge } from "../../sandbox/guest/bridge.d.ts";
import { decodeAscii, joinBytes, viewOf } from "./bytes.ts";
import { toDictionary, toText } from "./idl.ts";
import { showFields } from "./shown.ts";

// oxlint-disable-next-line eslint/max-lines-per-function -- a class over the bridge; each method is short
export function createTextDecoder(bridge: Bridge) {
  class TextDecoder {
    readonly #encoding: string;
    readonly #fatal: boolean;
    readonly #ignoreBOM: boolean;
    /** What a stream has given so far that no whole character ends: bytes, and how much of their text was given out. */
    #kept: Uint8Array = new Uint8Array();
    #given = 0;

    constructor(label: unknown = "utf-8", options?: unknown) {
      const text = toText(label);
      const name = /^utf-?8$/i.test(text)
        ? "utf-8"
        : bridge.callWorker("text.encoding", JSON.stringify(text.slice(0, 100))).value;
      if (typeof name !== "string") {
        throw Object.assign(new RangeError(`The "${text.slice(0, 100)}" encoding is not supported`), {
          code: "ERR_ENCODING_NOT_SUPPORTED",
        });
      }
      const { fatal, ignoreBOM } = toDictionary(options, "the options of a TextDecoder");
      this.#encoding = name;
      this.#fatal = Boolean(fatal);
      this.#ignoreBOM = Boolean(ignoreBOM);
    }
    get encoding(): string {
      return this.#encoding;
    }
    get fatal(): boolean {
      return this.#fatal;
    }
    get ignoreBOM(): boolean {
      return this.#ignoreBOM;
    }
    decode(input: unknown = new Uint8Array(), options?: unknown): string {
      const view = viewOf(input);
      if (view === null) throw new TypeError("the input must be an ArrayBuffer or a view on one");
      const stream = Boolean(toDictionary(options, "the options of decode")["stream"]);
      if (this.#kept.length === 0 && !stream) {
        return (this.#encoding === "utf-8" ? decodeAscii(view) : null) ?? this.#whole(view);
      }
      const bytes = joinBytes([this.#kept, view]);
      const end = stream ? wholeCharacters(this.#encoding, bytes) : bytes.length;
      const text = this.#whole(end === null ? bytes : bytes.subarray(0, end), end === null);
      // Encodings whose characters cannot be cut are read from the start each time; what was given out before is left away.
      const fresh = text.slice(this.#given);
      if (!stream) this.#reset();
      else if (end === null) this.#keep(bytes, text.length);
      else this.#keep(bytes.slice(end), end === 0 ? this.#given : 0, end > 0);
      return fresh;
    }
    /** Once a stream has begun, a mark is a character like any other. */
    #begun = false;
    #keep(bytes: Uint8Array, given: number, begun = this.#begun): void {
      this.#kept = bytes;
      this.#given = given;
      this.#begun ||= begun;
    }
    #reset(): void {
      this.#kept = new Uint8Array();
      this.#given = 0;
      this.#begun = false;
    }
    #whole(bytes: Uint8Array, open = false): string {
      const flags = [this.#encoding, this.#fatal, this.#ignoreBOM || this.#begun, open];
      const text = bridge.callWorker("text.decode", JSON.stringify(flags), bytes).value;
      if (typeof text === "string") return text;
      this.#reset();
      const message = `The encoded data was not valid for encoding ${this.#encoding}`;
      throw Object.assign(new TypeError(message), { code: "ERR_ENCODING_INVALID_ENCODED_DATA" });
    }
    get [Symbol.toStringTag](): string {
      return "TextDecoder";
    }
  }
  showFields(TextDecoder, "TextDecoder", ({ encoding, fatal, ignoreBOM }) => ({ encoding, fatal, ignoreBOM }));
  return TextDecoder;
}

/** How many of the bytes end with a whole character; null for encodings where that takes the whole past to know. */
function wholeCharacters(encoding: string, bytes: Uint8Array): number | null {
  if (encoding === "utf-8") return wholeUtf8(bytes);
  if (encoding === "utf-16le" || encoding === "utf-16be") {
    const even = bytes.length & ~1;
    const high = bytes[encoding === "utf-16le" ? even - 1 : even - 2] ?? 0;
    return even >= 2 && high >= 0xd8 && high <= 0xdb ? even - 2 : even;
  }
  return /^(gb|big5|euc|iso-2022|shift)/.test(encoding) ? null : bytes.length;
}

function wholeUtf8(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte >= 0xc2 && byte <= 0xf4) {
      const need = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      const second = back > 1 ? bytes[bytes.length - back + 1]! : 0x90;
      const fits =
        second >= (byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80) &&
        second <= (byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf);
      return need > back && fits ? bytes.length - back : bytes.length;
    }
    if (byte < 0x80 || byte > 0xbf) break;
  }
  return bytes.length;
}
