/**
 * The arithmetic of `crypto.subtle`, by the worker's own OpenSSL. Keys are the guest's own and travel with each call; what may be done
 * with one is decided in the guest, where it belongs.
 */
import type { KeyObject } from "node:crypto";
import { bytesOf, integer, list, oneOf, PlatformError, record } from "./platform-input.ts";
import type { PlatformFunction } from "./platform-input.ts";
import type { Need } from "./costs.ts";
import { nodeCrypto } from "./late-modules.ts";

const HASHES = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"] as const;
const MAX_KEY_BYTES = 64 * 1024;
const MAX_EXTRA_BYTES = 1024 * 1024;
const MAX_ITERATIONS = 1_000_000;
const MAX_DERIVED_BYTES = 64 * 1024;
/** Signing takes the cube of it. */
const MAX_RSA_BITS = 8_192;
const BYTE_MS = 2e-6;
/** What PBKDF2 gives in one block, and what an iteration of one takes, on a machine of 2026. */
const ITERATION_COSTS = {
  "SHA-1": { bytes: 20, ms: 160e-6 },
  "SHA-256": { bytes: 32, ms: 160e-6 },
  "SHA-384": { bytes: 48, ms: 370e-6 },
  "SHA-512": { bytes: 64, ms: 370e-6 },
};
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
    const mode = oneOf(given["mode"], ["GCM", "CBC"] as const);
    const key = bytesOf(given["key"], 32);
    if (![16, 24, 32].includes(key.length)) throw operationError();
    const iv = bytesOf(given["iv"], MAX_EXTRA_BYTES);
    const encrypts = given["encrypt"] === true;
    return operation(() => (mode === "GCM" ? gcm(encrypts, key, iv, given, bytes) : cbc(encrypts, key, iv, bytes)));
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

  /** Reads a key: { format, type, key } → its DER, so that what the guest keeps is known to be a key. */
  "crypto.readKey": (args) => {
    const given = record(args);
    const key = readKey(given);
    const type = oneOf(key.asymmetricKeyType, ["rsa", "ec"] as const);
    const details = key.asymmetricKeyDetails ?? {};
    const der =
      key.type === "private"
        ? key.export({ format: "der", type: "pkcs8" })
        : key.export({ format: "der", type: "spki" });
    const value = {
      type,
      kind: key.type,
      curve: details.namedCurve ?? null,
      modulusLength: details.modulusLength ?? null,
      publicExponent: details.publicExponent === undefined ? null : Number(details.publicExponent),
      jwk: JSON.stringify(key.export({ format: "jwk" })),
    };
    return { value, bytes: own(der) };
  },
  /** { key, kind, scheme, hash, signature? } and data → a signature, or whether the given one fits. */
  "crypto.sign": (args, bytes, need) => {
    needBytes(need, bytes);
    const given = record(args);
    const key = { ...schemeOf(given), key: derKey(given, "private") };
    return operation(() => nodeCrypto().sign(hashOf(given["hash"]), bytes, key));
  },
  "crypto.verify": (args, bytes, need) => {
    needBytes(need, bytes);
    const given = record(args);
    const key = { ...schemeOf(given), key: derKey(given, "public") };
    return {
      value: nodeCrypto().verify(hashOf(given["hash"]), bytes, key, bytesOf(given["signature"], MAX_KEY_BYTES)),
    };
  },
};

function needBytes(need: Need, bytes: Uint8Array): void {
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

function cbc(encrypts: boolean, key: Buffer, iv: Buffer, bytes: Uint8Array): Buffer {
  const name = `aes-${key.length * 8}-cbc`;
  const cipher = encrypts ? nodeCrypto().createCipheriv(name, key, iv) : nodeCrypto().createDecipheriv(name, key, iv);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}

function readKey(given: Readonly<Record<string, unknown>>): KeyObject {
  const key = parseKey(given);
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) > MAX_RSA_BITS)
    throw new PlatformError("DataError", `an RSA key of more than ${MAX_RSA_BITS} bits`);
  return key;
}

function parseKey(given: Readonly<Record<string, unknown>>): KeyObject {
  const format = oneOf(given["format"], ["pkcs8", "spki", "jwk"] as const);
  try {
    if (format === "pkcs8")
      return nodeCrypto().createPrivateKey({ key: bytesOf(given["key"], MAX_KEY_BYTES), format: "der", type: "pkcs8" });
    if (format === "spki")
      return nodeCrypto().createPublicKey({ key: bytesOf(given["key"], MAX_KEY_BYTES), format: "der", type: "spki" });
    const key = record(given["key"]);
    return typeof key["d"] === "string"
      ? nodeCrypto().createPrivateKey({ key, format: "jwk" })
      : nodeCrypto().createPublicKey({ key, format: "jwk" });
  } catch {
    throw new PlatformError("DataError", "the key cannot be read");
  }
}

function derKey(given: Readonly<Record<string, unknown>>, kind: "private" | "public"): KeyObject {
  return readKey({ format: kind === "private" ? "pkcs8" : "spki", key: given["key"] });
}

function schemeOf(given: Readonly<Record<string, unknown>>) {
  const scheme = oneOf(given["scheme"], ["RSASSA-PKCS1-v1_5", "RSA-PSS", "ECDSA"] as const);
  switch (scheme) {
    case "RSASSA-PKCS1-v1_5":
      return { padding: nodeCrypto().constants.RSA_PKCS1_PADDING };
    case "RSA-PSS":
      return {
        padding: nodeCrypto().constants.RSA_PKCS1_PSS_PADDING,
        saltLength: integer(given["saltLength"], 0, 1_024),
      };
    case "ECDSA":
      return { dsaEncoding: "ieee-p1363" as const };
  }
}

function hashOf(value: unknown): string {
  return oneOf(value, HASHES).toLowerCase().replace("-", "");
}

/** What OpenSSL refuses is an OperationError, whatever it says. */
function operation(work: () => Buffer): { value: null; bytes: Uint8Array } {
  try {
    return { value: null, bytes: own(work()) };
  } catch (error) {
    throw error instanceof PlatformError ? error : operationError();
  }
}

function operationError(): PlatformError {
  return new PlatformError("OperationError", "the operation failed");
}

/** Bytes in an array buffer of their own: a Buffer may be a window on Node's pool, which holds other data. */
function own(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes);
}
