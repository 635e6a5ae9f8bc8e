/**
 * `crypto.subtle`: digests, HMAC, AES-GCM and AES-CBC, HKDF and PBKDF2, and signatures with RSA and ECDSA keys.
 * Every method answers with a promise, as the standard has it, though the worker's answer is there at once.
 */
import type { Bridge } from "../../sandbox/guest/bridge.d.ts";
import { toBase64, viewOf } from "./bytes.ts";
import type { KeyParts } from "./crypto-key.ts";
import type { DOMExceptionClass } from "./dom-exception.ts";
import { createKeyFormats } from "./key-formats.ts";
import { createWorkerCrypto, hashName, named } from "./worker-crypto.ts";
import type { Algorithm } from "./worker-crypto.ts";

export interface SubtleNeeds {
  readonly bridge: Bridge;
  readonly DOMException: DOMExceptionClass;
  readonly makeKey: (parts: KeyParts) => object;
  readonly readKey: (value: unknown) => KeyParts;
  readonly randomBytes: (count: number) => Uint8Array;
}

export function createSubtle(needs: SubtleNeeds) {
  const { bridge, DOMException, readKey } = needs;
  const { ask, askForBytes, refuse } = createWorkerCrypto(bridge, DOMException);
  const formats = createKeyFormats(needs, refuse, ask);
  const base64 = (value: unknown): string => toBase64(bridge, bytesOf(value));
  const TOKEN = Symbol("subtle");

  const use = (key: unknown, algorithm: Algorithm, usage: string): KeyParts => {
    const parts = readKey(key);
    if (parts.algorithm.name !== algorithm.name) refuse("InvalidAccessError", "the key is of another algorithm");
    if (!parts.usages.includes(usage)) refuse("InvalidAccessError", `the key is not for ${usage}`);
    return parts;
  };

  const cipher = (encrypt: boolean, given: unknown, key: unknown, data: unknown): ArrayBuffer => {
    const algorithm = named(given, refuse);
    const { material } = use(key, algorithm, encrypt ? "encrypt" : "decrypt");
    const common = { encrypt, key: base64(material), iv: base64(algorithm["iv"]) };
    if (algorithm.name === "AES-CBC") {
      if (bytesOf(algorithm["iv"]).length !== 16) refuse("OperationError", "the iv must be 16 bytes");
      return askForBytes("crypto.aes", { ...common, mode: "CBC" }, bytesOf(data));
    }
    if (algorithm.name !== "AES-GCM") return refuse("NotSupportedError", "unknown algorithm");
    const tagLength = algorithm["tagLength"] ?? 128;
    const aad = base64(algorithm["additionalData"] ?? new Uint8Array());
    if (![32, 64, 96, 104, 112, 120, 128].includes(tagLength as number)) refuse("OperationError", "bad tagLength");
    return askForBytes("crypto.aes", { ...common, mode: "GCM", aad, tagLength }, bytesOf(data));
  };

  const derive = (given: unknown, key: unknown, length: unknown, usage: string): ArrayBuffer => {
    const algorithm = named(given, refuse);
    const { material } = use(key, algorithm, usage);
    if (typeof length !== "number" || length % 8 !== 0) refuse("OperationError", "the length must be a multiple of 8");
    const hash = hashName(algorithm["hash"], refuse);
    const salt = base64(algorithm["salt"]);
    const size = (length as number) / 8;
    if (size === 0) return new ArrayBuffer(0);
    if (algorithm.name === "HKDF")
      return askForBytes("crypto.hkdf", [hash, salt, base64(algorithm["info"]), size], material);
    const rounds = Number(algorithm["iterations"]);
    if (rounds === 0) refuse("OperationError", "iterations cannot be zero");
    return askForBytes("crypto.pbkdf2", [hash, salt, rounds, size], material);
  };

  const signing = (algorithm: Algorithm, key: KeyParts): Record<string, unknown> => ({
    key: base64(key.material),
    scheme: algorithm.name,
    hash: hashName(algorithm.name === "ECDSA" ? algorithm["hash"] : key.algorithm["hash"], refuse),
    saltLength: algorithm["saltLength"],
  });

  return class SubtleCrypto {
    static readonly TOKEN = TOKEN;
    constructor(token?: symbol) {
      if (token !== TOKEN) throw new TypeError("Illegal constructor");
    }
    async digest(algorithm: unknown, data: unknown): Promise<ArrayBuffer> {
      return askForBytes("crypto.digest", hashName(algorithm, refuse), bytesOf(data));
    }
    async sign(given: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
      const algorithm = named(given, refuse);
      const parts = use(key, algorithm, "sign");
      if (algorithm.name !== "HMAC") return askForBytes("crypto.sign", signing(algorithm, parts), bytesOf(data));
      const hash = hashName(parts.algorithm["hash"], refuse);
      return askForBytes("crypto.hmac", [hash, base64(parts.material)], bytesOf(data));
    }
    async verify(given: unknown, key: unknown, signature: unknown, data: unknown): Promise<boolean> {
      const algorithm = named(given, refuse);
      const parts = use(key, algorithm, "verify");
      if (algorithm.name !== "HMAC") {
        const args = { ...signing(algorithm, parts), signature: base64(signature) };
        return ask("crypto.verify", args, bytesOf(data)).value === true;
      }
      const hash = hashName(parts.algorithm["hash"], refuse);
      return ask("crypto.hmacVerify", [hash, base64(parts.material), base64(signature)], bytesOf(data)).value === true;
    }
    async encrypt(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
      return cipher(true, algorithm, key, data);
    }
    async decrypt(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
      return cipher(false, algorithm, key, data);
    }
    async deriveBits(algorithm: unknown, key: unknown, length: unknown): Promise<ArrayBuffer> {
      return derive(algorithm, key, length, "deriveBits");
    }
    async deriveKey(
      algorithm: unknown,
      key: unknown,
      derived: unknown,
      extractable: unknown,
      usages: unknown,
    ): Promise<object> {
      const target = named(derived, refuse);
      const bits = derive(algorithm, key, formats.keyLength(target), "deriveKey");
      return formats.importKey("raw", bits, target, extractable, usages);
    }
    async generateKey(algorithm: unknown, extractable: unknown, usages: unknown): Promise<object> {
      return formats.generateKey(algorithm, extractable, usages);
    }
    async importKey(
      format: unknown,
      data: unknown,
      algorithm: unknown,
      extractable: unknown,
      usages: unknown,
    ): Promise<object> {
      return formats.importKey(format, data, algorithm, extractable, usages);
    }
    async exportKey(format: unknown, key: unknown): Promise<unknown> {
      return formats.exportKey(format, key);
    }
    get [Symbol.toStringTag](): string {
      return "SubtleCrypto";
    }
  };
}

function bytesOf(value: unknown): Uint8Array {
  const view = viewOf(value);
  if (view === null) throw new TypeError("the data must be an ArrayBuffer or a view on one");
  return view;
}
