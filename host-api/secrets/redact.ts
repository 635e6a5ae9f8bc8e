/**
 * Takes secrets out of text: raw, in hexadecimal, in base64 (at each of the three places a value can stand in it, broken into lines or not),
 * and as percent-encoding, JSON and HTML write them. Works on text and on streams of bytes, where a value may be split over chunks.
 */
import { domainToUnicode } from "node:url";
import type { Slices } from "../../base/slices.ts";
import { type Range, type Search, Lane, createPlainSearch, createSearch } from "./scanner.ts";
import { occursIn } from "./encodings.ts";
import type { Secrets } from "./secrets.ts";

export interface Redactor {
  /** It has nothing to look for. */
  readonly isIdle: boolean;
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

const MARK = Buffer.from("[redacted]");
const NOTHING = Buffer.alloc(0);

export const NO_REDACTION: Redactor = {
  isIdle: true,
  text: same,
  head: same,
  url: same,
  json: same,
  stream: () => ({ push: same, end: () => NOTHING }),
};

/** Nothing is prepared before the first text is to be looked through. */
export function createRedactor(secrets: Secrets): Redactor {
  const values = [...new Set(Object.values(secrets).map(({ value }) => value))];
  if (values.length === 0) return NO_REDACTION;
  let exact: Search | undefined;
  let folded: Search | undefined;
  const inText = () => (exact ??= createSearch(values, false));
  const inHead = () => (folded ??= createSearch(values, true));
  const text = (input: string) => redactText(input, inText());
  const head = (input: string) => {
    const clean = redactText(input, inHead());
    return isLatin1(clean) ? redactBytes(Buffer.from(clean, "latin1"), inHead())?.toString("latin1") ?? clean : clean;
  }; // prettier-ignore
  return {
    isIdle: false,
    text,
    head,
    url: (input) => redactUrl(input, head),
    json: (value) => redactJson(value, text),
    stream: () => byteFilter(inText()),
  };
}

/** Takes texts out of others as they stand, in no other encoding: what a host named, which may be thousands. */
export async function createTextRedactor(
  texts: readonly string[],
  slices: Slices,
): Promise<Pick<Redactor, "text" | "stream">> {
  if (texts.length === 0) return NO_REDACTION;
  const search = await createPlainSearch(texts, slices);
  return { text: (input) => redactText(input, search), stream: () => byteFilter(search) };
}

function same<T>(value: T): T {
  return value;
}

function redactUrl(input: string, head: (text: string) => string): string {
  const hostname = URL.canParse(input) ? new URL(input).hostname : "";
  const unicode = domainToUnicode(hostname);
  return head(head(unicode) === unicode ? input : input.replace(hostname, () => MARK.toString()));
}

function redactText(input: string, search: Search): string {
  if (input.length * 3 < search.shortest) return input;
  return redactBytes(Buffer.from(input, "utf8"), search)?.toString("utf8") ?? input;
}

/** Null where there is nothing to redact. */
function redactBytes(bytes: Buffer, search: Search): Buffer | null {
  if (bytes.length < search.shortest) return null;
  const found: Range[] = [];
  new Lane(search, null).scan(bytes, 0, true, found);
  for (const encoding of search.encodings) {
    if (occursIn(encoding, bytes, 0)) new Lane(search, encoding).scan(bytes, 0, true, found);
  }
  if (found.length === 0) return null;
  const out = new Output();
  const rest = out.write(bytes, 0, merge(found), Infinity, true);
  return Buffer.concat([...out.pieces, bytes.subarray(rest)]);
}

/** One after the other; what overlaps is one. */
function merge(ranges: Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (last === undefined || range.start >= last.end) merged.push({ ...range });
    else if (range.end > last.end) merged[merged.length - 1] = { start: last.start, end: range.end, base64: range.base64 ?? last.base64 };
  }
  return merged;
} // prettier-ignore

class Output {
  readonly pieces: Buffer[] = [];

  /** Writes what is settled of `text`, which begins at `offset`, up to `limit`; gives the place that it got to. */
  write(text: Buffer, offset: number, ranges: readonly Range[], limit: number, whole: boolean): number {
    let at = offset;
    for (const { start, end, base64 } of ranges) {
      if (end <= at) continue;
      const isOpen = end > limit || (base64 !== null && !whole && end + 3 > offset + text.length);
      if (isOpen) return this.#copy(text, offset, at, Math.max(at, Math.min(start, limit)));
      const shares = base64?.before === true && start > at && isBase64(text[start - 1 - offset]);
      this.#copy(text, offset, at, Math.max(at, shares ? start - 1 : start));
      this.pieces.push(MARK);
      at = base64 === null ? end : pastShared(text, end - offset, base64.after) + offset;
    }
    return limit === Infinity ? at : this.#copy(text, offset, at, Math.max(at, limit));
  }

  #copy(text: Buffer, offset: number, from: number, to: number): number {
    if (to > from) this.pieces.push(text.subarray(from - offset, to - offset));
    return to;
  }
}

function pastShared(text: Buffer, end: number, after: boolean): number {
  let past = end;
  if (after && isBase64(text[past])) past += 1;
  for (let signs = 0; signs < 2 && text[past] === 0x3d; signs++) past += 1;
  return past;
}

const BASE64 = new Set(Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-"));
const isBase64 = (byte: number | undefined): boolean => byte !== undefined && BASE64.has(byte);

/** Holds back only what may be the beginning of a secret, so that a live stream is not delayed. */
function byteFilter(search: Search): ByteFilter {
  const plain = new Lane(search, null);
  const lanes = search.encodings.map((encoding) => ({ lane: new Lane(search, encoding), encoding, apart: false }));
  let held: Buffer = NOTHING;
  let offset = 0;
  let found: Range[] = [];
  const go = (whole: boolean): Buffer => {
    for (const entry of lanes) {
      // While nothing of an encoding has come, its reading is the plain one's.
      entry.apart ||= occursIn(entry.encoding, held, plain.at - offset);
      if (entry.apart && entry.lane.at < offset) entry.lane.at = offset;
    }
    plain.scan(held, offset, whole, found);
    for (const { lane, apart } of lanes) if (apart) lane.scan(held, offset, whole, found);
    const end = offset + held.length;
    const limit = whole ? end : Math.min(plain.settledTo, ...lanes.map(({ lane, apart }) => (apart ? lane.settledTo : end)));
    found = merge(found);
    const out = new Output();
    const to = out.write(held, offset, found, limit, whole);
    for (const entry of lanes) entry.apart &&= !(entry.lane.isIdle && plain.isIdle && entry.lane.at === end);
    found = found.filter((range) => range.end > to);
    held = held.subarray(Math.min(held.length, to - offset));
    offset = to;
    return Buffer.concat(out.pieces);
  };
  return {
    push(chunk) {
      held = held.length === 0 ? asBuffer(chunk) : Buffer.concat([held, chunk]);
      return go(false);
    },
    end: () => go(true),
  };
} // prettier-ignore

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

// oxlint-disable-next-line no-control-regex -- every character of Latin-1
const isLatin1 = (text: string): boolean => /[\u0080-\u00ff]/.test(text) && /^[\u0000-\u00ff]*$/.test(text);

function redactJson<T>(value: T, text: (input: string) => string): T {
  if (typeof value === "string") return text(value) as T;
  if (Array.isArray(value)) return value.map((item) => redactJson(item, text)) as T;
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, item]) => [text(key), redactJson(item, text)] as const);
  return Object.fromEntries(entries) as T;
}
