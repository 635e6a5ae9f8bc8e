/** `crypto`: randomness, and the `subtle` algorithms that APIs ask for. What a key may be used for is decided here, the arithmetic is the worker's. */
import type { Bridge } from "../../../sandbox/guest/bridge.d.ts";
import type { DOMExceptionClass } from "../dom-exception.ts";
import type { Use } from "../install.ts";
import { createCryptoKey } from "../crypto-key.ts";
import { shaped } from "../idl.ts";
import { createSubtle } from "../crypto/subtle.ts";

const MAX_RANDOM_BYTES = 65_536;
const INTEGER_ARRAYS = [
  "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array", "BigInt64Array",
  "BigUint64Array",
]; // prettier-ignore

export default function crypto(bridge: Bridge, use: Use): Record<string, unknown> {
  const DOMException = use("events")["DOMException"] as DOMExceptionClass;
  const { CryptoKey, makeKey, readKey } = createCryptoKey();
  const bits = bridge.randomBits();

  const randomBytes = (count: number): Uint8Array => {
    if (bits === null) return bridge.callWorker("random", String(count)).bytes ?? new Uint8Array();
    return Uint8Array.from({ length: count }, () => bits() >>> 24);
  };
  const SubtleCrypto = createSubtle({ bridge, DOMException, makeKey, readKey, randomBytes });
  const TOKEN = Symbol("crypto");
  const subtle = new SubtleCrypto(SubtleCrypto.TOKEN);
  Reflect.deleteProperty(SubtleCrypto, "TOKEN");

  class Crypto {
    constructor(token?: symbol) {
      if (token !== TOKEN) throw new TypeError("Illegal constructor");
    }
    get subtle(): object {
      return subtle;
    }
    getRandomValues<T extends ArrayBufferView>(array: T): T {
      const kind = Object.prototype.toString.call(array).slice(8, -1);
      if (!ArrayBuffer.isView(array) || !INTEGER_ARRAYS.includes(kind)) {
        throw new DOMException("The data argument must be an integer-type TypedArray", "TypeMismatchError");
      }
      if (array.byteLength > MAX_RANDOM_BYTES) {
        throw new DOMException(`more than ${MAX_RANDOM_BYTES} random bytes at once`, "QuotaExceededError");
      }
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(randomBytes(array.byteLength));
      return array;
    }
    randomUUID(): string {
      const bytes = randomBytes(16);
      bytes[6] = (bytes[6]! & 0x0f) | 0x40;
      bytes[8] = (bytes[8]! & 0x3f) | 0x80;
      const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
    }
    get [Symbol.toStringTag](): string {
      return "Crypto";
    }
  }
  /** What `structuredClone` makes of a key; null for anything else. */
  const copyKey = (value: object): object | null => {
    try {
      return makeKey(readKey(value));
    } catch {
      return null;
    }
  };
  const classes = shaped({ Crypto, CryptoKey, SubtleCrypto }, { Crypto: 0, CryptoKey: 0, SubtleCrypto: 0 });
  return { ...classes, crypto: new Crypto(TOKEN), copyKey };
}
