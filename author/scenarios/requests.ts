/**
 * The requests of a run as scenarios name them: seen where the network begins, each hop of a redirect by itself, with the values of
 * secrets taken out, and held against what a scenario says must have been sent.
 */
import type { Exchange, Secrets, Transport } from "../../host-api/fetch/index.ts";
import { createRedactor } from "../../host-api/fetch/index.ts";
import type { Json } from "../../sandbox/index.ts";
import type { Failure } from "./failure.ts";
import { isSame } from "./difference.ts";
import { holds, resolve } from "./match.ts";
import type { ExpectedRequest, Expectation } from "./scenario.ts";

export interface SentRequest {
  readonly method: string;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Text, or `base64:…` where the bytes are none; empty without a body. */
  readonly body: string;
}

/** The same transport, with a note of every request before it is sent. */
export function observed(transport: Transport, secrets: Secrets, onRequest: (request: SentRequest) => void): Transport {
  const hide = hider(secrets);
  return {
    exchange(exchange) {
      onRequest(describe(exchange, hide));
      return transport.exchange(exchange);
    },
    destroy: () => transport.destroy(),
  };
}

function describe({ method, url, headers, body }: Exchange, hide: (text: string) => string): SentRequest {
  const named: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const hidden = hide(value);
    named[key] = key in named ? `${named[key]}, ${hidden}` : hidden;
  }
  return { method, url: hide(url.href), headers: named, body: hide(textOf(body)) };
}

function textOf(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return "";
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return `base64:${Buffer.from(bytes).toString("base64")}`;
  }
}

/** Puts `[secret NAME]` where a secret's value stands, in whatever encoding. */
export function hider(secrets: Secrets): (text: string) => string {
  const each = Object.entries(secrets).map(([name, secret]) => ({
    mark: `[secret ${name}]`,
    redactor: createRedactor({ [name]: secret }),
  }));
  return (text) =>
    each.reduce((hidden, { mark, redactor }) => redactor.text(hidden).replaceAll("[redacted]", mark), text);
}

export function compareRequests(sent: readonly SentRequest[], expected: Expectation["requests"]): Failure[] {
  if (expected === undefined) return [];
  if (!Array.isArray(expected)) return compareSome(sent, (expected as { $contains: ExpectedRequest[] }).$contains);
  const wanted = (expected as ExpectedRequest[]).flatMap((each) => Array.from({ length: each.times ?? 1 }, () => each));
  if (wanted.length !== sent.length) {
    return [
      {
        path: "requests",
        message: `${wanted.length} expected, ${sent.length} came`,
        expected: wanted.map(lineOf),
        actual: sent.map(({ method, url }) => `${method} ${url}`),
      },
    ];
  }
  return wanted.flatMap((each, at) => compareRequest(`requests.${at}`, each, sent[at]!));
}

/** In any order, beside whatever else was sent. */
function compareSome(sent: readonly SentRequest[], expected: readonly ExpectedRequest[]): Failure[] {
  return expected.flatMap((each, at) => {
    const found = sent.filter((request) => compareRequest("", each, request).length === 0).length;
    if (each.times === undefined ? found > 0 : found === each.times) return [];
    const often = each.times === undefined ? "was not sent" : `${each.times} expected, ${found} came`;
    const nearest = sent.find((request) => isPlace(each, request));
    const why = found > 0 || nearest === undefined ? [] : compareRequest(`requests.$contains.${at}`, each, nearest);
    if (why.length > 0) return why;
    return [
      {
        path: `requests.$contains.${at}`,
        message: `${lineOf(each)} ${often}`,
        expected: [lineOf(each)],
        actual: sent.map(({ method, url }) => `${method} ${url}`),
      },
    ];
  });
}

function isPlace({ method, url }: ExpectedRequest, sent: SentRequest): boolean {
  return isMethod(method, sent.method) && (url === undefined || isUrl(url, sent.url));
}

function compareRequest(path: string, expected: ExpectedRequest, sent: SentRequest): Failure[] {
  const failures: Failure[] = [];
  const add = (key: string, wanted: Json, came: Json | undefined): void => {
    const seen = came === undefined ? {} : { actual: came };
    failures.push({ path: `${path}.${key}`, message: "is not what was expected", expected: wanted, ...seen });
  };
  const { method, url, headers, body, json } = expected;
  if (!isMethod(method, sent.method)) add("method", method!, sent.method);
  if (url !== undefined && !isUrl(url, sent.url)) add("url", url as Json, sent.url);
  for (const [name, wanted] of Object.entries(headers ?? {})) {
    const came = sent.headers[name.toLowerCase()];
    const isFine = wanted === null ? came === undefined : holds(wanted as Json, came);
    if (!isFine) add(`headers.${name}`, wanted as Json, came);
  }
  const addJson = (key: string, given: Json): void => {
    const came = parsed(sent.body);
    const wanted = resolve(given, came);
    if (!isSame(wanted, came)) add(key, wanted, came);
  };
  if (body !== undefined && isOfJson(body as Json)) addJson("body", body as Json);
  else if (body !== undefined && !holds(body as Json, sent.body)) add("body", body as Json, sent.body);
  if (json !== undefined) addJson("json", json);
  return failures;
}

/** A body is text; an object or a list, or a matcher of such, can only mean what the text says as JSON. */
function isOfJson(body: Json): boolean {
  if (body === null || typeof body !== "object") return false;
  if (Array.isArray(body)) return true;
  const [key = "", ...more] = Object.keys(body);
  if (more.length > 0 || !key.startsWith("$")) return key !== "$regex" && key !== "$flags";
  if (key === "$partial") return true;
  const [held] = Object.values(body) as Json[];
  const parts = key === "$contains" && Array.isArray(held) ? held : [held];
  return (key === "$contains" || key === "$exact") && parts.some((part) => typeof part === "object" && part !== null);
}

const isMethod = (wanted: string | undefined, came: string): boolean =>
  wanted === undefined || wanted.toUpperCase() === came.toUpperCase();

function isUrl(wanted: NonNullable<ExpectedRequest["url"]>, came: string): boolean {
  return typeof wanted === "string" ? matchesUrl(wanted, came) : holds(wanted as Json, came);
}

/** The whole URL, or one with `*` for any run of characters. */
export function matchesUrl(pattern: string, url: string): boolean {
  if (!pattern.includes("*")) return pattern === url || (URL.canParse(pattern) && new URL(pattern).href === url);
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(url);
}

function parsed(body: string): Json | undefined {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return undefined;
  }
}

function lineOf({ method, url }: ExpectedRequest): string {
  const place = url === undefined ? "any URL" : typeof url === "string" ? url : JSON.stringify(url);
  return `${method?.toUpperCase() ?? "any method"} ${place}`;
}
