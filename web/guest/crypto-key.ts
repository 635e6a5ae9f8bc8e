/** `CryptoKey`: what a key is for is readable, its material only for `subtle`. */
import { showFields } from "./shown.ts";

export interface KeyParts {
  readonly type: "secret" | "private" | "public";
  readonly extractable: boolean;
  readonly algorithm: { readonly name: string; readonly [key: string]: unknown };
  readonly usages: readonly string[];
  /** Raw bytes of a secret; DER of a private or public key. */
  readonly material: Uint8Array;
  /** JWK text of a private or public key. */
  readonly jwk?: string;
}

function copyOf(algorithm: KeyParts["algorithm"]): object {
  const hash = algorithm["hash"] as object | undefined;
  const exponent = algorithm["publicExponent"] as Uint8Array | undefined;
  return {
    ...algorithm,
    ...(exponent === undefined ? {} : { publicExponent: exponent.slice() }),
    ...(hash === undefined ? {} : { hash: { ...hash } }),
  };
}

export function createCryptoKey() {
  const TOKEN = Symbol("key");
  class CryptoKey {
    readonly #parts: KeyParts;
    /** Copies: what an action does to what it was shown changes no key. */
    #shown: { readonly algorithm: object; readonly usages: readonly string[] } | undefined;
    constructor(token?: unknown, parts?: KeyParts) {
      if (token !== TOKEN || parts === undefined) throw new TypeError("Illegal constructor");
      this.#parts = parts;
    }
    get type(): string {
      return this.#parts.type;
    }
    get extractable(): boolean {
      return this.#parts.extractable;
    }
    get algorithm(): object {
      return this.#show().algorithm;
    }
    get usages(): readonly string[] {
      return this.#show().usages;
    }
    #show() {
      const { algorithm, usages } = this.#parts;
      return (this.#shown ??= { algorithm: copyOf(algorithm), usages: [...usages] });
    }
    static read(value: unknown): KeyParts {
      if (typeof value === "object" && value !== null && #parts in value) return value.#parts;
      throw new TypeError("the key must be a CryptoKey");
    }
    get [Symbol.toStringTag](): string {
      return "CryptoKey";
    }
  }
  const readKey = CryptoKey.read;
  Reflect.deleteProperty(CryptoKey, "read");
  showFields(CryptoKey, "CryptoKey", ({ type, extractable, algorithm, usages }) => ({
    type,
    extractable,
    algorithm,
    usages,
  }));
  return { CryptoKey, readKey, makeKey: (parts: KeyParts): object => new CryptoKey(TOKEN, parts) };
}
