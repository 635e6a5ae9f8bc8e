/**
 * Options of a request, read as Web IDL reads them: in the order of their names, each by its type, so that a misspelt one is a TypeError
 * instead of a request that does something else.
 */
import { isObject, toDictionary, toEnum, toText, toWellFormed } from "../idl.ts";
import { web } from "./web.ts";
import type { Signal } from "./web.ts";

const MODES = ["navigate", "same-origin", "no-cors", "cors"] as const;
const CREDENTIALS = ["omit", "same-origin", "include"] as const;
const CACHES = ["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"] as const;
const REDIRECTS = ["follow", "manual", "error"] as const;
const PRIORITIES = ["high", "low", "auto"] as const;
const POLICIES = [
  "", "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin", "origin-when-cross-origin",
  "strict-origin-when-cross-origin", "unsafe-url",
] as const; // prettier-ignore

export type Redirect = (typeof REDIRECTS)[number];
export type ReferrerPolicy = (typeof POLICIES)[number];

/** What a request keeps of its options, besides its headers and its body. */
export interface RequestFields {
  readonly url: string;
  readonly method: string;
  readonly cache: (typeof CACHES)[number];
  readonly credentials: (typeof CREDENTIALS)[number];
  readonly integrity: string;
  readonly keepalive: boolean;
  readonly mode: (typeof MODES)[number];
  readonly redirect: Redirect;
  /** `about:client` for that of the page, which there is none of here; empty for none. */
  readonly referrer: string;
  readonly referrerPolicy: ReferrerPolicy;
}

export interface RequestInit extends Partial<Omit<RequestFields, "url">> {
  readonly body: unknown;
  readonly headers: unknown;
  readonly duplex?: "half";
  readonly signal?: Signal | null;
  /** Whether any option was given: a request that is made anew of another one then forgets its referrer. */
  readonly isEmpty: boolean;
}

export const DEFAULTS: Omit<RequestFields, "url"> = {
  method: "GET", cache: "default", credentials: "same-origin", integrity: "", keepalive: false, mode: "cors", redirect: "follow",
  referrer: "about:client", referrerPolicy: "",
}; // prettier-ignore

export function readInit(given: unknown): RequestInit {
  const options = toDictionary(given, "the options of a Request");
  const init: Record<string, unknown> = {};
  for (const [key, read] of Object.entries(READERS)) {
    const value = options[key];
    if (value !== undefined) init[key] = read(value);
  }
  const isEmpty = Object.keys(init).length === 0;
  if ("window" in init && init["window"] !== null)
    throw new TypeError("the option window of a Request can only be null");
  if (init["mode"] === "navigate") throw new TypeError('mode: "navigate" is for pages');
  if (init["referrer"] !== undefined) init["referrer"] = referrerOf(init["referrer"] as string);
  if (init["method"] !== undefined) init["method"] = methodOf(init["method"] as string);
  return { ...(init as Partial<RequestInit>), body: init["body"], headers: init["headers"], isEmpty };
}

const same = (value: unknown): unknown => value;
const READERS: Readonly<Record<string, (value: unknown) => unknown>> = {
  body: same,
  cache: (value) => toEnum(value, CACHES, "cache"),
  credentials: (value) => toEnum(value, CREDENTIALS, "credentials"),
  duplex: (value) => toEnum(value, ["half"], "duplex"),
  headers: same,
  integrity: toText,
  keepalive: Boolean,
  method: toText,
  mode: (value) => toEnum(value, MODES, "mode"),
  priority: (value) => toEnum(value, PRIORITIES, "priority"),
  redirect: (value) => toEnum(value, REDIRECTS, "redirect"),
  referrer: toWellFormed,
  referrerPolicy: (value) => toEnum(value, POLICIES, "referrerPolicy"),
  signal: signalOf,
  window: same,
};

/** What can be said of a request only once all of it is known. */
export function checkTogether({ cache, mode, method }: RequestFields): void {
  if (cache === "only-if-cached" && mode !== "same-origin")
    throw new TypeError('cache: "only-if-cached" goes with mode: "same-origin" alone');
  if (mode === "no-cors" && !["GET", "HEAD", "POST"].includes(method))
    throw new TypeError(`a request with mode: "no-cors" cannot have the method ${method}`);
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const NORMALIZED = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
const FORBIDDEN = ["CONNECT", "TRACE", "TRACK"];

function methodOf(method: string): string {
  if (!TOKEN.test(method)) throw new TypeError(`'${method.slice(0, 50)}' is not a valid HTTP method.`);
  const upper = method.toUpperCase();
  if (FORBIDDEN.includes(upper)) {
    const [code, message] = ["EGRESS_METHOD", `'${method}' HTTP method is unsupported.`];
    throw Object.assign(new TypeError(message, { cause: { code, message } }), { code });
  }
  return NORMALIZED.includes(upper) ? upper : method;
}

function referrerOf(text: string): string {
  if (text === "") return "";
  try {
    return new web.URL(text).href;
  } catch (cause) {
    throw new TypeError(`Referrer "${text.slice(0, 200)}" is not a valid URL.`, { cause });
  }
}

function signalOf(given: unknown): Signal | null {
  if (given === null) return null;
  if (!isObject(given) || !(given instanceof web.AbortSignal)) throw new TypeError("signal must be an AbortSignal");
  return given;
}
