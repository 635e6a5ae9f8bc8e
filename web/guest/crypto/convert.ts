/**
 * Arguments of `crypto.subtle` as Web IDL reads them: what is not of its type is a TypeError, before anything else is looked at.
 * Byte sources are copied, so that what an action does to them afterwards changes nothing.
 */
import { viewOf } from "../bytes.ts";
import { isObject, toText } from "../idl.ts";

export const FORMATS = ["raw", "raw-public", "raw-secret", "raw-seed", "raw-private", "pkcs8", "spki", "jwk"] as const;
export type KeyFormat = (typeof FORMATS)[number];

/** In the order in which a key shows them. */
export const USAGES = [
  "encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey",
] as const; // prettier-ignore
/** Of the key encapsulation that is not here: words that the type knows and no key can have. */
const OTHER_USAGES = ["encapsulateKey", "encapsulateBits", "decapsulateKey", "decapsulateBits"];

export interface Jwk {
  readonly kty?: string;
  readonly use?: string;
  readonly key_ops?: readonly string[];
  readonly alg?: string;
  readonly ext?: boolean;
  readonly [name: string]: unknown;
}

const JWK_TEXTS = ["kty", "use", "alg", "crv", "x", "y", "d", "n", "e", "p", "q", "dp", "dq", "qi", "k"];

export function toBytes(value: unknown, what = "the data"): Uint8Array {
  const view = viewOf(value);
  if (view === null) throw new TypeError(`${what} must be an ArrayBuffer or a view on one`);
  return view.slice();
}

export function toFormat(value: unknown): KeyFormat {
  const text = toText(value);
  const format = FORMATS.find((known) => known === text);
  if (format === undefined) throw new TypeError(`${JSON.stringify(text)} is no format of a key`);
  return format;
}

export function toUsages(value: unknown): string[] {
  if (!isObject(value) || typeof (value as { [Symbol.iterator]?: unknown })[Symbol.iterator] !== "function")
    throw new TypeError("the usages of a key must be a list");
  const given = Array.from(value as Iterable<unknown>, toText);
  const unknown = given.find(
    (usage) => !(USAGES as readonly string[]).includes(usage) && !OTHER_USAGES.includes(usage),
  );
  if (unknown !== undefined) throw new TypeError(`${JSON.stringify(unknown)} is no usage of a key`);
  return given;
}

/** A whole number of so many bits; one outside of them is an error and not cut. */
export function toInteger(value: unknown, bits: number, what: string): number {
  const number = Math.trunc(value as number);
  if (!Number.isFinite(number) || number < 0 || number >= 2 ** bits)
    throw new TypeError(`${what} is outside of its range`);
  return number;
}

export function toJwk(value: unknown): Jwk {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw new TypeError("a key in the format jwk must be an object");
  const given = value as Record<string, unknown>;
  const jwk: Record<string, unknown> = {};
  for (const name of JWK_TEXTS) if (given[name] !== undefined) jwk[name] = toText(given[name]);
  if (given["ext"] !== undefined) jwk["ext"] = Boolean(given["ext"]);
  if (given["key_ops"] !== undefined) jwk["key_ops"] = toTexts(given["key_ops"]);
  return jwk;
}

function toTexts(value: unknown): string[] {
  if (!isObject(value) || typeof (value as { [Symbol.iterator]?: unknown })[Symbol.iterator] !== "function")
    throw new TypeError("key_ops must be a list");
  return Array.from(value as Iterable<unknown>, toText);
}

export function needArguments(given: number, needed: number, method: string): void {
  if (given < needed) throw new TypeError(`${method} needs ${needed} arguments, and ${given} were given`);
}
