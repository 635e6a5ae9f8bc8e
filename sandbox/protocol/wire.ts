/**
 * Frames on a byte stream: two lengths (body, bytes; each a 32-bit little-endian number, the first with the kind of the frame in its upper six bits),
 * then the body, then at most one byte array. A body is JSON text, or for the frames that every run sends numbers in fixed places (positions.ts).
 * Used on both sides of the wall, so it must import nothing. A frame over its cap is refused before any of it is kept.
 */
export interface Frame {
  /** 0: the body is JSON text. */
  readonly kind: number;
  readonly json: string;
  /** Of any other kind; a part of the stream's own memory. */
  readonly body: Buffer;
  readonly bytes: Uint8Array | undefined;
}

export const JSON_KIND = 0;
const KIND_BITS = 26;
const LENGTH_MASK = 2 ** KIND_BITS - 1;
const NO_BODY = Buffer.alloc(0);

/** A prepared script or a result cannot make a frame larger than this: 5 MiB of bundle, every character escaped. */
export const MAX_JSON_BYTES = 32 * 1024 * 1024;
export const MAX_ATTACHED_BYTES = 16 * 1024 * 1024;
export const HEADER_BYTES = 8;
/** Scripts that a worker process keeps; host and worker drop the oldest by the same rule. */
export const SCRIPTS_PER_WORKER = 64;
/** What runs have in common, as often as it differs; dropped by the same rule. */
export const SETUPS_PER_WORKER = 64;

export class FrameError extends Error {
  override readonly name = "FrameError";
}

/** `attached` is the byte array, or a text to be carried as its UTF-8 bytes without being escaped into the JSON. */
export function encodeFrame(json: string, attached?: Uint8Array | string): Buffer {
  const jsonLength = Buffer.byteLength(json);
  const bytesLength = attached === undefined ? 0 : Buffer.byteLength(attached);
  if (jsonLength > MAX_JSON_BYTES || bytesLength > MAX_ATTACHED_BYTES)
    throw new FrameError("a frame over its cap was about to be sent");
  const frame = Buffer.allocUnsafe(HEADER_BYTES + jsonLength + bytesLength);
  frame.writeUInt32LE(jsonLength, 0);
  frame.writeUInt32LE(bytesLength, 4);
  frame.write(json, HEADER_BYTES);
  attach(frame, HEADER_BYTES + jsonLength, attached);
  return frame;
}

/** A frame of numbers in fixed places, which `fill` writes from where the body begins, and a text behind them. */
export function encodeBody(
  kind: number,
  places: number,
  text: string,
  fill: (frame: Buffer, at: number) => void,
  attached?: Uint8Array | string,
): Buffer {
  const length = places + Buffer.byteLength(text);
  const bytesLength = attached === undefined ? 0 : Buffer.byteLength(attached);
  if (length > MAX_JSON_BYTES || bytesLength > MAX_ATTACHED_BYTES)
    throw new FrameError("a frame over its cap was about to be sent");
  const frame = Buffer.allocUnsafe(HEADER_BYTES + length + bytesLength);
  frame.writeUInt32LE(kind * 2 ** KIND_BITS + length, 0);
  frame.writeUInt32LE(bytesLength, 4);
  fill(frame, HEADER_BYTES);
  frame.write(text, HEADER_BYTES + places);
  attach(frame, HEADER_BYTES + length, attached);
  return frame;
}

function attach(frame: Buffer, at: number, attached: Uint8Array | string | undefined): void {
  if (typeof attached === "string") frame.write(attached, at);
  else if (attached) frame.set(attached, at);
}

/** Cuts a stream into frames. Feed it chunks; it calls back once for each whole frame and throws FrameError on a length over the cap. */
export class FrameReader {
  /** Bytes of JSON text that one frame may have. */
  maxJsonBytes: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  constructor(maxJsonBytes = MAX_JSON_BYTES) {
    this.maxJsonBytes = maxJsonBytes;
  }

  *read(chunk: Buffer): Generator<Frame> {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    for (let size = this.#nextSize(); size !== null && this.#pendingBytes >= size; size = this.#nextSize()) {
      yield decodeFrame(this.#take(size));
    }
  }

  /** Bytes of the whole next frame, or null while its header is not there yet. */
  #nextSize(): number | null {
    if (this.#pendingBytes < HEADER_BYTES) return null;
    if (this.#pending[0]!.length < HEADER_BYTES) this.#pending = [Buffer.concat(this.#pending)];
    return frameSize(this.#pending[0]!, this.maxJsonBytes);
  }

  #take(size: number): Buffer {
    const joined = this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending);
    this.#pendingBytes = joined.length - size;
    this.#pending = this.#pendingBytes > 0 ? [joined.subarray(size)] : [];
    return joined.subarray(0, size);
  }
}

export function frameSize(header: Buffer, maxJsonBytes = MAX_JSON_BYTES): number {
  const jsonLength = header.readUInt32LE(0) & LENGTH_MASK;
  const bytesLength = header.readUInt32LE(4);
  if (jsonLength > maxJsonBytes || bytesLength > MAX_ATTACHED_BYTES)
    throw new FrameError(`a frame of ${jsonLength} + ${bytesLength} bytes is over the cap`);
  return HEADER_BYTES + jsonLength + bytesLength;
}

export function decodeFrame(frame: Buffer): Frame {
  const word = frame.readUInt32LE(0);
  const kind = word >>> KIND_BITS;
  const bytesLength = frame.readUInt32LE(4);
  const end = HEADER_BYTES + (word & LENGTH_MASK);
  return {
    kind,
    json: kind === JSON_KIND ? frame.toString("utf8", HEADER_BYTES, end) : "",
    body: kind === JSON_KIND ? NO_BODY : frame.subarray(HEADER_BYTES, end),
    bytes: bytesLength > 0 ? Uint8Array.prototype.slice.call(frame, end, end + bytesLength) : undefined,
  };
}
