/** Operations of keys: what is done with keys: encrypting, signing, deriving. Which key fits is decided here, the arithmetic is the worker's. */
import type { KeyParts } from "../crypto-key.ts";
import type { Algorithm } from "./algorithms.ts";
import { cut } from "./secrets.ts";
import type { WorkerCrypto } from "./worker-crypto.ts";

const HASH_BITS: Readonly<Record<string, number>> = { "SHA-1": 160, "SHA-256": 256, "SHA-384": 384, "SHA-512": 512 };

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over one worker
export function createOperations({ refuse, ask, askForBytes, base64 }: WorkerCrypto) {
  /** The key of an operation: of the same algorithm, and made for this. */
  function fitting(key: KeyParts, algorithm: Algorithm, usage: string): KeyParts {
    if (key.algorithm.name !== algorithm.name) refuse("InvalidAccessError", "Key algorithm mismatch");
    if (!key.usages.includes(usage)) refuse("InvalidAccessError", `Unable to use this key to ${usage}`);
    return key;
  }

  function cipher(
    encrypt: boolean,
    algorithm: Algorithm,
    { material, algorithm: own }: KeyParts,
    data: Uint8Array,
  ): ArrayBuffer {
    const common = { encrypt, key: base64(material) };
    const bytes = (key: string): string => base64((algorithm[key] as Uint8Array | undefined) ?? new Uint8Array());
    switch (algorithm.name) {
      case "RSA-OAEP":
        return askForBytes("crypto.oaep", { ...common, hash: hashOf(own), label: bytes("label") }, data);
      case "AES-CTR":
        return askForBytes(
          "crypto.aes",
          { ...common, mode: "CTR", iv: bytes("counter"), bits: algorithm["length"] },
          data,
        );
      case "AES-GCM": {
        const tagLength = algorithm["tagLength"] ?? 128;
        const more = { mode: "GCM", iv: bytes("iv"), aad: bytes("additionalData"), tagLength };
        return askForBytes("crypto.aes", { ...common, ...more }, data);
      }
      default:
        return askForBytes("crypto.aes", { ...common, mode: algorithm.name.slice(4), iv: bytes("iv") }, data);
    }
  }

  const scheme = (algorithm: Algorithm, key: KeyParts): Record<string, unknown> => ({
    key: base64(key.material),
    scheme: algorithm.name,
    hash: algorithm.name === "Ed25519" ? null : hashOf(algorithm.name === "ECDSA" ? algorithm : key.algorithm),
    saltLength: algorithm["saltLength"],
  });

  function sign(algorithm: Algorithm, key: KeyParts, data: Uint8Array): ArrayBuffer {
    if (algorithm.name === "HMAC")
      return askForBytes("crypto.hmac", [hashOf(key.algorithm), base64(key.material)], data);
    return askForBytes("crypto.sign", scheme(algorithm, key), data);
  }

  function verify(algorithm: Algorithm, key: KeyParts, signature: Uint8Array, data: Uint8Array): boolean {
    if (algorithm.name === "HMAC") {
      const args = [hashOf(key.algorithm), base64(key.material), base64(signature)];
      return ask("crypto.hmacVerify", args, data).value === true;
    }
    const args = { ...scheme(algorithm, key), signature: base64(signature) };
    return ask("crypto.verify", args, data).value === true;
  }

  function agree({ public: given }: Algorithm, key: KeyParts, length: number | null): ArrayBuffer {
    const other = given as KeyParts;
    if (key.type !== "private") refuse("InvalidAccessError", "baseKey must be a private key");
    if (other.algorithm["namedCurve"] !== key.algorithm["namedCurve"])
      refuse("InvalidAccessError", "Named curve mismatch");
    const secret = askForBytes("crypto.agree", base64(other.material), key.material);
    if (length === null) return secret;
    if (Math.ceil(length / 8) > secret.byteLength) refuse("OperationError", "derived bit length is too small");
    return cut(new Uint8Array(secret), length).buffer as ArrayBuffer;
  }

  function derive(algorithm: Algorithm, key: KeyParts, length: number | null): ArrayBuffer {
    if (algorithm.name === "ECDH" || algorithm.name === "X25519") return agree(algorithm, key, length);
    if (length === null) return refuse("OperationError", "length cannot be null");
    if (length % 8 !== 0) refuse("OperationError", "length must be a multiple of 8");
    const hash = hashOf(algorithm);
    const salt = base64(algorithm["salt"] as Uint8Array);
    const isHkdf = algorithm.name === "HKDF";
    if (isHkdf && length > 255 * HASH_BITS[hash]!)
      refuse("OperationError", "length exceeds the maximum derived bit length");
    if (length === 0) return new ArrayBuffer(0);
    const info = isHkdf ? base64(algorithm["info"] as Uint8Array) : algorithm["iterations"];
    return askForBytes(isHkdf ? "crypto.hkdf" : "crypto.pbkdf2", [hash, salt, info, length / 8], key.material);
  }

  return { fitting, cipher, sign, verify, derive };
}

function hashOf(algorithm: { readonly [key: string]: unknown }): string {
  return (algorithm["hash"] as { name: string }).name;
}
