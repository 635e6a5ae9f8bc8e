/**
 * The ways in which a value may be written, and how to find one of them in a text. Each character of a value is followed through the text by
 * hand, not by a regular expression: one for all spellings of a long value is more than V8 compiles.
 */

/** A value in one form, a character at a time. */
export interface Spelling {
  readonly chars: readonly string[];
  /** Base64 shares its first and last character with what stands beside it, ends in signs of its own, and may be broken into lines. */
  readonly base64: null | { readonly before: boolean; readonly after: boolean; readonly lines: boolean };
}

export type Reading = "text" | "bytes" | "head";

/** What one character may be written as: itself, or otherwise, where case does not count. */
interface Ways {
  readonly plain: readonly string[];
  readonly other: readonly string[];
  /** First characters of `other`. */
  readonly marks: string;
}

export interface Found {
  readonly start: number;
  readonly end: number;
}

/** Where the text ends before it is clear whether a spelling begins at `start`. */
export interface Open {
  readonly start: number;
  readonly end: null;
}

/** Shorter pieces of base64 would take out innocent text. */
const SHORTEST_BASE64 = 6;
/** A value this long in base64 may be broken into lines. */
const SHORTEST_LINE = 40;
/** Raw, and as JSON writes them. */
const LINE_ENDS = ["\n", "\r\n", String.raw`\n`, String.raw`\r\n`];
const BASE64 = /[A-Za-z0-9+/_-]/;
/** What HTML writes in the place of these signs. */
const ENTITIES: Readonly<Record<string, readonly string[]>> = {
  "&": ["&amp;", "&#38;", "&#x26;"],
  "<": ["&lt;", "&#60;", "&#x3c;"],
  ">": ["&gt;", "&#62;", "&#x3e;"],
  '"': ["&quot;", "&#34;", "&#x22;"],
  "'": ["&apos;", "&#39;", "&#x27;", "&#039;"],
};

export interface Finder {
  /** The first spelling at or after `from`. Unless `whole`, more text may follow. */
  find(text: string, from: number, whole: boolean): Found | Open | null;
}

/** Finds any spelling of any of the values. Reading bytes means Latin-1 text that stands for them; reading a head, that case is lost. */
export function createFinder(values: readonly string[], reading: Reading): Finder {
  const raw = waysOf((char) => rawWays(char, reading));
  const encoded = waysOf((char) => base64Ways(char, reading));
  const spellings = values.flatMap((value) => spell(value, reading));
  const begins = indexBeginnings(spellings, (spelling) => (spelling.base64 ? encoded : raw));
  return {
    find(given, from, whole) {
      const text = reading === "head" ? lower(given) : given;
      for (let at = from; at < text.length; at++) {
        const begun = begins(text.charCodeAt(at), at + 1 < text.length ? text.charCodeAt(at + 1) : null);
        if (begun === undefined) continue;
        let end = -1;
        for (const spelling of begun) {
          const reached = follow(text, at, spelling, spelling.base64 ? encoded : raw);
          if (reached === "open" && !whole) return { start: at, end: null };
          if (typeof reached === "number")
            end = Math.max(end, spelling.base64 ? pastShared(text, reached, spelling) : reached);
        }
        if (end < 0) continue;
        if (end === text.length && !whole) return { start: at, end: null };
        const shares = begun.some(({ base64 }) => base64?.before) && at > from && BASE64.test(text[at - 1]!);
        return { start: shares ? at - 1 : at, end };
      }
      return null;
    },
  };
}

type WaysFor = (char: string) => Ways;

/** By its first two characters, which spellings a place may begin; what is beyond Latin-1, or the last of a text, by the first alone. */
function indexBeginnings(spellings: readonly Spelling[], waysOfIts: (spelling: Spelling) => WaysFor) {
  const byFirst = new Map<number, Spelling[]>();
  const byPair = new Map<number, Spelling[]>();
  const isPair = new Uint8Array(1 << 16);
  const put = (index: Map<number, Spelling[]>, key: number, spelling: Spelling): void => {
    const entry = index.get(key);
    if (entry === undefined) index.set(key, [spelling]);
    else if (entry.at(-1) !== spelling) entry.push(spelling);
  };
  for (const spelling of spellings) {
    const waysFor = waysOfIts(spelling);
    const seconds = [
      ...firstsOf(waysFor(spelling.chars[1]!)),
      ...(spelling.base64?.lines ? LINE_ENDS.map(firstCode) : []),
    ];
    const { plain, other } = waysFor(spelling.chars[0]!);
    for (const way of [...plain, ...other]) {
      // Escapes come in either case.
      for (const spelled of new Set([way, way.toUpperCase()])) {
        put(byFirst, firstCode(spelled), spelling);
        for (const second of spelled.length > 1 ? [spelled.charCodeAt(1)] : seconds) {
          const pair = (firstCode(spelled) << 8) | (second & 255);
          isPair[pair & 0xffff] = 1;
          put(byPair, pair, spelling);
        }
      }
    }
  }
  return (first: number, second: number | null): readonly Spelling[] | undefined => {
    if (second === null || first > 255 || second > 255) return byFirst.get(first);
    const pair = (first << 8) | second;
    return isPair[pair] === 1 ? byPair.get(pair) : undefined;
  };
}

const firstCode = (text: string): number => text.charCodeAt(0);

function firstsOf({ plain, other }: Ways): number[] {
  return [...plain, ...other].map(firstCode);
}

/** How far the spelling goes that begins at `start`, or that the text ends before that is known. */
function follow(
  text: string,
  start: number,
  { chars, base64 }: Spelling,
  waysFor: (char: string) => Ways,
): number | "open" | null {
  let places = [start];
  let open = false;
  for (let index = 0; index < chars.length; index++) {
    const { plain, other, marks } = waysFor(chars[index]!);
    const next: number[] = [];
    const reach = (way: string, place: number, rest: string): void => {
      if (rest.startsWith(way)) next.push(place + way.length);
      else if (rest.length < way.length && way.startsWith(rest)) open = true;
    };
    for (const place of base64?.lines && index > 0 ? places.flatMap((one) => afterLineEnds(text, one)) : places) {
      if (place >= text.length) {
        open = true;
        continue;
      }
      for (const way of plain) reach(way, place, text.slice(place, place + way.length));
      if (!marks.includes(text[place]!)) continue;
      for (const way of other) reach(way, place, text.slice(place, place + way.length).toLowerCase());
    }
    if (next.length === 0) return open ? "open" : null;
    places = next.length === 1 ? next : [...new Set(next)];
  }
  return Math.max(...places);
}

/** A line's end that the text cuts off is taken as the end of the text. */
function afterLineEnds(text: string, place: number): number[] {
  const rest = text.slice(place, place + 4);
  const past = LINE_ENDS.flatMap((end) => {
    if (rest.startsWith(end)) return [place + end.length];
    return rest.length < end.length && rest !== "" && end.startsWith(rest) && place + rest.length === text.length
      ? [text.length]
      : [];
  });
  return [place, ...past];
}

function pastShared(text: string, end: number, { base64 }: Spelling): number {
  let past = end;
  if (base64?.after && past < text.length && BASE64.test(text[past]!)) past += 1;
  for (let signs = 0; signs < 2 && text[past] === "="; signs++) past += 1;
  return past;
}

function spell(value: string, reading: Reading): Spelling[] {
  const cased = reading === "head" ? lower : (text: string) => text;
  const utf8 = Buffer.from(value, "utf8");
  const base64 = [0, 1, 2].flatMap((shift) => {
    const bits = (shift + utf8.length) * 8;
    const text = Buffer.concat([Buffer.alloc(shift), utf8]).toString("base64");
    // The characters that depend on the value alone when `shift` bytes stand before it in a group of three.
    const piece = text.slice(Math.ceil((shift * 8) / 6), Math.floor(bits / 6));
    if (piece.length < SHORTEST_BASE64) return [];
    const shared = { before: shift > 0, after: bits % 6 !== 0, lines: piece.length >= SHORTEST_LINE };
    return [{ chars: Array.from(cased(piece)), base64: shared }];
  });
  return [{ chars: Array.from(cased(value)), base64: null }, ...base64];
}

function waysOf(make: (char: string) => Pick<Ways, "plain" | "other">): (char: string) => Ways {
  const known = new Map<string, Ways>();
  return (char) => {
    const ready = known.get(char);
    if (ready) return ready;
    const { plain, other } = make(char);
    const ways = { plain, other, marks: [...new Set(other.map((way) => way[0]!))].join("") };
    known.set(char, ways);
    return ways;
  };
}

function rawWays(char: string, reading: Reading): Pick<Ways, "plain" | "other"> {
  // Where case is lost, a letter in an escape may have been of either.
  const cases = reading === "head" ? [char, char.toUpperCase()] : [char];
  const escapes = cases.flatMap((one) => [
    Array.from(Buffer.from(one, "utf8"), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
    Array.from({ length: one.length }, (_, at) => String.raw`\u` + one.charCodeAt(at).toString(16).padStart(4, "0")).join(""),
  ]); // prettier-ignore
  const latin1 = Buffer.from(char, "utf8").toString("latin1");
  const plain = reading === "text" ? [char] : reading === "bytes" ? [latin1] : [...new Set([char, lower(latin1)])];
  const slashed = char === "/" || char === '"' || char === "\\" ? [`\\${char}`] : [];
  return { plain, other: [...slashed, ...(char === " " ? ["+"] : []), ...(ENTITIES[char] ?? []), ...escapes] };
}

/** Either alphabet, and what percent-encoding and JSON make of its two signs. */
function base64Ways(char: string, reading: Reading): Pick<Ways, "plain" | "other"> {
  if (char === "+") return { plain: ["+", "-"], other: ["%2b", "%2d", String.raw`\u002b`] };
  if (char === "/") return { plain: ["/", "_"], other: ["%2f", "%5f", String.raw`\/`] };
  return { plain: [reading === "head" ? lower(char) : char], other: [] };
}

/** Of ASCII alone, so that the text keeps its length. */
function lower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
