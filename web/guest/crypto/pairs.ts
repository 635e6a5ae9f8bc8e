/**
 * Private and public keys: RSA, elliptic curves, Ed25519 and X25519. What a key may be used for and which formats it has is decided here;
 * the worker reads and writes them. Keys of curves are made from the run's own randomness, so a seed reaches them; those of RSA are the worker's.
 */
import type { KeyParts } from "../crypto-key.ts";
import type { Algorithm } from "./algorithms.ts";
import type { Jwk, KeyFormat } from "./convert.ts";
import { checkJwk, ordered } from "./jwk.ts";
import type { WorkerCrypto } from "./worker-crypto.ts";

interface Kind {
  readonly kty: "RSA" | "EC" | "OKP";
  readonly type: string;
  readonly use: "sig" | "enc";
  readonly public: readonly string[];
  readonly private: readonly string[];
}

const signs = { use: "sig", public: ["verify"], private: ["sign"] } as const;
const derives = { use: "enc", public: [], private: ["deriveKey", "deriveBits"] } as const;
const KINDS: Readonly<Record<string, Kind>> = {
  "RSASSA-PKCS1-v1_5": { kty: "RSA", type: "rsa", ...signs },
  "RSA-PSS": { kty: "RSA", type: "rsa", ...signs },
  "RSA-OAEP": { kty: "RSA", type: "rsa", use: "enc", public: ["encrypt", "wrapKey"], private: ["decrypt", "unwrapKey"] },
  ECDSA: { kty: "EC", type: "ec", ...signs },
  ECDH: { kty: "EC", type: "ec", ...derives },
  Ed25519: { kty: "OKP", type: "ed25519", ...signs },
  X25519: { kty: "OKP", type: "x25519", ...derives },
}; // prettier-ignore
const CURVE_NAMES: Readonly<Record<string, string>> = {
  prime256v1: "P-256",
  secp384r1: "P-384",
  secp521r1: "P-521",
};
/** Bytes of a private key, and what its first byte may be. */
const SECRETS: Readonly<Record<string, { size: number; first: number }>> = {
  "P-256": { size: 32, first: 255 },
  "P-384": { size: 48, first: 255 },
  "P-521": { size: 66, first: 1 },
  Ed25519: { size: 32, first: 255 },
  X25519: { size: 32, first: 255 },
};

const RSA_ALG: Readonly<Record<string, (hash: string) => string>> = {
  "RSASSA-PKCS1-v1_5": (hash) => `RS${hash}`,
  "RSA-PSS": (hash) => `PS${hash}`,
  "RSA-OAEP": (hash) => (hash === "1" ? "RSA-OAEP" : `RSA-OAEP-${hash}`),
};

/** What the worker says of a key that it has read. */
interface Found {
  readonly type: string;
  readonly kind: "private" | "public";
  readonly curve: string | null;
  readonly modulusLength: number | null;
  readonly publicExponent: readonly number[];
  readonly jwk: string;
  readonly der: string;
}

export interface PairNeeds {
  readonly worker: WorkerCrypto;
  readonly makeKey: (parts: KeyParts) => object;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly fromBase64: (text: string) => Uint8Array;
}

export const isPair = (name: string): boolean => Object.hasOwn(KINDS, name);

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over one worker and one maker of keys
export function createPairs({ worker, makeKey, randomBytes, fromBase64 }: PairNeeds) {
  const { refuse, ask, base64 } = worker;
  const allow = (name: string, usages: readonly string[], allowed: readonly string[]): void => {
    if (usages.some((usage) => !allowed.includes(usage)))
      refuse("SyntaxError", `Unsupported key usage for ${name} key`);
  };
  const make = (found: Found, details: object, extractable: boolean, usages: readonly string[]): object =>
    makeKey({
      type: found.kind, extractable, usages: ordered(usages), jwk: found.jwk, material: fromBase64(found.der),
      algorithm: details as KeyParts["algorithm"],
    }); // prettier-ignore

  function importKey(
    format: KeyFormat,
    data: Uint8Array | Jwk,
    algorithm: Algorithm,
    extractable: boolean,
    usages: readonly string[],
  ): object {
    const { name } = algorithm;
    const kind = KINDS[name]!;
    const form = format === "raw-public" && kind.kty !== "RSA" ? "raw" : format;
    const isPrivate = form === "pkcs8" || (form === "jwk" && (data as Jwk)["d"] !== undefined);
    const isKnown = ["spki", "pkcs8", "jwk"].includes(form) || (form === "raw" && kind.kty !== "RSA");
    if (!isKnown) refuse("NotSupportedError", `Unable to import ${name} using ${format} format`);
    allow(name, usages, isPrivate ? kind.private : kind.public);
    if (form === "jwk") checkPairJwk(data as Jwk, algorithm, kind, extractable, usages);
    const key = form === "jwk" ? data : base64(data as Uint8Array);
    const raw = form === "raw" ? (kind.kty === "EC" ? algorithm["namedCurve"] : name) : null;
    const found = ask("crypto.readKey", { format: form, key, raw }).value as Found;
    if (found.type !== kind.type) refuse("DataError", "Invalid key type");
    if (kind.kty === "EC" && CURVE_NAMES[found.curve ?? ""] !== algorithm["namedCurve"])
      refuse("DataError", "Named curve mismatch");
    if (found.kind === "private" && usages.length === 0)
      refuse("SyntaxError", "Usages cannot be empty when importing a private key.");
    return make(found, detailsOf(algorithm, found), extractable, usages);
  }

  function checkPairJwk(
    jwk: Jwk,
    algorithm: Algorithm,
    kind: Kind,
    extractable: boolean,
    usages: readonly string[],
  ): void {
    checkJwk(jwk, kind.kty, kind.use, extractable, usages, refuse);
    const wrongAlg = (): never => refuse("DataError", 'JWK "alg" does not match the requested algorithm');
    if (kind.kty === "RSA") {
      const { name } = algorithm["hash"] as { name: string };
      if (jwk.alg !== undefined && jwk.alg !== RSA_ALG[algorithm.name]!(name.replace("SHA-", ""))) wrongAlg();
      return;
    }
    const curve = kind.kty === "EC" ? algorithm["namedCurve"] : algorithm.name;
    if (jwk["crv"] !== curve) refuse("DataError", 'JWK "crv" does not match the requested algorithm');
    if (jwk.alg === undefined) return;
    if (algorithm.name === "ECDSA" && { ES256: "P-256", ES384: "P-384", ES512: "P-521" }[jwk.alg] !== curve) wrongAlg();
    if (algorithm.name === "Ed25519" && jwk.alg !== "Ed25519" && jwk.alg !== "EdDSA") wrongAlg();
  }

  function exportKey(format: KeyFormat, parts: KeyParts): unknown {
    const { name } = parts.algorithm;
    const { kty } = KINDS[name]!;
    const isWrongType = (wanted: string): boolean =>
      format === wanted && parts.type !== (wanted === "spki" ? "public" : "private");
    if (isWrongType("spki") || isWrongType("pkcs8"))
      return refuse("InvalidAccessError", `Key must be a ${format === "spki" ? "public" : "private"} key`);
    if (format === "spki" || format === "pkcs8") return parts.material.slice().buffer;
    if (format === "jwk") return exportJwk(parts);
    if (kty === "RSA" || parts.type !== "public" || (format !== "raw" && format !== "raw-public"))
      return refuse("NotSupportedError", `Unable to export ${name} ${parts.type} key using ${format} format`);
    const jwk = JSON.parse(parts.jwk!) as { x: string; y?: string };
    const x = fromBase64(jwk.x);
    if (jwk.y === undefined) return x.slice().buffer;
    return Uint8Array.from([4, ...x, ...fromBase64(jwk.y)]).buffer;
  }

  function exportJwk(parts: KeyParts): object {
    const { name, hash } = parts.algorithm as { name: string; hash?: { name: string } };
    const rsa = RSA_ALG[name]?.(hash!.name.replace("SHA-", ""));
    const alg = rsa ?? (name === "Ed25519" ? name : undefined);
    const common = { key_ops: ordered(parts.usages), ext: parts.extractable };
    return { ...common, ...(alg === undefined ? {} : { alg }), ...(JSON.parse(parts.jwk!) as object) };
  }

  function generateKey(algorithm: Algorithm, extractable: boolean, usages: readonly string[]): object {
    const { name } = algorithm;
    const kind = KINDS[name]!;
    allow(name, usages, [...kind.public, ...kind.private]);
    const own = (allowed: readonly string[]) => usages.filter((usage) => allowed.includes(usage));
    if (own(kind.private).length === 0) refuse("SyntaxError", "Usages cannot be empty when creating a key.");
    const pair = kind.kty === "RSA" ? makeRsa(algorithm) : makeOnCurve((algorithm["namedCurve"] as string) ?? name);
    const details = { ...algorithm };
    return {
      publicKey: make(pair.publicKey, details, true, own(kind.public)),
      privateKey: make(pair.privateKey, details, extractable, own(kind.private)),
    };
  }

  type Pair = { readonly publicKey: Found; readonly privateKey: Found };
  const makeRsa = ({ modulusLength, publicExponent }: Algorithm): Pair =>
    ask("crypto.makeRsa", { modulusLength, publicExponent: Array.from(publicExponent as Uint8Array) }).value as Pair;
  const makeOnCurve = (curve: string): Pair => {
    for (;;) {
      const { size, first } = SECRETS[curve]!;
      const secret = randomBytes(size);
      secret[0]! &= first;
      const pair = ask("crypto.makeOnCurve", [curve, base64(secret)]).value as Pair | null;
      if (pair !== null) return pair;
    }
  };

  return { importKey, exportKey, generateKey };
}

function detailsOf({ name, hash, namedCurve }: Algorithm, found: Found): object {
  if (found.type === "ec") return { name, namedCurve };
  if (found.type !== "rsa") return { name };
  return { name, modulusLength: found.modulusLength, publicExponent: Uint8Array.from(found.publicExponent), hash };
}
