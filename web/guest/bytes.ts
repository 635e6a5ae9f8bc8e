/** Bytes and text inside the isolate: views on what an action passes, UTF-8 both ways, base64 for what travels as JSON. */
import type { Bridge } from "../../sandbox/guest/bridge.d.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

/** A view on a BufferSource, or null. */
export function viewOf(value: unknown): Uint8Array | null {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return isArrayBuffer(value) ? new Uint8Array(value) : null;
}

function isArrayBuffer(value: unknown): value is ArrayBuffer {
  try {
    lengthOfBuffer.call(value);
    return true;
  } catch {
    return false;
  }
}

const lengthOfBuffer = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength")!.get!;

/** UTF-8; lone surrogates become U+FFFD. */
export function encodeText(text: string): Bytes {
  const bytes = new Uint8Array(text.length * 3);
  return bytes.slice(0, encodeInto(text, bytes).written);
}

export function encodeInto(text: string, out: Uint8Array): { read: number; written: number } {
  let written = 0;
  let read = 0;
  while (read < text.length) {
    const code = text.codePointAt(read)!;
    const point = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
    const size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (written + size > out.length) break;
    if (size === 1) out[written] = point;
    else {
      out[written] = (0xf00 >> size) | (point >> (6 * (size - 1)));
      for (let at = 1; at < size; at++) out[written + at] = 0x80 | ((point >> (6 * (size - 1 - at))) & 0x3f);
    }
    written += size;
    read += code > 0xffff ? 2 : 1;
  }
  return { read, written };
}

const SHORT = 4_096;

/** ASCII of a handy length needs no help. */
export function decodeAscii(bytes: Uint8Array): string | null {
  if (bytes.length > SHORT) return null;
  for (let at = 0; at < bytes.length; at++) if (bytes[at]! > 0x7f) return null;
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}

/** UTF-8 without its mark, malformed bytes replaced: what bodies are read as. */
export function decodeText(bridge: Bridge, bytes: Uint8Array): string {
  return decodeAscii(bytes) ?? (bridge.callWorker("text.decode", '["utf-8",false,false,false]', bytes).value as string);
}

export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += SHORT) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + SHORT) as unknown as number[]);
  }
  return text;
}

export function toBase64(bridge: Bridge, bytes: Uint8Array): string {
  return bridge.callWorker("base64.encode", JSON.stringify(latin1(bytes))).value as string;
}

export function fromLatin1(text: string): Bytes {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

export function joinBytes(chunks: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
