/** `Response`, made by an action or by `fetch`. */
import { Body, contentOf, encode, giveContent, splitContent } from "./body.ts";
import type { Content } from "./body.ts";
import { Headers, freezeHeaders } from "./headers.ts";
import { toDictionary, toText, toUnsigned } from "../idl.ts";
import { showWhole } from "../shown.ts";
import { web } from "./web.ts";

const NULL_BODY = [101, 103, 204, 205, 304];
const REDIRECTS = [301, 302, 303, 307, 308];

export interface ResponseHead {
  readonly type: string;
  readonly url: string;
  readonly redirected: boolean;
}

export class Response extends Body {
  #status: number;
  readonly #statusText: string;
  readonly #headers: Headers;
  #head: ResponseHead = { type: "default", url: "", redirected: false };

  constructor(body: unknown = null, given?: unknown) {
    super();
    const { headers, status = 200, statusText = "" } = toDictionary(given, "the options of a Response");
    this.#status = toUnsigned(status, 16);
    if (this.#status < 200 || this.#status > 599) {
      throw new RangeError('init["status"] must be in the range of 200 to 599, inclusive.');
    }
    this.#statusText = toText(statusText);
    if (!/^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(this.#statusText)) throw new TypeError("Invalid statusText");
    this.#headers = new Headers(headers);
    if (body === null || body === undefined) return;
    if (NULL_BODY.includes(this.#status)) throw new TypeError(`Response with null body status cannot have body`);
    const content = contentOf(body)!;
    giveContent(this, content);
    if (content.type !== null && !this.#headers.has("content-type")) this.#headers.append("content-type", content.type);
  }
  static error(): Response {
    return receivedResponse(0, { headers: [] }, { type: "error", url: "", redirected: false }, null);
  }
  static json(data: unknown, given?: unknown): Response {
    if (arguments.length === 0) throw new TypeError("Response.json needs an argument");
    const options = toDictionary(given, "the options of a Response");
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError("Value is not JSON serializable");
    const headers = new Headers(options["headers"]);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new Response(encode(text), { status: options["status"], statusText: options["statusText"], headers });
  }
  static redirect(url: unknown, given: unknown = 302): Response {
    if (arguments.length === 0) throw new TypeError("Response.redirect needs an argument");
    const status = toUnsigned(given, 16);
    let location: string;
    try {
      location = new web.URL(url).href;
    } catch (cause) {
      throw new TypeError(`Failed to parse URL from ${String(url).slice(0, 200)}`, { cause });
    }
    if (!REDIRECTS.includes(status)) throw new RangeError(`Invalid status code ${status}`);
    const response = new Response(null, { status, headers: { location } });
    freezeHeaders(response.#headers);
    return response;
  }
  static received(status: number, init: object, head: ResponseHead, content: Content | null): Response {
    const response = new Response(null, init);
    response.#status = status;
    response.#head = head;
    freezeHeaders(response.#headers);
    giveContent(response, content);
    return response;
  }
  get type(): string {
    return this.#head.type;
  }
  get url(): string {
    return this.#head.url;
  }
  get redirected(): boolean {
    return this.#head.redirected;
  }
  get status(): number {
    return this.#status;
  }
  get ok(): boolean {
    return this.#status >= 200 && this.#status <= 299;
  }
  get statusText(): string {
    return this.#statusText;
  }
  override get headers(): Headers {
    return this.#headers;
  }
  clone(): Response {
    const content = splitContent(this);
    const copy = new Response(null, { statusText: this.#statusText, headers: this.#headers });
    copy.#status = this.#status;
    copy.#head = this.#head;
    giveContent(copy, content);
    return copy;
  }
  get [Symbol.toStringTag](): string {
    return "Response";
  }
}

export const receivedResponse = Response.received;
Reflect.deleteProperty(Response, "received");
showWhole(Response, "Response", (response) => ({
  status: response.status,
  statusText: response.statusText,
  headers: response.headers,
  body: response.body,
  bodyUsed: response.bodyUsed,
  ok: response.ok,
  redirected: response.redirected,
  type: response.type,
  url: response.url,
}));
