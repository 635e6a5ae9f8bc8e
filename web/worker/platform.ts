/**
 * Pure functions of the worker process that guest code may call without a host call: JSON text and bytes in, JSON text and bytes out.
 * The guest may call them with anything: every argument is checked here, nothing is kept between calls, and the size of the input
 * bounds what a call can cost.
 */
import type { Answer } from "../../sandbox/protocol/frames.ts";
import type { PlatformReply } from "../../sandbox/worker/platform.ts";
import { nodeCrypto, nodeUrl } from "./late-modules.ts";
import { cryptoFunctions } from "./platform-crypto.ts";
import { zlibFunctions } from "./platform-zlib.ts";
import { PlatformError, text, list } from "./platform-input.ts";
import type { PlatformFunction } from "./platform-input.ts";

const MAX_ARGS_CHARS = 8 * 1024 * 1024;
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_URL_CHARS = 1024 * 1024;
const MAX_RANDOM_BYTES = 65_536;

export function callPlatform(name: string, args: string, bytes: Uint8Array | undefined): PlatformReply {
  try {
    const handle = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (!handle) throw new PlatformError("CALL_UNKNOWN", `there is no such function: ${name.slice(0, 100)}`);
    if (args.length > MAX_ARGS_CHARS || (bytes?.byteLength ?? 0) > MAX_BYTES)
      throw new PlatformError("ARGUMENTS_TOO_LARGE", "the input is too large", "RangeError");
    const { value, bytes: out } = handle(JSON.parse(args), bytes ?? new Uint8Array());
    const json = JSON.stringify({ ok: true, value } satisfies Answer);
    return out === undefined ? json : { json, bytes: out };
  } catch (error) {
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
  "params.parse": (args) => ({ value: [...new URLSearchParams(`?${text(args, MAX_ARGS_CHARS)}`)] }),
  "params.stringify": (args) => {
    const pairs = list(args).map((pair) => list(pair, 2).map((item) => text(item, MAX_ARGS_CHARS)) as [string, string]);
    return { value: new URLSearchParams(pairs).toString() };
  },

  /** A label → the name of the encoding, or null. */
  "text.encoding": (args) => ({ value: decoderOf(text(args, 100), false, true)?.encoding ?? null }),
  /** [encoding, fatal, ignore the mark, more follows] and bytes → text, or null where `fatal` met something malformed. */
  "text.decode": (args, bytes) => {
    const [label, fatal, ignoreBOM, stream] = list(args, 4);
    const decoder = decoderOf(text(label, 100), fatal === true, ignoreBOM === true);
    if (decoder === null) throw new PlatformError("ARGUMENTS_BAD", "no such encoding", "RangeError");
    try {
      return { value: decoder.decode(bytes, { stream: stream === true }) };
    } catch {
      return { value: null };
    }
  },
  /** Text of the characters U+0000 to U+00FF → base64, or null. */
  "base64.encode": (args) => ({ value: orNull(() => btoa(text(args, MAX_ARGS_CHARS))) }),
  "base64.decode": (args) => ({ value: orNull(() => atob(text(args, MAX_ARGS_CHARS))) }),

  random: (args) => {
    if (typeof args !== "number" || !(args >= 0 && args <= MAX_RANDOM_BYTES))
      throw new PlatformError("ARGUMENTS_BAD", "not that many random bytes", "RangeError");
    return { value: null, bytes: nodeCrypto().randomFillSync(new Uint8Array(Math.trunc(args))) };
  },
};

/** The standard refuses labels that are no proper punycode; Node's parser lets those of plain ASCII pass. */
function hasValidHost({ protocol, hostname }: URL): boolean {
  if (!SPECIAL.includes(protocol) || !/(^|\.)xn--/.test(hostname)) return true;
  const unicode = nodeUrl().domainToUnicode(hostname);
  return !/(^|\.)xn--/i.test(unicode) && nodeUrl().domainToASCII(unicode) === hostname;
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
