/** `Request`. What a browser adds for pages (destinations, navigations) is there by its fixed value only. */
import { Body, contentIn, contentOf, giveContent, spendBody, splitContent } from "./body.ts";
import { Headers } from "./headers.ts";
import { DEFAULTS, checkTogether, readInit } from "./request-init.ts";
import type { RequestFields, RequestInit } from "./request-init.ts";
import { showWhole } from "../shown.ts";
import { web } from "./web.ts";
import type { Signal } from "./web.ts";

export class Request extends Body {
  readonly #fields: RequestFields;
  readonly #headers: Headers;
  readonly #signal: Signal;

  constructor(input: unknown, given?: unknown) {
    super();
    if (arguments.length === 0) throw new TypeError("a Request needs an argument");
    const from = input instanceof Request ? input : null;
    const init = readInit(given);
    const known = from === null ? { ...DEFAULTS, url: urlOf(input) } : from.#fields;
    // A request that is made anew does not say where the other one came from.
    const forgotten = init.isEmpty ? {} : { referrer: DEFAULTS.referrer, referrerPolicy: DEFAULTS.referrerPolicy };
    this.#fields = {
      url: known.url,
      method: init.method ?? known.method,
      cache: init.cache ?? known.cache,
      credentials: init.credentials ?? known.credentials,
      integrity: init.integrity ?? known.integrity,
      keepalive: init.keepalive ?? known.keepalive,
      mode: init.mode ?? known.mode,
      redirect: init.redirect ?? known.redirect,
      referrer: init.referrer ?? { ...known, ...forgotten }.referrer,
      referrerPolicy: init.referrerPolicy ?? { ...known, ...forgotten }.referrerPolicy,
    };
    checkTogether(this.#fields);
    this.#headers = new Headers(init.headers === undefined ? from?.headers : init.headers);
    this.#signal = (init.signal === undefined ? from?.signal : init.signal) ?? new web.AbortController().signal;
    this.#fill(init, from);
  }
  #fill({ body: own, duplex }: RequestInit, from: Request | null): void {
    const hasOwn = own !== undefined && own !== null;
    const inherited = from !== null && contentIn(from) !== null;
    if ((hasOwn || inherited) && (this.#fields.method === "GET" || this.#fields.method === "HEAD")) {
      throw new TypeError(`Request with ${this.#fields.method} method cannot have body.`);
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
    if (content.source === null && duplex === undefined) {
      throw new TypeError('RequestInit: duplex option is required when sending a body: "half"');
    }
    giveContent(this, content);
    if (content.type !== null && !this.#headers.has("content-type")) this.#headers.append("content-type", content.type);
  }
  get url(): string {
    return this.#fields.url;
  }
  get method(): string {
    return this.#fields.method;
  }
  override get headers(): Headers {
    return this.#headers;
  }
  get redirect(): string {
    return this.#fields.redirect;
  }
  get signal(): Signal {
    return this.#signal;
  }
  get cache(): string {
    return this.#fields.cache;
  }
  get credentials(): string {
    return this.#fields.credentials;
  }
  get destination(): string {
    return "";
  }
  get duplex(): string {
    return "half";
  }
  get integrity(): string {
    return this.#fields.integrity;
  }
  get isHistoryNavigation(): boolean {
    return false;
  }
  get isReloadNavigation(): boolean {
    return false;
  }
  get keepalive(): boolean {
    return this.#fields.keepalive;
  }
  get mode(): string {
    return this.#fields.mode;
  }
  get referrer(): string {
    return this.#fields.referrer;
  }
  get referrerPolicy(): string {
    return this.#fields.referrerPolicy;
  }
  clone(): Request {
    const content = splitContent(this);
    const { url, ...fields } = this.#fields;
    const copy = new Request(url, { ...fields, headers: this.#headers, signal: this.#signal });
    giveContent(copy, content);
    return copy;
  }
  static fields(request: Request): RequestFields {
    return request.#fields;
  }
  get [Symbol.toStringTag](): string {
    return "Request";
  }
}

export const fieldsOf = Request.fields;
Reflect.deleteProperty(Request, "fields");
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
  isReloadNavigation: request.isReloadNavigation,
  isHistoryNavigation: request.isHistoryNavigation,
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
