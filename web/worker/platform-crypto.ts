/**
 * The arithmetic of `crypto.subtle` with secret keys and with none, by the worker's own OpenSSL. Keys are the guest's own and travel with
 * each call; what may be done with one is decided in the guest, where it belongs.
 */
import { bytesOf, integer, list, oneOf, PlatformError, record, text } from "./platform-input.ts";
import type { PlatformFunction } from "./platform-input.ts";
import type { Need } from "./costs.ts";
import { nodeCrypto } from "./late-modules.ts";

const HASHES = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"] as const;
export const MAX_KEY_BYTES = 64 * 1024;
export const MAX_EXTRA_BYTES = 1024 * 1024;
const MAX_ITERATIONS = 1_000_000;
const MAX_DERIVED_BYTES = 64 * 1024;
const BYTE_MS = 2e-6;
/** What PBKDF2 gives in one block, and what an iteration of one takes, on a machine of 2026. */
const ITERATION_COSTS = {
  "SHA-1": { bytes: 20, ms: 160e-6 },
  "SHA-256": { bytes: 32, ms: 160e-6 },
  "SHA-384": { bytes: 48, ms: 370e-6 },
  "SHA-512": { bytes: 64, ms: 370e-6 },
};
const BLOCK_BYTES = 16;
/** What RFC 3394 begins with. */
const WRAP_IV = Buffer.alloc(8, 0xa6);
const TAG_BITS = [32, 64, 96, 104, 112, 120, 128];

export const cryptoFunctions: Readonly<Record<string, PlatformFunction>> = {
  "crypto.digest": (args, bytes, need) => {
    needBytes(need, bytes);
    return { value: null, bytes: own(nodeCrypto().createHash(hashOf(args)).update(bytes).digest()) };
  },

  /** [hash, key] and data → the code. */
  "crypto.hmac": (args, bytes, need) => {
    needBytes(need, bytes);
    return { value: null, bytes: own(hmac(args, bytes)) };
  },
  /** [hash, key, code] and data → whether it fits. */
  "crypto.hmacVerify": (args, bytes, need) => {
    needBytes(need, bytes);
    const [hash, key, code] = list(args, 3);
    const expected = hmac([hash, key], bytes);
    const given = bytesOf(code, MAX_KEY_BYTES);
    return { value: given.length === expected.length && nodeCrypto().timingSafeEqual(given, expected) };
  },

  "crypto.aes": (args, bytes, need) => {
    needBytes(need, bytes);
    const given = record(args);
    const mode = oneOf(given["mode"], ["GCM", "CBC", "CTR", "KW"] as const);
    const key = bytesOf(given["key"], 32);
    if (![16, 24, 32].includes(key.length)) throw operationError();
    const iv = bytesOf(given["iv"], MAX_EXTRA_BYTES);
    const encrypts = given["encrypt"] === true;
    return operation(() => {
      if (mode === "GCM") return gcm(encrypts, key, iv, given, bytes);
      if (mode === "CTR") return ctr(key, iv, integer(given["bits"], 1, 128), bytes);
      if (mode === "KW") return plainCipher(encrypts, `aes${key.length * 8}-wrap`, key, WRAP_IV, bytes);
      return plainCipher(encrypts, `aes-${key.length * 8}-cbc`, key, iv, bytes);
    });
  },

  /** [hash, salt, info, length] and key → bytes. */
  "crypto.hkdf": (args, bytes) => {
    const [hash, salt, info, length] = list(args, 4);
    const size = integer(length, 0, MAX_DERIVED_BYTES);
    const extra = [bytesOf(salt, MAX_EXTRA_BYTES), bytesOf(info, 1_024)] as const;
    return operation(() => Buffer.from(nodeCrypto().hkdfSync(hashOf(hash), bytes, ...extra, size)));
  },
  /** [hash, salt, iterations, length] and password → bytes. */
  "crypto.pbkdf2": (args, bytes, need) => {
    const [hash, salt, iterations, length] = list(args, 4);
    const rounds = integer(iterations, 1, MAX_ITERATIONS);
    const size = integer(length, 0, 1_024);
    const cost = ITERATION_COSTS[oneOf(hash, HASHES)];
    const blocks = Math.ceil(size / cost.bytes);
    need(`PBKDF2 with ${rounds} iterations over ${blocks} blocks`, rounds * blocks * cost.ms);
    return operation(() => nodeCrypto().pbkdf2Sync(bytes, bytesOf(salt, MAX_EXTRA_BYTES), rounds, size, hashOf(hash)));
  },

  /** The text of a secret key in a JWK → its bytes. What is no base64 is passed over, as Node does. */
  "crypto.secretBytes": (args) => ({
    value: null,
    bytes: own(Buffer.from(text(args, MAX_KEY_BYTES * 2), "base64url")),
  }),
};

export function needBytes(need: Need, bytes: Uint8Array): void {
  need(`work on ${bytes.byteLength} bytes`, bytes.byteLength * BYTE_MS);
}

function hmac(args: unknown, bytes: Uint8Array): Buffer {
  const [hash, key] = list(args, 2);
  return nodeCrypto().createHmac(hashOf(hash), bytesOf(key, MAX_KEY_BYTES)).update(bytes).digest();
}

function gcm(
  encrypts: boolean,
  key: Buffer,
  iv: Buffer,
  given: Readonly<Record<string, unknown>>,
  bytes: Uint8Array,
): Buffer {
  const aad = bytesOf(given["aad"], MAX_EXTRA_BYTES);
  const bits = integer(given["tagLength"], 32, 128);
  if (!TAG_BITS.includes(bits)) throw operationError();
  const name = `aes-${key.length * 8}-gcm` as "aes-256-gcm";
  const authTagLength = bits / 8;
  if (encrypts) {
    const cipher = nodeCrypto().createCipheriv(name, key, iv, { authTagLength });
    cipher.setAAD(aad);
    return Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  }
  const end = bytes.byteLength - authTagLength;
  if (end < 0) throw operationError();
  const cipher = nodeCrypto().createDecipheriv(name, key, iv, { authTagLength });
  cipher.setAAD(aad);
  cipher.setAuthTag(bytes.subarray(end));
  return Buffer.concat([cipher.update(bytes.subarray(0, end)), cipher.final()]);
}

function plainCipher(encrypts: boolean, name: string, key: Buffer, iv: Buffer, bytes: Uint8Array): Buffer {
  const cipher = encrypts ? nodeCrypto().createCipheriv(name, key, iv) : nodeCrypto().createDecipheriv(name, key, iv);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}

/** Only so many bits of the counter's end count, and none of its values may come twice; OpenSSL counts through all 128. */
function ctr(key: Buffer, counter: Buffer, bits: number, bytes: Uint8Array): Buffer {
  if (counter.length !== BLOCK_BYTES) throw operationError();
  const blocks = BigInt(Math.ceil(bytes.byteLength / BLOCK_BYTES));
  const values = 1n << BigInt(bits);
  if (blocks > values) throw operationError();
  const start = BigInt(`0x${counter.toString("hex")}`);
  const untilWrap = values - (start % values);
  const name = `aes-${key.length * 8}-ctr`;
  if (blocks <= untilWrap) return plainCipher(true, name, key, counter, bytes);
  const at = Number(untilWrap) * BLOCK_BYTES;
  const wrapped = (start - (start % values)).toString(16).padStart(BLOCK_BYTES * 2, "0");
  return Buffer.concat([
    plainCipher(true, name, key, counter, bytes.subarray(0, at)),
    plainCipher(true, name, key, Buffer.from(wrapped, "hex"), bytes.subarray(at)),
  ]);
}

export function hashOf(value: unknown): string {
  return oneOf(value, HASHES).toLowerCase().replace("-", "");
}

/** What OpenSSL refuses is an OperationError, whatever it says. */
export function operation(work: () => Buffer): { value: null; bytes: Uint8Array } {
  try {
    return { value: null, bytes: own(work()) };
  } catch (error) {
    throw error instanceof PlatformError ? error : operationError();
  }
}

export function operationError(): PlatformError {
  return new PlatformError("OperationError", "the operation failed");
}

/** Bytes in an array buffer of their own: a Buffer may be a window on Node's pool, which holds other data. */
function own(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes);
}
