/**
 * Pure functions of the worker process that guest code may call without a host call: JSON text and bytes in, JSON text and bytes out.
 * The guest may call them with anything: every argument is checked here, nothing is kept between calls, and what a call
 * can cost is estimated from the size of its input before it begins.
 */
import type { Answer } from "../../sandbox/protocol/host-frames.ts";
import type { Pace, PlatformReply, WorkerPlatform } from "../../sandbox/worker/platform.ts";
import { Costs, type Need, OutOfTimeError } from "./costs.ts";
import { nodeCrypto, nodeUrl } from "./late-modules.ts";
import { cryptoFunctions } from "./platform-crypto.ts";
import { keyFunctions } from "./platform-keys.ts";
import { zlibFunctions } from "./platform-zlib.ts";
import { PlatformError, text, list } from "./platform-input.ts";
import type { PlatformFunction } from "./platform-input.ts";

const MAX_ARGS_CHARS = 8 * 1024 * 1024;
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_URL_CHARS = 1024 * 1024;
const MAX_RANDOM_BYTES = 65_536;
const MAX_PAIRS = 100_000;
const SLICE_BYTES = 256 * 1024;
const MAX_JSON_CHARS = 32 * 1024 * 1024;
/** Milliseconds for each character, byte or pair, the making of JSON text included, on a machine of 2026 with nothing else to do. */
const ARGS_MS = 10e-6;
const TEXT_MS = 25e-6;
const JSON_MS = 5e-6;
const QUERY_MS = 15e-6;
const PAIR_MS = 1.5e-3;

/** One for each worker process: it learns how fast the machine is. */
export function createPlatform(): WorkerPlatform["call"] {
  const costs = new Costs();
  return (name, args, bytes, pace) =>
    costs.measure(pace, (need, leftMs) => reply(name, args, bytes, need, leftMs, pace.random));
}

/** A signature, an RSA key and what is encrypted with one have randomness of OpenSSL's own in them. */
export const varies: WorkerPlatform["varies"] = (name) => VARYING.has(name);

const VARYING: ReadonlySet<string> = new Set(["crypto.sign", "crypto.makeRsa", "crypto.oaep"]);

/** A call of no run, which nothing limits. */
export function callPlatform(name: string, args: string, bytes: Uint8Array | undefined): PlatformReply {
  return reply(name, args, bytes, () => undefined, Infinity)!;
}

function reply(
  name: string,
  args: string,
  bytes: Uint8Array | undefined,
  need: Need,
  leftMs: number,
  random: Pace["random"] = systemRandom,
): PlatformReply | null {
  try {
    const handle = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (!handle) throw new PlatformError("CALL_UNKNOWN", `there is no such function: ${name.slice(0, 100)}`);
    if (args.length > MAX_ARGS_CHARS || (bytes?.byteLength ?? 0) > MAX_BYTES)
      throw new PlatformError("ARGUMENTS_TOO_LARGE", "the input is too large", "RangeError");
    need("reading its arguments", args.length * ARGS_MS);
    const result = handle(JSON.parse(args), bytes ?? new Uint8Array(), need, leftMs, random);
    if (result.json !== undefined) return `{"ok":true,"value":${result.json}}`;
    const { value, bytes: out } = result;
    const json = JSON.stringify({ ok: true, value } satisfies Answer);
    return out === undefined ? json : { json, bytes: out };
  } catch (error) {
    if (error instanceof OutOfTimeError) return null;
    const { code, message, guestName } =
      error instanceof PlatformError ? error : new PlatformError("ARGUMENTS_BAD", "the arguments are malformed");
    return JSON.stringify({ ok: false, error: { code, name: guestName, message } } satisfies Answer);
  }
}

const URL_PARTS = [
  "href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash",
] as const; // prettier-ignore
const SPECIAL = ["https:", "http:", "wss:", "ws:", "ftp:", "file:"];
const URL_SETTERS: readonly string[] = URL_PARTS.filter((part) => part !== "origin");

const functions: Readonly<Record<string, PlatformFunction>> = {
  ...cryptoFunctions,
  ...keyFunctions,
  ...zlibFunctions,

  /** [input, base or null] → the parts of the URL, or null. */
  "url.parse": (args) => {
    const [input, base] = list(args, 2);
    const relative = text(input, MAX_URL_CHARS);
    const absolute = base === null ? undefined : text(base, MAX_URL_CHARS);
    const url = URL.parse(relative, absolute);
    return { value: url !== null && hasValidHost(url) ? urlParts(url) : null };
  },
  /** [href, part, value] → the parts after the part was set, or null where a new href is no URL. */
  "url.set": (args) => {
    const [href, part, value] = list(args, 3).map((item) => text(item, MAX_URL_CHARS)) as [string, string, string];
    if (!URL_SETTERS.includes(part)) throw new PlatformError("ARGUMENTS_BAD", "no part of a URL that can be set");
    if (part === "href" && !URL.canParse(value)) return { value: null };
    const url = new URL(href);
    url[part as "href"] = value;
    if (hasValidHost(url)) return { value: urlParts(url) };
    return { value: part === "href" ? null : urlParts(new URL(href)) };
  },
  /** Text of a query → its pairs. */
  "params.parse": (args, _, need) => {
    const query = text(args, MAX_ARGS_CHARS);
    needPairs(need, countPairs(query), query.length);
    return { value: [...new URLSearchParams(`?${query}`)] };
  },
  "params.stringify": (args, _, need) => {
    needPairs(need, list(args).length, 0);
    const pairs = list(args).map((pair) => list(pair, 2).map((item) => text(item, MAX_ARGS_CHARS)) as [string, string]);
    return { value: new URLSearchParams(pairs).toString() };
  },

  /** A label → the name of the encoding, or null. */
  "text.encoding": (args) => ({ value: decoderOf(text(args, 100), false, true)?.encoding ?? null }),
  /** [encoding, fatal, ignore the mark, more follows] and bytes → text, or null where `fatal` met something malformed. */
  "text.decode": (args, bytes, need) => {
    const [label, fatal, ignoreBOM, stream] = list(args, 4);
    const decoder = decoderOf(text(label, 100), fatal === true, ignoreBOM === true);
    if (decoder === null) throw new PlatformError("ARGUMENTS_BAD", "no such encoding", "RangeError");
    return { json: decodeInSlices(decoder, bytes, stream === true, need) };
  },
  /** Text of the characters U+0000 to U+00FF → base64, or null. */
  "base64.encode": (args, _, need) => base64(btoa, args, need),
  "base64.decode": (args, _, need) => base64(atob, args, need),

  random: (args, _bytes, _need, _leftMs, random) => {
    if (typeof args !== "number" || !(args >= 0 && args <= MAX_RANDOM_BYTES))
      throw new PlatformError("ARGUMENTS_BAD", "not that many random bytes", "RangeError");
    return { value: null, bytes: random(Math.trunc(args)) };
  },
};

function systemRandom(count: number): Uint8Array {
  return nodeCrypto().randomFillSync(new Uint8Array(count));
}

/** The standard refuses labels that are no proper punycode; Node's parser lets those of plain ASCII pass. */
function hasValidHost({ protocol, hostname }: URL): boolean {
  if (!SPECIAL.includes(protocol) || !/(^|\.)xn--/.test(hostname)) return true;
  const unicode = nodeUrl().domainToUnicode(hostname);
  return !/(^|\.)xn--/i.test(unicode) && nodeUrl().domainToASCII(unicode) === hostname;
}

/** The text as JSON, or null where the bytes are malformed. */
function decodeInSlices(decoder: TextDecoder, bytes: Uint8Array, stream: boolean, need: Need): string {
  let json = '"';
  for (let at = 0; at === 0 || at < bytes.byteLength; at += SLICE_BYTES) {
    need(`decoding ${bytes.byteLength} bytes`, 0);
    const isLast = at + SLICE_BYTES >= bytes.byteLength;
    const part = orNull(() => decoder.decode(bytes.subarray(at, at + SLICE_BYTES), { stream: stream || !isLast }));
    if (part === null) return "null";
    json += JSON.stringify(part).slice(1, -1);
    if (json.length > MAX_JSON_CHARS)
      throw new PlatformError("ARGUMENTS_TOO_LARGE", "the decoded text is too large", "RangeError");
  }
  need(`decoding ${bytes.byteLength} bytes`, json.length * JSON_MS);
  return `${json}"`;
}

function base64(work: (input: string) => string, args: unknown, need: Need): { value: string | null } {
  const input = text(args, MAX_ARGS_CHARS);
  need(`base64 of ${input.length} characters`, input.length * TEXT_MS);
  return { value: orNull(() => work(input)) };
}

function needPairs(need: Need, pairs: number, chars: number): void {
  if (pairs > MAX_PAIRS)
    throw new PlatformError("ARGUMENTS_TOO_LARGE", `a query of more than ${MAX_PAIRS} pairs`, "RangeError");
  need(`a query of ${pairs} pairs`, pairs * PAIR_MS + chars * QUERY_MS);
}

/** No more than are asked about are counted. */
function countPairs(query: string): number {
  let pairs = 1;
  for (let at = query.indexOf("&"); at >= 0 && pairs <= MAX_PAIRS; at = query.indexOf("&", at + 1)) pairs++;
  return pairs;
}

function urlParts(url: URL): string[] {
  return URL_PARTS.map((part) => url[part]);
}

function decoderOf(label: string, fatal: boolean, ignoreBOM: boolean): TextDecoder | null {
  return orNull(() => new TextDecoder(label, { fatal, ignoreBOM }));
}

function orNull<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof PlatformError) throw error;
    return null;
  }
}
