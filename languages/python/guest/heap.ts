/** The instance's memory as bytes and words. It moves when it grows, so no view of it is kept. */
export interface Heap {
  bytes: Uint8Array;
  words: DataView;
  readonly memory: WebAssembly.Memory;
}

const fromCharCode = String.fromCharCode;

export function viewHeap(memory: WebAssembly.Memory): Heap {
  return { memory, bytes: new Uint8Array(memory.buffer), words: new DataView(memory.buffer) };
}

export function renew(heap: Heap): void {
  heap.bytes = new Uint8Array(heap.memory.buffer);
  heap.words = new DataView(heap.memory.buffer);
}

const MAX_PATH = 4_096;

/** A C string as a path: its bytes, one character each. */
export function pathAt({ bytes }: Heap, at: number): string {
  let text = "";
  for (let from = at >>> 0; text.length < MAX_PATH && bytes[from]; from += 1) text += fromCharCode(bytes[from]!);
  return text;
}

export function putBigInt({ words }: Heap, at: number, value: number): void {
  words.setBigInt64(at >>> 0, BigInt(value), true);
}

export function putWord({ words }: Heap, at: number, value: number): void {
  words.setInt32(at >>> 0, value, true);
}

/** Bytes of a text of ASCII. */
export function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** A text whose characters are these bytes. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8_192) {
    text += fromCharCode.apply(null, bytes.subarray(at, at + 8_192) as unknown as number[]);
  }
  return text;
}

/** Each C function that reads or writes several stretches gives an array of addresses and lengths. */
export function* stretches({ words }: Heap, vectors: number, count: number): Generator<readonly [number, number]> {
  for (let index = 0; index < count >>> 0; index += 1) {
    const at = (vectors >>> 0) + 8 * index;
    yield [words.getUint32(at, true), words.getUint32(at + 4, true)];
  }
}
