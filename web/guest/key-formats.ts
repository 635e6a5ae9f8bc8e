/** Keys in and out: raw bytes and JWK for secrets, JWK, PKCS #8 and SPKI for private and public ones. */
import { fromLatin1, latin1, toBase64, viewOf } from "./bytes.ts";
import type { KeyParts } from "./crypto-key.ts";
import type { SubtleNeeds } from "./subtle.ts";
import { hashName, named } from "./worker-crypto.ts";
import type { Algorithm, Ask, Refuse } from "./worker-crypto.ts";

const USAGES: Readonly<Record<string, readonly string[]>> = {
  HMAC: ["sign", "verify"],
  "AES-GCM": ["encrypt", "decrypt", "wrapKey", "unwrapKey"],
  "AES-CBC": ["encrypt", "decrypt", "wrapKey", "unwrapKey"],
  HKDF: ["deriveKey", "deriveBits"],
  PBKDF2: ["deriveKey", "deriveBits"],
};
const BLOCK_BITS: Readonly<Record<string, number>> = { "SHA-1": 512, "SHA-256": 512, "SHA-384": 1024, "SHA-512": 1024 };
const CURVES: Readonly<Record<string, string>> = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" };

interface Jwk {
  readonly kty?: unknown;
  readonly k?: unknown;
  readonly alg?: unknown;
  readonly [key: string]: unknown;
}

export function createKeyFormats(needs: SubtleNeeds, refuse: Refuse, ask: Ask) {
  const { bridge, makeKey, readKey, randomBytes } = needs;

  function importKey(format: unknown, data: unknown, given: unknown, extractable: unknown, usages: unknown): object {
    const algorithm = named(given, refuse);
    const secret = algorithm.name in USAGES;
    const wanted = Array.from(usages as Iterable<unknown>, String);
    if (!secret) return importPair(String(format), data, algorithm, Boolean(extractable), wanted);
    if (wanted.some((usage) => !USAGES[algorithm.name]!.includes(usage)))
      refuse("SyntaxError", "Unsupported key usage");
    if (format !== "raw" && format !== "jwk") refuse("NotSupportedError", "unknown format of a key");
    const material = format === "raw" ? rawBytes(data) : jwkBytes(data as Jwk);
    if (wanted.length === 0) refuse("SyntaxError", "Usages cannot be empty when importing a secret key.");
    return secretKey(algorithm, material, Boolean(extractable), wanted);
  }

  function secretKey(algorithm: Algorithm, material: Uint8Array, extractable: boolean, usages: string[]): object {
    const bits = material.length * 8;
    const make = (details: object, exportable = extractable) =>
      makeKey({
        type: "secret",
        extractable: exportable,
        algorithm: { name: algorithm.name, ...details },
        usages,
        material,
      });
    switch (algorithm.name) {
      case "HMAC": {
        const hash = { name: hashName(algorithm["hash"], refuse) };
        return bits === 0 ? refuse("DataError", "Zero-length key is not supported") : make({ hash, length: bits });
      }
      case "AES-GCM":
      case "AES-CBC":
        if (![128, 192, 256].includes(bits)) refuse("DataError", "Invalid key length");
        return make({ length: bits });
      default:
        if (extractable) refuse("SyntaxError", `${algorithm.name} keys are not extractable`);
        return make({}, false);
    }
  }

  function importPair(
    format: string,
    data: unknown,
    algorithm: Algorithm,
    extractable: boolean,
    usages: string[],
  ): object {
    if (!["jwk", "pkcs8", "spki"].includes(format)) refuse("NotSupportedError", "unknown format of a key");
    const key = format === "jwk" ? data : toBase64(bridge, rawBytes(data));
    const read = ask("crypto.readKey", { format, key });
    const found = read.value as {
      type: "rsa" | "ec"; kind: "private" | "public"; curve: string | null; modulusLength: number | null;
      publicExponent: number | null; jwk: string;
    }; // prettier-ignore
    const isEc = algorithm.name === "ECDSA";
    const allowed = found.kind === "private" ? "sign" : "verify";
    if ((found.type === "ec") !== isEc) refuse("DataError", "the key is of another algorithm");
    if (usages.some((usage) => usage !== allowed)) refuse("SyntaxError", "Unsupported key usage");
    const curve = CURVES[found.curve ?? ""];
    if (isEc && curve !== algorithm["namedCurve"]) refuse("DataError", "Named curve mismatch");
    const details = isEc
      ? { namedCurve: curve }
      : {
          modulusLength: found.modulusLength,
          publicExponent: exponentBytes(found.publicExponent ?? 65_537),
          hash: { name: hashName(algorithm["hash"], refuse) },
        };
    return makeKey({
      type: found.kind, extractable, algorithm: { name: algorithm.name, ...details }, usages,
      material: read.bytes ?? new Uint8Array(), jwk: found.jwk,
    }); // prettier-ignore
  }

  function exportKey(format: unknown, key: unknown): unknown {
    const parts = readKey(key);
    if (!parts.extractable) return refuse("InvalidAccessError", "key is not extractable");
    if (format === "jwk") return exportJwk(parts);
    const wanted = { secret: "raw", private: "pkcs8", public: "spki" }[parts.type];
    if (format !== wanted) refuse("NotSupportedError", `a ${parts.type} key cannot be exported as ${String(format)}`);
    return parts.material.slice().buffer;
  }

  function exportJwk(parts: KeyParts): object {
    const common = { key_ops: [...parts.usages], ext: parts.extractable };
    const hash = (parts.algorithm["hash"] as { name: string } | undefined)?.name.replace("SHA-", "");
    if (parts.type !== "secret") {
      const alg = { "RSASSA-PKCS1-v1_5": { alg: `RS${hash}` }, "RSA-PSS": { alg: `PS${hash}` } }[parts.algorithm.name];
      return { ...(JSON.parse(parts.jwk ?? "{}") as object), ...common, ...alg };
    }
    const k = toBase64(bridge, parts.material).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    const aes = `A${parts.material.length * 8}${parts.algorithm.name.slice(4)}`;
    return { kty: "oct", k, alg: parts.algorithm.name === "HMAC" ? `HS${hash}` : aes, ...common };
  }

  function generateKey(given: unknown, extractable: unknown, usages: unknown): object {
    const algorithm = named(given, refuse);
    if (!["HMAC", "AES-GCM", "AES-CBC"].includes(algorithm.name)) {
      return refuse("NotSupportedError", `keys for ${algorithm.name} are imported here, not made`);
    }
    if (Array.from(usages as Iterable<unknown>).length === 0)
      refuse("SyntaxError", "Usages cannot be empty when creating a key.");
    return importKey("raw", randomBytes(Math.ceil(keyLength(algorithm) / 8)), algorithm, extractable, usages);
  }

  /** In bits. */
  function keyLength(algorithm: Algorithm): number {
    const given = algorithm["length"];
    if (algorithm.name === "HMAC")
      return given === undefined ? BLOCK_BITS[hashName(algorithm["hash"], refuse)]! : Number(given);
    if (![128, 192, 256].includes(Number(given))) refuse("OperationError", "Invalid key length");
    return Number(given);
  }

  function rawBytes(data: unknown): Uint8Array {
    const view = viewOf(data);
    if (view === null) throw new TypeError("the key must be an ArrayBuffer or a view on one");
    return view.slice();
  }

  function jwkBytes(jwk: Jwk): Uint8Array {
    if (jwk?.kty !== "oct" || typeof jwk.k !== "string") return refuse("DataError", "Invalid keyData");
    const text = jwk.k.replaceAll("-", "+").replaceAll("_", "/");
    const decoded = bridge.callWorker("base64.decode", JSON.stringify(text)).value;
    return typeof decoded === "string" ? fromLatin1(decoded) : refuse("DataError", "Invalid keyData");
  }

  return { importKey, exportKey, generateKey, keyLength };
}

function exponentBytes(value: number): Uint8Array {
  return fromLatin1(latin1(Uint8Array.of(value >> 16, (value >> 8) & 255, value & 255)).replace(/^\0+/, ""));
}
