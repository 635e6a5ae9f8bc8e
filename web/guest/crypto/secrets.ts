/** Secret keys: AES, HMAC, and what HKDF and PBKDF2 derive from. */
import type { KeyParts } from "../crypto-key.ts";
import type { Algorithm } from "./algorithms.ts";
import type { Jwk, KeyFormat } from "./convert.ts";
import { checkJwk, ordered } from "./jwk.ts";
import type { WorkerCrypto } from "./worker-crypto.ts";

const BLOCK_BITS: Readonly<Record<string, number>> = { "SHA-1": 512, "SHA-256": 512, "SHA-384": 1024, "SHA-512": 1024 };
const ciphers = ["encrypt", "decrypt", "wrapKey", "unwrapKey"];
const derives = ["deriveKey", "deriveBits"];
const USAGES: Readonly<Record<string, readonly string[]>> = {
  HMAC: ["sign", "verify"], "AES-GCM": ciphers, "AES-CBC": ciphers, "AES-CTR": ciphers,
  "AES-KW": ["wrapKey", "unwrapKey"], HKDF: derives, PBKDF2: derives,
}; // prettier-ignore

export interface SecretNeeds {
  readonly worker: WorkerCrypto;
  readonly makeKey: (parts: KeyParts) => object;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly toBase64Url: (bytes: Uint8Array) => string;
}

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over one worker and one maker of keys
export function createSecrets({ worker, makeKey, randomBytes, toBase64Url }: SecretNeeds) {
  const { refuse, ask } = worker;
  const allow = (name: string, usages: readonly string[]): void => {
    if (usages.some((usage) => !USAGES[name]!.includes(usage)))
      refuse("SyntaxError", `Unsupported key usage for ${name} key`);
  };

  function importKey(
    format: KeyFormat,
    data: Uint8Array | Jwk,
    algorithm: Algorithm,
    extractable: boolean,
    usages: readonly string[],
  ): object {
    const { name } = algorithm;
    const derived = name === "HKDF" || name === "PBKDF2";
    if (derived && extractable) refuse("SyntaxError", `${name} keys are not extractable`);
    allow(name, usages);
    const isRaw = format === "raw" || format === "raw-secret";
    if (!isRaw && (format !== "jwk" || derived))
      refuse("NotSupportedError", `Unable to import ${name} using ${format} format`);
    const material = isRaw ? (data as Uint8Array) : readJwk(data as Jwk, algorithm, extractable, usages);
    const parts = { type: "secret", extractable: extractable && !derived, usages: ordered(usages) } as const;
    const key = name === "HMAC" ? hmac(material, algorithm) : { material, details: detailsOf(algorithm, material) };
    if (usages.length === 0) refuse("SyntaxError", "Usages cannot be empty when importing a secret key.");
    return makeKey({ ...parts, material: key.material, algorithm: key.details });
  }

  function detailsOf({ name }: Algorithm, material: Uint8Array): KeyParts["algorithm"] {
    if (name === "HKDF" || name === "PBKDF2") return { name };
    const length = material.length * 8;
    return isAesLength(length) ? { name, length } : refuse("DataError", "Invalid key length");
  }

  function hmac(material: Uint8Array, { hash, length }: Algorithm) {
    if (material.length === 0) refuse("DataError", "Zero-length key is not supported");
    const bits = (length as number | undefined) ?? material.length * 8;
    if (Math.ceil(bits / 8) !== material.length) refuse("DataError", "Invalid key length");
    return { material: cut(material, bits), details: { name: "HMAC", length: bits, hash } };
  }

  function readJwk(jwk: Jwk, algorithm: Algorithm, extractable: boolean, usages: readonly string[]): Uint8Array {
    checkJwk(jwk, "oct", algorithm.name === "HMAC" ? "sig" : "enc", extractable, usages, refuse);
    const material = ask("crypto.secretBytes", jwk["k"]).bytes ?? new Uint8Array();
    if (algorithm.name !== "HMAC" && !isAesLength(material.length * 8)) refuse("DataError", "Invalid key length");
    if (jwk.alg !== undefined && jwk.alg !== algOf(algorithm, material.length * 8))
      refuse("DataError", 'JWK "alg" does not match the requested algorithm');
    return material;
  }

  function exportKey(format: KeyFormat, parts: KeyParts): unknown {
    if (format === "raw" || format === "raw-secret") return parts.material.slice().buffer;
    if (format !== "jwk")
      return refuse("NotSupportedError", `Unable to export ${parts.algorithm.name} secret key using ${format} format`);
    const alg = algOf(parts.algorithm, parts.algorithm["length"] as number);
    return { key_ops: [...parts.usages], ext: parts.extractable, alg, kty: "oct", k: toBase64Url(parts.material) };
  }

  function generateKey(algorithm: Algorithm, extractable: boolean, usages: readonly string[]): object {
    const { name } = algorithm;
    allow(name, usages);
    if (usages.length === 0) refuse("SyntaxError", "Usages cannot be empty when creating a key.");
    const length = keyLength(algorithm)!;
    const material = cut(randomBytes(Math.ceil(length / 8)), length);
    const details = name === "HMAC" ? { name, length, hash: algorithm["hash"] } : { name, length };
    return makeKey({ type: "secret", extractable, usages: ordered(usages), material, algorithm: details });
  }

  return { importKey, exportKey, generateKey };
}

/** In bits; null where any length will do. */
export function keyLength({ name, length, hash }: Algorithm): number | null {
  if (name === "HKDF" || name === "PBKDF2") return null;
  if (length !== undefined) return length as number;
  return BLOCK_BITS[(hash as { name: string }).name]!;
}

/** The first so many bits; what is left of the last byte is zero. */
export function cut(bytes: Uint8Array, bits: number): Uint8Array {
  const part = bytes.slice(0, Math.ceil(bits / 8));
  if (bits % 8 !== 0) part[part.length - 1]! &= 0xff << (8 - (bits % 8));
  return part;
}

function isAesLength(bits: number): boolean {
  return bits === 128 || bits === 192 || bits === 256;
}

function algOf({ name, hash }: Algorithm, bits: number): string {
  return name === "HMAC" ? `HS${(hash as { name: string }).name.replace("SHA-", "")}` : `A${bits}${name.slice(4)}`;
}
