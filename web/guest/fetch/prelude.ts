/**
 * `fetch` and its classes, put in place by their first use, and `secrets`: the placeholders of this run. All that runs in every isolate is
 * this file; the implementation is a part that is loaded on demand.
 */
import type { Bridge } from "../../../sandbox/guest/bridge.d.ts";

const NAMES = ["fetch", "Headers", "Request", "Response"];

export interface RunData {
  readonly fetchCalls: number;
  readonly requestBytes: number;
  /** Placeholders by name. */
  readonly secrets: Readonly<Record<string, string>>;
}

export default function install(bridge: Bridge): void {
  const { defineProperty, defineGlobal, freeze, ownKeys } = bridge.primordials;
  let data: RunData = { fetchCalls: 0, requestBytes: 0, secrets: {} };
  let loaded: Record<string, unknown> | undefined;
  const put = (name: string, value: unknown): void => {
    defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
  };
  const load = (): Record<string, unknown> => {
    const part = bridge.loadPart("fetch") as (bridge: Bridge, data: () => RunData) => Record<string, unknown>;
    return part(bridge, () => data);
  };
  for (const name of NAMES) {
    defineGlobal(name, {
      get: () => {
        loaded ??= load();
        put(name, loaded[name]);
        return loaded[name];
      },
      set: (value: unknown) => put(name, value),
      enumerable: false,
      configurable: true,
    });
  }
  defineGlobal("secrets", { value: freeze({}), writable: true, enumerable: false, configurable: true });
  bridge.onStart((given) => {
    if (typeof given !== "object" || given === null) return;
    data = given as RunData;
    const names = ownKeys(data.secrets) as string[];
    if (names.length === 0) return;
    const secrets: Record<string, unknown> = {};
    for (let at = 0; at < names.length; at++) secrets[names[at]!] = placeholder(data.secrets[names[at]!]!, freeze);
    put("secrets", freeze(secrets));
  });
}

/** Reads as its placeholder wherever text is wanted. */
function placeholder(text: string, freeze: Bridge["primordials"]["freeze"]): object {
  return freeze({
    toString: () => text,
    toJSON: () => text,
    /** The value of an authorization header for this user with the secret as the password. */
    basic: (user: unknown) => `Basic ${text}.basic.${base64url(String(user))}.`,
  });
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
