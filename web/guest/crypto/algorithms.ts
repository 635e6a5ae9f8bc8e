/**
 * Algorithms of `crypto.subtle` and the parameters of each operation: the registry of the standard as a table, and the reading of
 * what an action wrote, in the standard's order, so that the same mistake is the same error as in Node.
 */
import type { KeyParts } from "../crypto-key.ts";
import { isObject, toText } from "../idl.ts";
import { toBytes, toInteger } from "./convert.ts";

export type Operation =
  | "digest" | "generateKey" | "importKey" | "exportKey" | "sign" | "verify" | "encrypt" | "decrypt"
  | "wrapKey" | "unwrapKey" | "deriveBits" | "keyLength"; // prettier-ignore

export interface Algorithm {
  readonly name: string;
  readonly [key: string]: unknown;
}

export type Refuse = (name: string, message: string) => never;

interface Member {
  readonly key: string;
  readonly required: boolean;
  readonly read: (value: unknown, algorithm: Record<string, unknown>) => unknown;
}

const HASHES = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];
export const CURVES = ["P-256", "P-384", "P-521"];
const TAG_BITS = [32, 64, 96, 104, 112, 120, 128];

export function createAlgorithms(refuse: Refuse, readKey: (value: unknown) => KeyParts) {
  const hashName = (given: unknown): string => {
    const name = isObject(given) ? (given as { name?: unknown }).name : toText(given);
    const known = HASHES.find((hash) => hash.toLowerCase() === String(name).toLowerCase());
    return known ?? refuse("NotSupportedError", "Unrecognized algorithm name");
  };
  const registry = createRegistry(createMembers(refuse, readKey, hashName));

  return {
    /** What was given, by its registered name and with nothing but what the operation reads. */
    normalize(given: unknown, operation: Operation): Algorithm {
      const source = isObject(given) ? (given as Record<string, unknown>) : { name: toText(given) };
      if (source["name"] === undefined) throw new TypeError("an algorithm needs a name");
      const wanted = toText(source["name"]).toUpperCase();
      const found = Object.keys(registry).find((name) => name.toUpperCase() === wanted && operation in registry[name]!);
      if (found === undefined) return refuse("NotSupportedError", "Unrecognized algorithm name");
      const algorithm: Record<string, unknown> = { name: found };
      for (const { key, required, read } of registry[found]![operation]!) {
        const value = source[key];
        if (value !== undefined) algorithm[key] = read(value, algorithm);
        else if (required) throw new TypeError(`an algorithm for ${operation} with ${found} needs ${key}`);
      }
      return algorithm as Algorithm;
    },
    isExportable: (name: string): boolean => "exportKey" in (registry[name] ?? {}),
  };
}

function createMembers(refuse: Refuse, readKey: (value: unknown) => KeyParts, hashName: (given: unknown) => string) {
  const member = (key: string, read: Member["read"], required = true): Member => ({ key, required, read });
  const whole = (key: string, bits: number, isRight: (value: number) => boolean, required = true, error = "OperationError") =>
    member(key, (value) => {
      const number = toInteger(value, bits, key);
      return isRight(number) ? number : refuse(error, `${number} is not a valid ${key}`);
    }, required); // prettier-ignore
  const bytes = (key: string, isRight: (size: number) => boolean = () => true, required = true) =>
    member(key, (value) => {
      const copy = toBytes(value, key);
      return isRight(copy.length) ? copy : refuse("OperationError", `${key} has the wrong length`);
    }, required); // prettier-ignore
  const exponent = member("publicExponent", (value) => {
    if (Object.prototype.toString.call(value) !== "[object Uint8Array]")
      throw new TypeError("publicExponent must be a Uint8Array");
    return isExponent(value as Uint8Array)
      ? toBytes(value)
      : refuse("OperationError", "publicExponent must be an odd number of 32 bits, from 3");
  });
  const other = member("public", (value, algorithm) => {
    const key = readKey(value);
    if (key.type !== "public") refuse("InvalidAccessError", "algorithm.public must be a public key");
    return key.algorithm.name === algorithm["name"] ? key : refuse("InvalidAccessError", "key algorithm mismatch");
  });
  const curve = member("namedCurve", (value) => {
    const name = toText(value);
    return CURVES.includes(name) ? name : refuse("NotSupportedError", "Unrecognized namedCurve");
  });
  const hash = member("hash", (value) => ({ name: hashName(value) }));
  const any = (): boolean => true;
  return {
    hash, exponent, other, curve,
    aesLength: whole("length", 16, (value) => value === 128 || value === 192 || value === 256),
    hmacMade: whole("length", 32, (value) => value !== 0, false),
    hmacRead: whole("length", 32, (value) => value !== 0, false, "DataError"),
    modulus: whole("modulusLength", 32, (value) => value >= 512),
    counter: bytes("counter", (size) => size === 16),
    counterBits: whole("length", 8, (value) => value >= 1 && value <= 128),
    cbcIv: bytes("iv", (size) => size === 16),
    gcmIv: bytes("iv"),
    additionalData: bytes("additionalData", any, false),
    tagLength: whole("tagLength", 8, (value) => TAG_BITS.includes(value), false),
    label: bytes("label", any, false),
    saltLength: whole("saltLength", 32, any),
    salt: bytes("salt"),
    info: bytes("info", (size) => size <= 1_024),
    iterations: member("iterations", (value) => {
      const rounds = toInteger(value, 32, "iterations");
      if (rounds === 0) refuse("OperationError", "iterations cannot be zero");
      return rounds < 2 ** 31 ? rounds : refuse("NotSupportedError", "iterations exceeds the implementation limit");
    }),
  }; // prettier-ignore
}

type Registry = Readonly<Record<string, Partial<Record<Operation, readonly Member[]>>>>;

function createRegistry(m: ReturnType<typeof createMembers>): Registry {
  const aes = { generateKey: [m.aesLength], exportKey: [], importKey: [], keyLength: [m.aesLength] };
  const gcm = [m.gcmIv, m.additionalData, m.tagLength];
  const rsa = { generateKey: [m.modulus, m.exponent, m.hash], exportKey: [], importKey: [m.hash] };
  const ec = { generateKey: [m.curve], exportKey: [], importKey: [m.curve] };
  const plain = { generateKey: [], exportKey: [], importKey: [] };
  return {
    ...Object.fromEntries(HASHES.map((name) => [name, { digest: [] }])),
    "AES-CBC": { ...aes, encrypt: [m.cbcIv], decrypt: [m.cbcIv] },
    "AES-CTR": { ...aes, encrypt: [m.counter, m.counterBits], decrypt: [m.counter, m.counterBits] },
    "AES-GCM": { ...aes, encrypt: gcm, decrypt: gcm },
    "AES-KW": { ...aes, wrapKey: [], unwrapKey: [] },
    HMAC: {
      generateKey: [m.hash, m.hmacMade], exportKey: [], importKey: [m.hash, m.hmacRead], sign: [], verify: [],
      keyLength: [m.hash, m.hmacRead],
    },
    HKDF: { importKey: [], deriveBits: [m.hash, m.salt, m.info], keyLength: [] },
    PBKDF2: { importKey: [], deriveBits: [m.salt, m.iterations, m.hash], keyLength: [] },
    "RSASSA-PKCS1-v1_5": { ...rsa, sign: [], verify: [] },
    "RSA-PSS": { ...rsa, sign: [m.saltLength], verify: [m.saltLength] },
    "RSA-OAEP": { ...rsa, encrypt: [m.label], decrypt: [m.label] },
    ECDSA: { ...ec, sign: [m.hash], verify: [m.hash] },
    ECDH: { ...ec, deriveBits: [m.other] },
    Ed25519: { ...plain, sign: [], verify: [] },
    X25519: { ...plain, deriveBits: [m.other] },
  }; // prettier-ignore
}

/** An odd number of at most 32 bits, from 3; any number of zeros may stand before it. */
function isExponent(bytes: Uint8Array): boolean {
  const digits = bytes.slice(Math.max(0, bytes.length - 4));
  const isSmall = bytes.subarray(0, bytes.length - digits.length).every((byte) => byte === 0);
  const number = digits.reduce((sum, byte) => sum * 256 + byte, 0);
  return isSmall && number >= 3 && number % 2 === 1;
}
