/**
 * `baton-runtime/client`: the service for programs, typed from the same table of routes as its OpenAPI document. It needs `fetch` and
 * nothing else. A problem is thrown as a BatonError with its code; streams are async iterables that come back after an outage.
 */
import { baseUrl } from "../../base/base-url.ts";
import type { RouteName, RouteTable } from "../routes/index.ts";
import type { AnswerOf, GivenBody, GivenHeaders, GivenParams, GivenQuery, Route } from "../routes/route.ts";
import { events, type ServerEvent } from "./events.ts";
import { PATHS } from "./paths.ts";
import { toError } from "./problem.ts";

export { BatonError } from "./problem.ts";
export type { ServerEvent } from "./events.ts";

export interface ClientOptions {
  /** Where the service is: `https://baton.example`. */
  readonly url: string | URL;
  readonly key?: string;
  /** Instead of the platform's own. */
  readonly fetch?: typeof globalThis.fetch;
}

type Part<Name extends string, T> = T extends undefined
  ? unknown
  : undefined extends T
    ? { readonly [N in Name]?: T }
    : { readonly [N in Name]: T };
type Loose<T> = T extends undefined ? undefined : Partial<T>;

/** The parameters of the path by their names, and beside them `query`, `headers` and `body`. */
export type Input<R extends Route> = (GivenParams<R> extends undefined ? unknown : GivenParams<R>) &
  Part<"body", GivenBody<R>> & {
    readonly query?: Loose<GivenQuery<R>>;
    readonly headers?: Loose<GivenHeaders<R>> | undefined;
    readonly signal?: AbortSignal;
  };

type EventRoutes = Extract<RouteName, "events" | "tenantEvents" | "logs">;

export type Client = {
  readonly [N in Exclude<RouteName, EventRoutes>]: (input: Input<RouteTable[N]>) => Promise<AnswerOf<RouteTable[N]>>;
} & {
  readonly [N in EventRoutes]: (input: Input<RouteTable[N]>) => AsyncIterable<ServerEvent>;
};

interface Given {
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly [parameter: string]: unknown;
}

interface Row {
  readonly method: string;
  readonly path: string;
  readonly answer: "json" | "text" | "events";
  readonly body?: "form" | "raw";
}

const OPTIONS: readonly (keyof ClientOptions)[] = ["url", "key", "fetch"];

/** Without a schema's package: this module needs `fetch` and nothing else. */
function check(options: ClientOptions): void {
  const fault = (what: string): TypeError => new TypeError(`createClient: ${what} (docs/service.md).`);
  if (typeof options !== "object" || options === null) throw fault("the options should be an object");
  const { url, key, fetch } = options as Partial<Record<keyof ClientOptions, unknown>>;
  if (!/^https?:\/\//.test(String(url)) || !URL.canParse(String(url)))
    throw fault('"url" should be the service\'s address, such as https://baton.example');
  if (key !== undefined && (typeof key !== "string" || !/^[\x21-\x7e]+$/.test(key)))
    throw fault('"key" should be a key of the service, one word of text');
  if (fetch !== undefined && typeof fetch !== "function") throw fault('"fetch" should be a function');
  const other = Object.keys(options).find((name) => !(OPTIONS as readonly string[]).includes(name));
  if (other !== undefined) throw fault(`there is no "${other.slice(0, 64)}"; there are ${OPTIONS.join(", ")}`);
}

export function createClient(options: ClientOptions): Client {
  check(options);
  const send = options.fetch ?? globalThis.fetch;
  const request = (row: Row, given: Given): [URL, RequestInit] => {
    const init: RequestInit = {
      method: row.method,
      headers: headersFor(options.key, given, row),
      ...(given.body === undefined ? {} : { body: bodyOf(given.body, row) }),
      ...(given.signal === undefined ? {} : { signal: given.signal }),
    };
    return [urlFor(options.url, row.path, given), init];
  };
  async function call(row: Row, given: Given): Promise<unknown> {
    const response = await send(...request(row, given));
    if (!response.ok) throw await toError(response);
    if (response.status === 204) return undefined;
    return row.answer === "json" ? response.json() : response.text();
  }
  const methods = Object.entries(PATHS as Readonly<Record<string, Row>>).map(([name, row]) => [
    name,
    row.answer === "events"
      ? (given: Given = {}) =>
          events(send, (headers) => request(row, { ...given, headers: { ...given.headers, ...headers } }), given.signal)
      : (given: Given = {}) => call(row, given),
  ]);
  return Object.fromEntries(methods) as Client;
}

function urlFor(base: string | URL, path: string, given: Given): URL {
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => {
    const value = given[name];
    if (value === undefined || value === "") throw new TypeError(`The call needs "${name}" (docs/service.md).`);
    return encodeURIComponent(textOf(value));
  });
  const root = new URL(base);
  const url = new URL(baseUrl(root.pathname) + filled, root);
  for (const [name, value] of Object.entries(given.query ?? {})) {
    if (value !== undefined && value !== null) url.searchParams.set(name, textOf(value));
  }
  return url;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

function bodyOf(body: unknown, { body: form }: Row): string {
  if (form === "form") return new URLSearchParams(body as Record<string, string>).toString();
  return form === "raw" ? String(body) : JSON.stringify(body);
}

function headersFor(
  key: string | undefined,
  { headers = {}, body }: Given,
  { body: form }: Row,
): Record<string, string> {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  return {
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    ...(body === undefined
      ? {}
      : { "content-type": form === "form" ? "application/x-www-form-urlencoded" : "application/json" }),
    ...Object.fromEntries(given.map(([name, value]) => [name, textOf(value)])),
  };
}
