/**
 * `crypto.subtle`: digests, AES, HMAC, RSA, elliptic curves, Ed25519, X25519, HKDF and PBKDF2. Every method reads its arguments in the
 * standard's order and answers with a promise, as the standard has it, though the worker's answer is there at once.
 */
import type { Bridge } from "../../../sandbox/guest/bridge.d.ts";
import { decodeText, encodeText, fromLatin1, toBase64 } from "../bytes.ts";
import type { KeyParts } from "../crypto-key.ts";
import type { DOMExceptionClass } from "../dom-exception.ts";
import { createAlgorithms } from "./algorithms.ts";
import type { Algorithm } from "./algorithms.ts";
import { needArguments, toBytes, toFormat, toInteger, toJwk, toUsages } from "./convert.ts";
import type { Jwk, KeyFormat } from "./convert.ts";
import { createOperations } from "./operations.ts";
import { createPairs, isPair } from "./pairs.ts";
import { createSecrets, keyLength } from "./secrets.ts";
import { createWorkerCrypto } from "./worker-crypto.ts";

export interface SubtleNeeds {
  readonly bridge: Bridge;
  readonly DOMException: DOMExceptionClass;
  readonly makeKey: (parts: KeyParts) => object;
  readonly readKey: (value: unknown) => KeyParts;
  readonly randomBytes: (count: number) => Uint8Array;
}

// oxlint-disable-next-line eslint/max-lines-per-function -- a class over the keys of its realm; each method is short
export function createSubtle(needs: SubtleNeeds) {
  const { readKey } = needs;
  const keys = createKeys(needs);
  const { worker, normalize, fitting, cipher, sign, verify, derive } = keys;
  const TOKEN = Symbol("subtle");

  return class SubtleCrypto {
    static readonly TOKEN = TOKEN;
    constructor(token?: symbol) {
      if (token !== TOKEN) throw new TypeError("Illegal constructor");
    }
    async digest(algorithm: unknown, data: unknown): Promise<ArrayBuffer> {
      needArguments(arguments.length, 2, "digest");
      const bytes = toBytes(data);
      return worker.askForBytes("crypto.digest", normalize(algorithm, "digest").name, bytes);
    }
    async sign(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
      needArguments(arguments.length, 3, "sign");
      const parts = readKey(key);
      const bytes = toBytes(data);
      const normal = normalize(algorithm, "sign");
      return sign(normal, fitting(parts, normal, "sign"), bytes);
    }
    async verify(algorithm: unknown, key: unknown, signature: unknown, data: unknown): Promise<boolean> {
      needArguments(arguments.length, 4, "verify");
      const parts = readKey(key);
      const [given, bytes] = [toBytes(signature, "the signature"), toBytes(data)];
      const normal = normalize(algorithm, "verify");
      return verify(normal, fitting(parts, normal, "verify"), given, bytes);
    }
    async encrypt(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
      needArguments(arguments.length, 3, "encrypt");
      const parts = readKey(key);
      const bytes = toBytes(data);
      const normal = normalize(algorithm, "encrypt");
      return cipher(true, normal, fitting(parts, normal, "encrypt"), bytes);
    }
    async decrypt(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
      needArguments(arguments.length, 3, "decrypt");
      const parts = readKey(key);
      const bytes = toBytes(data);
      const normal = normalize(algorithm, "decrypt");
      return cipher(false, normal, fitting(parts, normal, "decrypt"), bytes);
    }
    async deriveBits(algorithm: unknown, key: unknown, length: unknown = null): Promise<ArrayBuffer> {
      needArguments(arguments.length, 2, "deriveBits");
      const parts = readKey(key);
      const bits = length === null ? null : toInteger(length, 32, "the length");
      const normal = normalize(algorithm, "deriveBits");
      return derive(normal, keys.base(parts, normal, "deriveBits"), bits);
    }
    async deriveKey(
      algorithm: unknown,
      key: unknown,
      derived: unknown,
      extractable: unknown,
      usages: unknown,
    ): Promise<object> {
      needArguments(arguments.length, 5, "deriveKey");
      const parts = readKey(key);
      const wanted = toUsages(usages);
      const normal = normalize(algorithm, "deriveBits");
      const target = normalize(derived, "importKey");
      const measured = normalize(derived, "keyLength");
      const bits = derive(normal, keys.base(parts, normal, "deriveKey"), keyLength(measured));
      return keys.importKey("raw-secret", new Uint8Array(bits), target, Boolean(extractable), wanted);
    }
    async generateKey(algorithm: unknown, extractable: unknown, usages: unknown): Promise<object> {
      needArguments(arguments.length, 3, "generateKey");
      const wanted = toUsages(usages);
      return keys.generateKey(normalize(algorithm, "generateKey"), Boolean(extractable), wanted);
    }
    async importKey(
      format: unknown,
      data: unknown,
      algorithm: unknown,
      extractable: unknown,
      usages: unknown,
    ): Promise<object> {
      needArguments(arguments.length, 5, "importKey");
      const form = toFormat(format);
      const key = form === "jwk" ? toJwk(data) : toBytes(data, "the key");
      const wanted = toUsages(usages);
      return keys.importKey(form, key, normalize(algorithm, "importKey"), Boolean(extractable), wanted);
    }
    async exportKey(format: unknown, key: unknown): Promise<unknown> {
      needArguments(arguments.length, 2, "exportKey");
      const form = toFormat(format);
      return keys.exportKey(form, readKey(key));
    }
    async wrapKey(format: unknown, key: unknown, wrappingKey: unknown, algorithm: unknown): Promise<ArrayBuffer> {
      needArguments(arguments.length, 4, "wrapKey");
      const form = toFormat(format);
      const [parts, wrapping] = [readKey(key), readKey(wrappingKey)];
      const normal = keys.normalizeWrap(algorithm, "wrapKey", "encrypt");
      fitting(wrapping, normal, "wrapKey");
      return cipher(true, normal, wrapping, keys.wrapped(form, parts, normal));
    }
    async unwrapKey(
      format: unknown,
      wrapped: unknown,
      unwrappingKey: unknown,
      algorithm: unknown,
      unwrappedAlgorithm: unknown,
      extractable: unknown,
      usages: unknown,
    ): Promise<object> {
      needArguments(arguments.length, 7, "unwrapKey");
      const form = toFormat(format);
      const bytes = toBytes(wrapped, "the wrapped key");
      const unwrapping = readKey(unwrappingKey);
      const wanted = toUsages(usages);
      const normal = keys.normalizeWrap(algorithm, "unwrapKey", "decrypt");
      const target = normalize(unwrappedAlgorithm, "importKey");
      fitting(unwrapping, normal, "unwrapKey");
      const plain = new Uint8Array(cipher(false, normal, unwrapping, bytes));
      const key = form === "jwk" ? keys.parsed(plain) : plain;
      return keys.importKey(form, key, target, Boolean(extractable), wanted);
    }
    get [Symbol.toStringTag](): string {
      return "SubtleCrypto";
    }
  };
}

/** What the methods share: keys of every kind by the name of their algorithm. */
// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over one worker
function createKeys({ bridge, DOMException, makeKey, readKey, randomBytes }: SubtleNeeds) {
  const worker = createWorkerCrypto(bridge, DOMException);
  const { refuse } = worker;
  const { normalize, isExportable } = createAlgorithms(refuse, readKey);
  const operations = createOperations(worker);
  const toBase64Url = (bytes: Uint8Array): string =>
    toBase64(bridge, bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const fromBase64 = (text: string): Uint8Array => {
    const plain = text.replaceAll("-", "+").replaceAll("_", "/");
    return fromLatin1(bridge.callWorker("base64.decode", JSON.stringify(plain)).value as string);
  };
  const secrets = createSecrets({ worker, makeKey, randomBytes, toBase64Url });
  const pairs = createPairs({ worker, makeKey, randomBytes, fromBase64 });
  const of = (name: string) => (isPair(name) ? pairs : secrets);

  function exportKey(format: KeyFormat, parts: KeyParts): unknown {
    const { name } = parts.algorithm;
    if (!isExportable(name)) refuse("NotSupportedError", `${name} key export is not supported`);
    if (!parts.extractable) refuse("InvalidAccessError", "key is not extractable");
    return of(name).exportKey(format, parts);
  }

  return {
    worker,
    normalize,
    ...operations,
    exportKey,
    importKey: (
      format: KeyFormat,
      data: Uint8Array | Jwk,
      algorithm: Algorithm,
      extractable: boolean,
      usages: string[],
    ) => of(algorithm.name).importKey(format, data, algorithm, extractable, usages),
    generateKey: (algorithm: Algorithm, extractable: boolean, usages: string[]) =>
      of(algorithm.name).generateKey(algorithm, extractable, usages),
    /** The key that something is derived from. */
    base(parts: KeyParts, algorithm: Algorithm, usage: string): KeyParts {
      if (!parts.usages.includes(usage)) refuse("InvalidAccessError", `baseKey does not have ${usage} usage`);
      if (parts.algorithm.name !== algorithm.name) refuse("InvalidAccessError", "Key algorithm mismatch");
      return parts;
    },
    normalizeWrap(algorithm: unknown, wrap: "wrapKey" | "unwrapKey", other: "encrypt" | "decrypt"): Algorithm {
      try {
        return normalize(algorithm, wrap);
      } catch {
        return normalize(algorithm, other);
      }
    },
    /** The bytes of a key that shall be wrapped. AES-KW takes multiples of eight bytes. */
    wrapped(format: KeyFormat, parts: KeyParts, algorithm: Algorithm): Uint8Array {
      const exported = exportKey(format, parts);
      if (format !== "jwk") return new Uint8Array(exported as ArrayBuffer);
      const json = JSON.stringify(exported);
      const missing = algorithm.name === "AES-KW" ? -json.length & 7 : 0;
      return encodeText(json + " ".repeat(missing));
    },
    parsed(bytes: Uint8Array): Jwk {
      try {
        const jwk = toJwk(JSON.parse(decodeText(bridge, bytes)));
        if (jwk.kty !== undefined) return jwk;
      } catch {
        // Said below.
      }
      return refuse("DataError", "Invalid wrapped JWK key");
    },
  };
}
