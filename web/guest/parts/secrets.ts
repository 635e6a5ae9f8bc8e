/** `secrets`: the placeholders of this run, each an object that reads as its placeholder; above them stands what answers for names that are not there. */
import type { Bridge } from "../../../sandbox/guest/bridge.d.ts";

const { ownKeys: ownKeysOf } = Reflect;
/** Asked of an object by the console that shows it. */
const SHOWN = Symbol.for("nodejs.util.inspect.custom");

export default function part(bridge: Bridge, placeholders: Readonly<Record<string, string>>): object {
  const { defineProperty, freeze, ownKeys } = bridge.primordials;
  const names = ownKeys(placeholders) as string[];
  const shown = {};
  defineProperty(shown, SHOWN, { value: showAll });
  const proto = new Proxy(freeze(shown), {
    get: (target, key) => {
      if (typeof key !== "string" || key in target || isProbed(key))
        return (target as Record<PropertyKey, unknown>)[key];
      throw noSuchSecret(key, names, defineProperty);
    },
  });
  const secrets = { __proto__: proto } as unknown as Record<string, unknown>;
  for (let at = 0; at < names.length; at++) {
    const name = names[at]!;
    defineProperty(secrets, name, { value: placeholder(name, placeholders[name]!, bridge), enumerable: true });
  }
  return freeze(secrets);
}

/** What awaiting, importing and writing as JSON ask of any object. */
function isProbed(key: string): boolean {
  return key === "then" || key === "toJSON" || key === "default" || key === "__esModule";
}

type Define = Bridge["primordials"]["defineProperty"];

function noSuchSecret(asked: string, names: readonly string[], define: Define): Error {
  let near = "";
  for (let at = 0; at < names.length; at++) if (isNear(asked, names[at]!)) near = names[at]!;
  const advice =
    near === ""
      ? "secrets are named in baton.config.json, and the host gives their values (--env-file)."
      : `did you mean ${near}?`;
  const error = new ReferenceError(`There is no secret ${asked} in this run: ${advice}`);
  define(error, "code", { value: "SECRET_MISSING", enumerable: true, configurable: true, writable: true });
  return error;
}

/** At most two letters apart, in any case: by the whole of the shorter ends that differ. */
function isNear(left: string, right: string): boolean {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const rest = Math.max(a.length, b.length) - start - end;
  return rest <= 2 || (start >= 4 && start === Math.min(a.length, b.length));
}

/** A console asks objects for keys that they do not have; of the secrets it is given a copy. */
function showAll(this: Record<string, unknown>): object {
  const copy: Record<string, unknown> = {};
  for (const name of ownKeysOf(this) as string[]) copy[name] = this[name];
  return copy;
}

/** Reads as its placeholder wherever text is wanted. */
function placeholder(name: string, text: string, { primordials }: Bridge): object {
  const { defineProperty, freeze } = primordials;
  const methods: Record<PropertyKey, unknown> = {
    toString: () => text,
    toJSON: () => text,
    /** The value of an authorization header for this user with the secret as the password. */
    basic: (user: unknown) => `Basic ${text}.basic.${base64url(String(user))}.`,
    [SHOWN]: () => `[secret ${name}]`,
  };
  const made = {};
  const keys = ownKeysOf(methods);
  for (let at = 0; at < keys.length; at++) defineProperty(made, keys[at]!, { value: methods[keys[at]!] });
  return freeze(made);
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

function base64url(text: string): string {
  const bytes = unescape(encodeURIComponent(text.toWellFormed()));
  let out = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [a, b, c] = [bytes.charCodeAt(at), bytes.charCodeAt(at + 1), bytes.charCodeAt(at + 2)];
    const group = (a << 16) | ((b || 0) << 8) | (c || 0);
    const count = Math.min(bytes.length - at, 3) + 1;
    for (let place = 0; place < count; place++) out += ALPHABET[(group >> (18 - 6 * place)) & 63]!;
  }
  return out;
}
