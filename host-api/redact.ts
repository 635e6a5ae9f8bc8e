/**
 * Takes secrets out of whatever comes back: raw, base64 (at each of the three places a value can stand in it, broken into lines or not),
 * percent-encoded in full or in part, and escaped as JSON or HTML do. Works on text and on streams of bytes, where a value may be split over chunks.
 */
import { domainToUnicode } from "node:url";
import type { Secrets } from "./secrets.ts";

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

/** One character as a pattern; a choice is one way to spell an atom, an atom one character of a secret. */
type Unit = string;
type Choice = readonly Unit[];
type Atom = readonly Choice[];
interface Spelling {
  readonly atoms: readonly Atom[];
  /** What the value shares with its neighbours, before and after. */
  readonly before: string;
  readonly after: string;
}

const MARK = "[redacted]";
/** Shorter pieces of base64 would take out innocent text. */
const SHORTEST_BASE64 = 6;
/** A value this long in base64 may be broken into lines. */
const SHORTEST_LINE = 40;
/** Raw, and as JSON writes them. */
const LINE_ENDS: readonly Choice[] = ["\n", "\r\n", String.raw`\n`, String.raw`\r\n`].map((end) =>
  Array.from(end).map(escape),
);
/** What HTML writes in the place of these signs. */
const ENTITIES: Readonly<Record<string, readonly string[]>> = {
  "&": ["&amp;", "&#38;", "&#x26;"],
  "<": ["&lt;", "&#60;", "&#x3c;", "&#x3C;"],
  ">": ["&gt;", "&#62;", "&#x3e;", "&#x3E;"],
  '"': ["&quot;", "&#34;", "&#x22;"],
  "'": ["&apos;", "&#39;", "&#x27;", "&#039;"],
};
/** So many characters decide whether the end of a chunk may be the beginning of a secret. */
const HEAD = 4;

export function createRedactor(secrets: Secrets): Redactor {
  const values = Object.values(secrets).map(({ value }) => value);
  if (values.length === 0) return { text: same, head: same, url: same, json: same, stream: passThrough };
  const forText = values.flatMap((value) => spellings(value, "text"));
  const forBytes = values.flatMap((value) => spellings(value, "bytes"));
  const textPattern = new RegExp(forText.map(wholeSource).join("|"), "g");
  const headPattern = new RegExp([...forText, ...forBytes].map(wholeSource).join("|"), "gi");
  const text = (input: string) => input.replace(textPattern, MARK);
  const head = (input: string) => input.replace(headPattern, MARK);
  const longest = Math.max(...values.map((value) => Buffer.byteLength(value, "utf8"))) * 8 + 64;
  const scanner = createScanner(forBytes);
  return {
    text,
    head,
    url: (input) => redactUrl(input, head),
    json: (value) => redactJson(value, text),
    stream: () => byteFilter(scanner, longest),
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

/**
 * Holds back only what may be the beginning of a secret, so that a live stream is not delayed. What is held is scanned again with what
 * follows, so a value is found wherever the chunks were cut.
 */
function byteFilter(scanner: Scanner, longest: number): ByteFilter {
  let held = "";
  const release = (last: boolean): Uint8Array => {
    let out = "";
    let at = 0;
    let stop = held.length;
    for (const found of held.matchAll(scanner.whole)) {
      // A match that touches the end may go on: its last character is shared with what follows.
      if (!last && found.index + found[0].length === held.length) {
        stop = found.index;
        break;
      }
      out += held.slice(at, found.index) + MARK;
      at = found.index + found[0].length;
    }
    if (!last) stop = scanner.beginning(held, Math.max(at, held.length - longest), stop);
    out += held.slice(at, stop);
    held = held.slice(stop);
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

interface Scanner {
  readonly whole: RegExp;
  /** The first place from `from` on where a spelling may begin that the text's end cuts off; `otherwise` where there is none before it. */
  beginning(text: string, from: number, otherwise: number): number;
}

function createScanner(all: readonly Spelling[]): Scanner {
  const head = new RegExp(all.map(({ atoms }) => headSource(atoms.slice(0, HEAD))).join("|"), "g");
  const compiled = new Map<string, RegExp>();
  const matchAt = (source: string, text: string, place: number): number => {
    const pattern = compiled.get(source) ?? new RegExp(source, "y");
    compiled.set(source, pattern);
    pattern.lastIndex = place;
    return pattern.test(text) ? pattern.lastIndex : -1;
  };
  const isCutOff = (text: string, start: number, { atoms }: Spelling): boolean => {
    let places = new Set([start]);
    for (const atom of atoms) {
      const next = new Set<number>();
      for (const place of places) {
        if (place === text.length) return true;
        for (const choice of atom) {
          const end = matchAt(choice.join(""), text, place);
          if (end >= 0) next.add(end);
          else if (choice.length > 1 && matchAt(`${cutSource(choice)}$`, text, place) >= 0) return true;
        }
      }
      if (next.size === 0) return false;
      places = next;
    }
    return false;
  };
  return {
    whole: new RegExp(all.map(wholeSource).join("|"), "g"),
    beginning(text, from, otherwise) {
      head.lastIndex = from;
      for (let found = head.exec(text); found !== null && found.index < otherwise; found = head.exec(text)) {
        const { index } = found;
        if (all.some((spelling) => isCutOff(text, index, spelling))) return index;
        head.lastIndex = index + 1;
      }
      return otherwise;
    },
  };
}

function passThrough(): ByteFilter {
  return { push: (chunk) => chunk, end: () => new Uint8Array() };
}

function spellings(value: string, kind: "text" | "bytes"): Spelling[] {
  const utf8 = Buffer.from(value, "utf8");
  const base64 = [0, 1, 2].map((shift) => base64Piece(utf8, shift)).filter((piece) => piece.length >= SHORTEST_BASE64);
  const shared = "[A-Za-z0-9+/_-]?";
  return [
    ...base64.map((piece) => ({ atoms: base64Atoms(piece), before: shared, after: `${shared}={0,2}` })),
    { atoms: Array.from(value).map((char) => charAtom(char, kind)), before: "", after: "" },
  ];
}

/** The characters of base64 that depend on the value alone when `shift` bytes stand before it in a group of three. */
function base64Piece(value: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), value]).toString("base64");
  return text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + value.length) * 8) / 6));
}

/** Some encoders break lines, at 60 characters or more. */
function base64Atoms(piece: string): Atom[] {
  const atoms = Array.from(piece).map(base64Atom);
  if (piece.length < SHORTEST_LINE) return atoms;
  return atoms.map((atom, at) =>
    at === 0 ? atom : atom.concat(...LINE_ENDS.map((end) => atom.map((choice) => [...end, ...choice]))),
  );
}

/** Either alphabet, and what percent-encoding and JSON make of its two signs. */
function base64Atom(char: string): Atom {
  if (char === "+")
    return [
      ["[+-]"],
      ["%", "2", "[bBdD]"],
      Array.from(String.raw`\u002`)
        .map(escape)
        .concat("[bB]"),
    ];
  if (char === "/") return [["[/_]"], ["%", "[25]", "[fF]"], Array.from(String.raw`\/`).map(escape)];
  return [[char]];
}

function charAtom(char: string, kind: "text" | "bytes"): Atom {
  const utf8 = Buffer.from(char, "utf8");
  const plain = kind === "bytes" ? Array.from(utf8.toString("latin1")) : [char];
  const percent = [...utf8].flatMap((byte) => ["%", ...hexUnits(byte, 2)]);
  const units = Array.from({ length: char.length }, (_, index) => char.charCodeAt(index));
  const unicode = units.flatMap((code) => [escape("\\"), "u", ...hexUnits(code, 4)]);
  const choices: Choice[] = [percent, unicode, plain.map(escape)];
  if (char === "/" || char === '"' || char === "\\") choices.unshift([escape("\\"), escape(char)]);
  if (char === " ") choices.push([escape("+")]);
  choices.unshift(...(ENTITIES[char] ?? []).map((entity) => Array.from(entity).map(escape)));
  return choices;
}

function hexUnits(value: number, digits: number): Unit[] {
  return Array.from(value.toString(16).padStart(digits, "0")).map((digit) =>
    /[a-f]/.test(digit) ? `[${digit}${digit.toUpperCase()}]` : digit,
  );
}

function wholeSource({ atoms, before, after }: Spelling): string {
  return before + atoms.map(atomSource).join("") + after;
}

function atomSource(atom: Atom): string {
  return `(?:${atom.map((choice) => choice.join("")).join("|")})`;
}

/** Matches the first atoms, or as much of them as stands before the end of the text. */
function headSource(atoms: readonly Atom[]): string {
  const [first, ...rest] = atoms;
  if (first === undefined) return "";
  const follows = rest.length === 0 ? "" : `(?:$|${headSource(rest)})`;
  const cut = first.filter(({ length }) => length > 1).map((choice) => `${cutSource(choice)}$`);
  return `(?:${[atomSource(first) + follows, ...cut].join("|")})`;
}

function cutSource([first = "", ...rest]: Choice): string {
  return rest.length <= 1 ? first : `${first}(?:${cutSource(rest)})?`;
}

function escape(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}

function redactJson<T>(value: T, text: (input: string) => string): T {
  if (typeof value === "string") return text(value) as T;
  if (Array.isArray(value)) return value.map((item) => redactJson(item, text)) as T;
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, item]) => [text(key), redactJson(item, text)] as const);
  return Object.fromEntries(entries) as T;
}
