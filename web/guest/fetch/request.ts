/** `Request`. What a browser adds for pages (modes, referrers, caches) is there by its fixed value only. */
import { Body, contentIn, contentOf, giveContent, spendBody, splitContent } from "./body.ts";
import { Headers } from "./headers.ts";
import { showWhole } from "../shown.ts";
import { web } from "./web.ts";
import type { Signal } from "./web.ts";

type Redirect = "follow" | "error" | "manual";

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const NORMALIZED = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
const FORBIDDEN = ["CONNECT", "TRACE", "TRACK"];

export class Request extends Body {
  readonly #url: string;
  readonly #method: string;
  readonly #headers: Headers;
  readonly #redirect: Redirect;
  readonly #signal: Signal;

  constructor(input: unknown, given?: unknown) {
    super();
    if (arguments.length === 0) throw new TypeError("a Request needs an argument");
    if (given !== undefined && given !== null && typeof given !== "object" && typeof given !== "function") {
      throw new TypeError("the options of a Request must be an object");
    }
    const options = (given ?? {}) as Record<string, unknown>;
    const from = input instanceof Request ? input : null;
    this.#url = from ? from.#url : urlOf(input);
    this.#method =
      options["method"] === undefined ? (from === null ? "GET" : from.#method) : methodOf(options["method"]);
    this.#headers = new Headers(options["headers"] ?? (from === null ? undefined : from.#headers));
    this.#redirect =
      options["redirect"] === undefined ? (from === null ? "follow" : from.#redirect) : redirectOf(options["redirect"]);
    this.#signal = signalOf("signal" in options ? options["signal"] : from === null ? undefined : from.#signal);
    this.#fill(options, from);
  }
  #fill(options: Record<string, unknown>, from: Request | null): void {
    const own = options["body"];
    const hasOwn = own !== undefined && own !== null;
    const inherited = from !== null && contentIn(from) !== null;
    if ((hasOwn || inherited) && (this.#method === "GET" || this.#method === "HEAD")) {
      throw new TypeError(`Request with ${this.#method} method cannot have body.`);
    }
    if (!hasOwn) {
      if (!inherited) return;
      if (from.bodyUsed) throw new TypeError("the request's body was read already");
      // The request that is passed on is used up by that.
      giveContent(this, { ...contentIn(from)! });
      spendBody(from);
      return;
    }
    const content = contentOf(own)!;
    if (content.source === null && options["duplex"] !== "half") {
      throw new TypeError('RequestInit: duplex option is required when sending a body: "half"');
    }
    giveContent(this, content);
    if (content.type !== null && !this.#headers.has("content-type")) this.#headers.append("content-type", content.type);
  }
  get url(): string {
    return this.#url;
  }
  get method(): string {
    return this.#method;
  }
  override get headers(): Headers {
    return this.#headers;
  }
  get redirect(): Redirect {
    return this.#redirect;
  }
  get signal(): Signal {
    return this.#signal;
  }
  get cache(): string {
    return "default";
  }
  get credentials(): string {
    return "same-origin";
  }
  get destination(): string {
    return "";
  }
  get duplex(): string {
    return "half";
  }
  get integrity(): string {
    return "";
  }
  get keepalive(): boolean {
    return false;
  }
  get mode(): string {
    return "cors";
  }
  get referrer(): string {
    return "about:client";
  }
  get referrerPolicy(): string {
    return "";
  }
  clone(): Request {
    const content = splitContent(this);
    const copy = new Request(this.#url, {
      method: this.#method, headers: this.#headers, redirect: this.#redirect, signal: this.#signal,
    }); // prettier-ignore
    giveContent(copy, content);
    return copy;
  }
  get [Symbol.toStringTag](): string {
    return "Request";
  }
}

showWhole(Request, "Request", (request) => ({
  method: request.method,
  url: request.url,
  headers: request.headers,
  destination: request.destination,
  referrer: request.referrer,
  referrerPolicy: request.referrerPolicy,
  mode: request.mode,
  credentials: request.credentials,
  cache: request.cache,
  redirect: request.redirect,
  integrity: request.integrity,
  keepalive: request.keepalive,
  isReloadNavigation: false,
  isHistoryNavigation: false,
  signal: request.signal,
}));

function urlOf(input: unknown): string {
  let url: InstanceType<typeof web.URL>;
  try {
    url = new web.URL(input);
  } catch (cause) {
    throw new TypeError(`Failed to parse URL from ${String(input).slice(0, 200)}`, { cause });
  }
  if (url.username !== "" || url.password !== "") {
    const message = "Request cannot be constructed from a URL that includes credentials";
    const code = "EGRESS_USERINFO";
    throw Object.assign(new TypeError(message, { cause: { code, message } }), { code });
  }
  return url.href;
}

function methodOf(given: unknown): string {
  const method = "".concat(given as string);
  if (!TOKEN.test(method)) throw new TypeError(`'${method.slice(0, 50)}' is not a valid HTTP method.`);
  const upper = method.toUpperCase();
  if (FORBIDDEN.includes(upper)) {
    const [code, message] = ["EGRESS_METHOD", `'${method}' HTTP method is unsupported.`];
    throw Object.assign(new TypeError(message, { cause: { code, message } }), { code });
  }
  return NORMALIZED.includes(upper) ? upper : method;
}

function redirectOf(given: unknown): Redirect {
  const known = (["follow", "error", "manual"] as const).find((name) => name === given);
  if (known === undefined) throw new TypeError("redirect must be follow, error or manual");
  return known;
}

function signalOf(given: unknown): Signal {
  if (given === undefined || given === null) return new web.AbortController().signal;
  if (!(given instanceof web.AbortSignal)) throw new TypeError("signal must be an AbortSignal");
  return given;
}
