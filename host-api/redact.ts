/**
 * Takes secrets out of whatever comes back: raw, base64 (at each of the three places a value can stand in it, broken into lines or not),
 * percent-encoded in full or in part, and escaped as JSON or HTML do. Works on text and on streams of bytes, where a value may be split over chunks.
 */
import { domainToUnicode } from "node:url";
import type { Secrets } from "./secrets.ts";
import { type Finder, createFinder } from "./spelling.ts";

export interface Redactor {
  text(text: string): string;
  /**
   * What came in the head of a response, or names a host: in any case, since names of headers and hosts are put in lower case on the way, and
   * with bytes read as Latin-1 as well.
   */
  head(text: string): string;
  /** An address that a server chose; its host as it reads and as it would in Unicode. */
  url(text: string): string;
  /** Redacts every string, keys included, of a JSON value. */
  json<T>(value: T): T;
  /** A fresh filter for one body. */
  stream(): ByteFilter;
}

export interface ByteFilter {
  push(chunk: Uint8Array): Uint8Array;
  end(): Uint8Array;
}

const MARK = "[redacted]";
export function createRedactor(secrets: Secrets): Redactor {
  const values = Object.values(secrets).map(({ value }) => value);
  if (values.length === 0) return { text: same, head: same, url: same, json: same, stream: passThrough };
  const inText = createFinder(values, "text");
  const inHead = createFinder(values, "head");
  const inBytes = createFinder(values, "bytes");
  const text = (input: string) => redactWhole(input, inText);
  const head = (input: string) => redactWhole(input, inHead);
  return {
    text,
    head,
    url: (input) => redactUrl(input, head),
    json: (value) => redactJson(value, text),
    stream: () => byteFilter(inBytes),
  };
}

function same<T>(value: T): T {
  return value;
}

function redactUrl(input: string, head: (text: string) => string): string {
  const hostname = URL.canParse(input) ? new URL(input).hostname : "";
  const unicode = domainToUnicode(hostname);
  return head(head(unicode) === unicode ? input : input.replace(hostname, MARK));
}

function redactWhole(input: string, finder: Finder): string {
  return redact(input, finder, true).out;
}

/** What can be given out, and what may still be the beginning of a secret. */
function redact(input: string, finder: Finder, whole: boolean): { readonly out: string; readonly held: string } {
  let out = "";
  let at = 0;
  for (;;) {
    const found = finder.find(input, at, whole);
    if (found === null) return { out: out + input.slice(at), held: "" };
    out += input.slice(at, found.start);
    if (found.end === null) return { out, held: input.slice(found.start) };
    out += MARK;
    at = found.end;
  }
}

/**
 * Holds back only what may be the beginning of a secret, so that a live stream is not delayed. What is held is looked through again with what
 * follows, so a value is found wherever the chunks were cut.
 */
function byteFilter(finder: Finder): ByteFilter {
  let held = "";
  const release = (whole: boolean): Uint8Array => {
    const { out, held: rest } = redact(held, finder, whole);
    held = rest;
    return Buffer.from(out, "latin1");
  };
  return {
    push(chunk) {
      held += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
      return release(false);
    },
    end: () => release(true),
  };
}

function passThrough(): ByteFilter {
  return { push: (chunk) => chunk, end: () => new Uint8Array() };
}

function redactJson<T>(value: T, text: (input: string) => string): T {
  if (typeof value === "string") return text(value) as T;
  if (Array.isArray(value)) return value.map((item) => redactJson(item, text)) as T;
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, item]) => [text(key), redactJson(item, text)] as const);
  return Object.fromEntries(entries) as T;
}
