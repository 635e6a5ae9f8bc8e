/**
 * Private and public keys of `crypto.subtle`, by the worker's own OpenSSL: reading and making them, signing, RSA-OAEP, agreeing on a secret.
 * Keys are the guest's own and travel with each call; what may be done with one is decided in the guest, where it belongs.
 */
import type { KeyObject } from "node:crypto";
import type { Json } from "../../sandbox/completion.ts";
import type { Need } from "./costs.ts";
import { nodeCrypto } from "./late-modules.ts";
import { hashOf, MAX_EXTRA_BYTES, MAX_KEY_BYTES, needBytes, operation, operationError } from "./platform-crypto.ts";
import { bytesOf, integer, list, oneOf, PlatformError, record } from "./platform-input.ts";
import type { PlatformFunction } from "./platform-input.ts";

const MAX_RSA_BITS = 8_192;
/** Milliseconds on a machine of 2026. Nine of ten RSA keys are made in less than is said here; luck decides. */
const RSA_PRIVATE_MS = 1.3;
const RSA_PUBLIC_MS = 0.03;
const RSA_MAKE_MS = 110;
const CURVES = {
  "P-256": { node: "prime256v1", size: 32, ms: 0.2 },
  "P-384": { node: "secp384r1", size: 48, ms: 1.2 },
  "P-521": { node: "secp521r1", size: 66, ms: 2.5 },
} as const;
const OTHER_CURVES = {
  Ed25519: "302e020100300506032b657004220420",
  X25519: "302e020100300506032b656e04220420",
} as const;
const KEY_TYPES = ["rsa", "ec", "ed25519", "x25519"];
type Curve = keyof typeof CURVES;
type Given = Readonly<Record<string, unknown>>;
type ECJwk = { readonly crv?: string; readonly x?: string; readonly y?: string; readonly d?: string };

export const keyFunctions: Readonly<Record<string, PlatformFunction>> = {
  /** { format, key, raw } → what the key is, its JWK and its DER, so that what the guest keeps is known to be a key. */
  "crypto.readKey": (args, _, need) => {
    need("reading a key", CURVES["P-384"].ms);
    return { value: described(readKey(record(args))) };
  },
  /** { modulusLength, publicExponent } → both keys. */
  "crypto.makeRsa": (args, _, need) => {
    const given = record(args);
    const modulusLength = integer(given["modulusLength"], 512, 2 ** 32);
    const exponent = list(given["publicExponent"]).slice(-4).map((byte) => integer(byte, 0, 255)); // prettier-ignore
    need(`making an RSA key of ${modulusLength} bits`, RSA_MAKE_MS * (modulusLength / 2_048) ** 3);
    const publicExponent = exponent.reduce((sum, byte) => sum * 256 + byte, 0);
    return made(() => nodeCrypto().generateKeyPairSync("rsa", { modulusLength, publicExponent }));
  },
  /** [curve, the private key's bytes] → both keys, or null where those are none. */
  "crypto.makeOnCurve": (args, _, need) => {
    const [name, secret] = list(args, 2);
    const curve = oneOf(name, [...(Object.keys(CURVES) as Curve[]), ...(Object.keys(OTHER_CURVES) as (keyof typeof OTHER_CURVES)[])]); // prettier-ignore
    const bytes = bytesOf(secret, 66);
    if (curve in OTHER_CURVES) return made(() => pairOf(otherKey(curve as keyof typeof OTHER_CURVES, bytes)));
    need(`making a key on ${curve}`, CURVES[curve as Curve].ms * 2);
    const jwk = onCurve(curve as Curve, bytes);
    return jwk === null
      ? { value: null }
      : made(() => pairOf(nodeCrypto().createPrivateKey({ key: jwk, format: "jwk" })));
  },
  /** The other's public key, and a private one as bytes → the secret of both. */
  "crypto.agree": (args, bytes, need) => {
    const privateKey = derKey(bytes, "private");
    need("agreeing on a secret", CURVES["P-521"].ms);
    const publicKey = derKey(bytesOf(args, MAX_KEY_BYTES), "public");
    return operation(() => nodeCrypto().diffieHellman({ privateKey, publicKey }));
  },
  /** { encrypt, key, hash, label } and data → bytes. */
  "crypto.oaep": (args, bytes, need) => {
    const given = record(args);
    const encrypts = given["encrypt"] === true;
    const key = derKey(bytesOf(given["key"], MAX_KEY_BYTES), encrypts ? "public" : "private");
    needKey(need, key);
    const label = bytesOf(given["label"], MAX_EXTRA_BYTES);
    const options = {
      key, padding: nodeCrypto().constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hashOf(given["hash"]),
      ...(label.length === 0 ? {} : { oaepLabel: label }),
    }; // prettier-ignore
    return operation(() =>
      encrypts ? nodeCrypto().publicEncrypt(options, bytes) : nodeCrypto().privateDecrypt(options, bytes),
    );
  },
  /** { key, scheme, hash, saltLength?, signature? } and data → a signature, or whether the given one fits. */
  "crypto.sign": (args, bytes, need) => {
    const given = record(args);
    const key = derKey(bytesOf(given["key"], MAX_KEY_BYTES), "private");
    needBytes(need, bytes);
    needKey(need, key);
    const scheme = schemeOf(given);
    if (scheme === null) throw operationError();
    return operation(() => nodeCrypto().sign(signedHash(given), bytes, { ...scheme, key }));
  },
  "crypto.verify": (args, bytes, need) => {
    const given = record(args);
    const key = derKey(bytesOf(given["key"], MAX_KEY_BYTES), "public");
    needBytes(need, bytes);
    needKey(need, key);
    const scheme = schemeOf(given);
    if (scheme === null) return { value: false };
    const signature = bytesOf(given["signature"], MAX_KEY_BYTES);
    try {
      return { value: nodeCrypto().verify(signedHash(given), bytes, { ...scheme, key }, signature) };
    } catch {
      return { value: false };
    }
  },
};

function needKey(need: Need, key: KeyObject): void {
  const { modulusLength = 0, publicExponent = 65_537n } = key.asymmetricKeyDetails ?? {};
  const size = modulusLength / 2_048;
  const rsaMs =
    key.type === "private" ? RSA_PRIVATE_MS * size ** 2.5 : RSA_PUBLIC_MS * size ** 2 * (bitsOf(publicExponent) / 17);
  need("work with a key", key.asymmetricKeyType === "rsa" ? rsaMs : CURVES["P-521"].ms);
}

function bitsOf(value: bigint): number {
  return value.toString(2).length;
}

function readKey(given: Given): KeyObject {
  try {
    const key = parseKey(given);
    if (!KEY_TYPES.includes(key.asymmetricKeyType ?? "")) throw keyError("Invalid key type");
    if ((key.asymmetricKeyDetails?.modulusLength ?? 0) > MAX_RSA_BITS)
      throw keyError(`an RSA key of more than ${MAX_RSA_BITS} bits`);
    return key.asymmetricKeyType === "ec" ? checkedOnCurve(key) : key;
  } catch (error) {
    throw error instanceof PlatformError && error.code === "DataError" ? error : keyError("Invalid keyData");
  }
}

function parseKey(given: Given): KeyObject {
  const format = oneOf(given["format"], ["pkcs8", "spki", "jwk", "raw"] as const);
  if (format === "jwk") {
    const key = record(given["key"]);
    return typeof key["d"] === "string"
      ? nodeCrypto().createPrivateKey({ key, format: "jwk" })
      : nodeCrypto().createPublicKey({ key, format: "jwk" });
  }
  const bytes = bytesOf(given["key"], MAX_KEY_BYTES);
  if (format === "raw") return rawKey(String(given["raw"]), bytes);
  return format === "pkcs8"
    ? nodeCrypto().createPrivateKey({ key: bytes, format: "der", type: "pkcs8" })
    : nodeCrypto().createPublicKey({ key: bytes, format: "der", type: "spki" });
}

function rawKey(curve: string, bytes: Buffer): KeyObject {
  if (curve in OTHER_CURVES)
    return nodeCrypto().createPublicKey({
      key: { kty: "OKP", crv: curve, x: bytes.toString("base64url") },
      format: "jwk",
    });
  const { node } = CURVES[oneOf(curve, Object.keys(CURVES) as Curve[])];
  const point = nodeCrypto().ECDH.convertKey(bytes, node, undefined, undefined, "uncompressed") as unknown as Buffer;
  return nodeCrypto().createPublicKey({ key: { kty: "EC", crv: curve, ...pointJwk(point) }, format: "jwk" });
}

/** The key anew from its numbers: so its point lies on the curve, belongs to its private half, and is written uncompressed. */
function checkedOnCurve(key: KeyObject): KeyObject {
  const found = Object.entries(CURVES).find(([, { node }]) => node === key.asymmetricKeyDetails?.namedCurve);
  // Of another curve than the guest has: it says so itself.
  if (found === undefined) return key;
  const jwk = key.export({ format: "jwk" }) as ECJwk;
  const { size } = found[1];
  if ([jwk.x, jwk.y].some((number) => Buffer.from(number ?? "", "base64url").length !== size))
    throw keyError("Invalid keyData");
  if (key.type === "public") return nodeCrypto().createPublicKey({ key: { ...jwk }, format: "jwk" });
  const own = onCurve(found[0] as Curve, Buffer.from(jwk.d ?? "", "base64url"));
  if (own === null || own.x !== jwk.x || own.y !== jwk.y) throw keyError("Invalid keyData");
  return key;
}

function onCurve(curve: Curve, secret: Buffer): (ECJwk & { readonly kty: "EC"; readonly x: string }) | null {
  const ecdh = nodeCrypto().createECDH(CURVES[curve].node);
  try {
    ecdh.setPrivateKey(secret);
  } catch {
    return null;
  }
  return { kty: "EC", crv: curve, ...pointJwk(ecdh.getPublicKey()), d: secret.toString("base64url") };
}

function pointJwk(point: Buffer): { readonly x: string; readonly y: string } {
  const size = (point.length - 1) / 2;
  return {
    x: point.subarray(1, 1 + size).toString("base64url"),
    y: point.subarray(1 + size).toString("base64url"),
  };
}

function otherKey(curve: keyof typeof OTHER_CURVES, secret: Buffer): KeyObject {
  const key = Buffer.concat([Buffer.from(OTHER_CURVES[curve], "hex"), secret]);
  return nodeCrypto().createPrivateKey({ key, format: "der", type: "pkcs8" });
}

function pairOf(privateKey: KeyObject): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  return { privateKey, publicKey: nodeCrypto().createPublicKey(privateKey) };
}

function made(make: () => { readonly privateKey: KeyObject; readonly publicKey: KeyObject }): { readonly value: Json } {
  try {
    const { privateKey, publicKey } = make();
    return { value: { privateKey: described(privateKey), publicKey: described(publicKey) } };
  } catch {
    throw operationError();
  }
}

function described(key: KeyObject): Json {
  const details = key.asymmetricKeyDetails ?? {};
  const isPrivate = key.type === "private";
  const der = isPrivate ? key.export({ format: "der", type: "pkcs8" }) : key.export({ format: "der", type: "spki" });
  return {
    type: key.asymmetricKeyType ?? "",
    kind: key.type,
    curve: details.namedCurve ?? null,
    modulusLength: details.modulusLength ?? null,
    publicExponent: [...bigBytes(details.publicExponent ?? 0n)],
    jwk: JSON.stringify(orderedJwk(key)),
    der: der.toString("base64"),
  };
}

/** A JWK of another curve than these cannot be written; the guest refuses the key by its curve. */
function orderedJwk(key: KeyObject): object {
  try {
    return key.export({ format: "jwk" });
  } catch {
    return {};
  }
}

function bigBytes(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

/** What the guest keeps of a key was read before: it is only what it says, or none. */
function derKey(bytes: Uint8Array, kind: "private" | "public"): KeyObject {
  const format = kind === "private" ? "pkcs8" : "spki";
  return readDer(format, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

function readDer(format: "pkcs8" | "spki", key: Buffer): KeyObject {
  if (key.length > MAX_KEY_BYTES) throw keyError("Invalid keyData");
  try {
    const read = format === "pkcs8" ? nodeCrypto().createPrivateKey({ key, format: "der", type: "pkcs8" }) : nodeCrypto().createPublicKey({ key, format: "der", type: "spki" }); // prettier-ignore
    if ((read.asymmetricKeyDetails?.modulusLength ?? 0) <= MAX_RSA_BITS) return read;
  } catch {
    // Said below.
  }
  throw keyError("Invalid keyData");
}

function keyError(message: string): PlatformError {
  return new PlatformError("DataError", message);
}

function signedHash(given: Given): string | null {
  return given["hash"] === null ? null : hashOf(given["hash"]);
}

/** Null for a salt longer than any signature. */
function schemeOf(given: Given) {
  const scheme = oneOf(given["scheme"], ["RSASSA-PKCS1-v1_5", "RSA-PSS", "ECDSA", "Ed25519"] as const);
  switch (scheme) {
    case "RSASSA-PKCS1-v1_5":
      return { padding: nodeCrypto().constants.RSA_PKCS1_PADDING };
    case "RSA-PSS": {
      const saltLength = integer(given["saltLength"], 0, 2 ** 32);
      return saltLength > MAX_RSA_BITS ? null : { padding: nodeCrypto().constants.RSA_PKCS1_PSS_PADDING, saltLength };
    }
    case "ECDSA":
      return { dsaEncoding: "ieee-p1363" as const };
    case "Ed25519":
      return {};
  }
}
