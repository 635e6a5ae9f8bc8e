/**
 * The forms in which a value may stand in a text, and how each encoding in use is read. Text is decoded as it goes by, so it does not
 * matter which characters an encoder chose to touch, or in which case it wrote its digits. A value written in two encodings at once, or
 * twice over, is not known here.
 */

/** One form of a value, as bytes: itself, hexadecimal, or base64. */
export interface Form {
  readonly bytes: Uint8Array;
  /** Base64 shares its first and last character with what stands beside it, and ends in signs of its own. */
  readonly base64: null | { readonly before: boolean; readonly after: boolean };
}

/** Shorter pieces of base64 would take out innocent text. */
const SHORTEST_BASE64 = 6;

export function formsOf(value: string): Form[] {
  const utf8 = Buffer.from(value, "utf8");
  const digits = utf8.toString("hex");
  const plain = [utf8, Buffer.from(digits), Buffer.from(digits.toUpperCase())];
  const base64 = [0, 1, 2].flatMap((shift) => {
    const bits = (shift + utf8.length) * 8;
    const text = Buffer.concat([Buffer.alloc(shift), utf8]).toString("base64");
    // The characters that depend on the value alone when `shift` bytes stand before it in a group of three.
    const piece = text.slice(Math.ceil((shift * 8) / 6), Math.floor(bits / 6));
    if (piece.length < SHORTEST_BASE64) return [];
    const shared = { before: shift > 0, after: bits % 6 !== 0 };
    const urlSafe = piece.replaceAll("+", "-").replaceAll("/", "_");
    return [...new Set([piece, urlSafe])].map((text) => ({ bytes: Buffer.from(text), base64: shared }));
  });
  return [...plain.map((bytes) => ({ bytes, base64: null })), ...base64];
}

/** What one place of a text stands for: some bytes, or none, and how many bytes of the text say so. */
export interface Unit {
  length: number;
  bytes: readonly number[];
}

export interface Encoding {
  /** Of each byte, whether it begins a unit (1). Without such a byte this encoding changes nothing. */
  readonly isMark: Uint8Array;
  /** Reads the unit that begins at a mark; false where it is none and the byte stands for itself. Null where the text ends too early to say. */
  read(text: Uint8Array, at: number, unit: Unit): boolean | null;
}

const PERCENT = 0x25;
const PLUS = 0x2b;
const AMPERSAND = 0x26;
const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SEMICOLON = 0x3b;
const LONGEST_ENTITY = 12;

const percent: Encoding = {
  isMark: marks([PERCENT]),
  read(text, at, unit) {
    if (at + 3 > text.length) return null;
    const byte = hexAt(text, at + 1, 2);
    return byte >= 0 && put(unit, 3, byte);
  },
};

const form: Encoding = {
  isMark: marks([PERCENT, PLUS]),
  read: (text, at, unit) => (text[at] === PLUS ? put(unit, 1, 0x20) : percent.read(text, at, unit)),
};

const SIMPLE_ESCAPES: ReadonlySet<number> = new Set(Array.from(`/"\\'`, (sign) => sign.charCodeAt(0)));

const json: Encoding = {
  isMark: marks([BACKSLASH]),
  read(text, at, unit) {
    if (at + 2 > text.length) return null;
    const sign = text[at + 1]!;
    if (SIMPLE_ESCAPES.has(sign)) return put(unit, 2, sign);
    if (sign !== 0x75) return false;
    if (at + 6 > text.length) return null;
    const code = hexAt(text, at + 2, 4);
    if (code < 0xd800 || code > 0xdbff) return code >= 0 && putPoint(unit, 6, code);
    if (at + 12 > text.length) return null;
    const low = text[at + 6] === BACKSLASH && text[at + 7] === 0x75 ? hexAt(text, at + 8, 4) : -1;
    if (low < 0xdc00 || low > 0xdfff) return false;
    return putPoint(unit, 12, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
  },
};

/** A number sign, a digit or a letter. */
const isOfEntity = (byte: number): boolean =>
  byte === 0x23 || (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a);

const ENTITIES: Readonly<Record<string, number>> = { amp: 0x26, lt: 0x3c, gt: 0x3e, quot: 0x22, apos: 0x27 };

const html: Encoding = {
  isMark: marks([AMPERSAND]),
  read(text, at, unit) {
    let end = 1;
    while (end < LONGEST_ENTITY && at + end < text.length && isOfEntity(text[at + end]!)) end += 1;
    if (at + end === text.length && end < LONGEST_ENTITY) return null;
    if (text[at + end] !== SEMICOLON) return false;
    const name = Buffer.from(text.buffer, text.byteOffset + at + 1, end - 1)
      .toString("latin1")
      .toLowerCase();
    if (Object.hasOwn(ENTITIES, name)) return put(unit, end + 1, ENTITIES[name]!);
    if (!name.startsWith("#")) return false;
    const digits = name.startsWith("#x") ? `0x${name.slice(2)}` : name.slice(1);
    const point = /^(?:0x[0-9a-f]+|[0-9]+)$/.test(digits) ? Number(digits) : Infinity;
    return point <= 0x10ffff && putPoint(unit, end + 1, point);
  },
};

/** Ends of lines, raw and as JSON writes them, count for nothing: base64 is broken into lines. */
const lines: Encoding = {
  isMark: marks([LINE_FEED, CARRIAGE_RETURN, BACKSLASH]),
  read(text, at, unit) {
    if (text[at] !== BACKSLASH) return put(unit, 1, null);
    if (at + 2 > text.length) return null;
    const sign = text[at + 1];
    return (sign === 0x6e || sign === 0x72) && put(unit, 2, null);
  },
};

/** Every encoding that any of these values can be written in. A plus sign is a space only where a value has one. */
export function encodingsFor(values: readonly string[]): readonly Encoding[] {
  return [percent, ...(values.some((value) => value.includes(" ")) ? [form] : []), json, html, lines];
}

function marks(bytes: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (bytes.includes(byte) ? 1 : 0));
}

const SINGLE: readonly (readonly number[])[] = Array.from({ length: 256 }, (_, byte) => [byte]);
const NONE: readonly number[] = [];

function put(unit: Unit, length: number, byte: number | null): true {
  unit.length = length;
  unit.bytes = byte === null ? NONE : SINGLE[byte]!;
  return true;
}

function putPoint(unit: Unit, length: number, point: number): true {
  if (point < 0x80) return put(unit, length, point);
  unit.length = length;
  unit.bytes = [...Buffer.from(String.fromCodePoint(point), "utf8")];
  return true;
}

/** -1 where these are no hexadecimal digits. */
function hexAt(text: Uint8Array, from: number, digits: number): number {
  let value = 0;
  for (let at = from; at < from + digits; at += 1) {
    const code = text[at]! | 0x20;
    const digit = code >= 0x30 && code <= 0x39 ? code - 0x30 : code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
    if (digit < 0 || text[at]! < 0x30) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** Whether this encoding may say anything else about the text from `from` on than the text itself. */
export function occursIn({ isMark }: Encoding, text: Uint8Array, from: number): boolean {
  for (let at = from; at < text.length; at += 1) if (isMark[text[at]!] === 1) return true;
  return false;
}
