/**
 * Positions of entry points: where an action's entry point is defined: what is shown for a run that ended without a position of its own, out of memory or killed.
 * A light scan, not a parser; a miss only costs the frame. It goes through the text once, word by word, and remembers the last few words,
 * so that its cost is the text's length whatever is in it. The compile process does it, where a deadline holds.
 */
import type { EntryPlace } from "../../source-positions.ts";

const NAMES = ["execute_action", "executeAction"];
/** Longer words are none of those that count here. */
const LONGEST_WORD = 16;

interface Word {
  readonly text: string;
  readonly at: number;
}

const NO_WORD: Word = { text: "", at: -1 };

/** Null where there is no entry point that such a scan can see. */
export function findEntry(source: string): EntryPlace | null {
  const found = new Definitions();
  for (const word of wordsOf(source)) found.read(word);
  return found.first === null ? null : placeOf(source, found.first);
}

/** The places where an entry point is defined, by the order in which entry points are looked for. */
class Definitions {
  readonly #places: (number | undefined)[] = [];
  /** The last words, the latest first. */
  #last: readonly [Word, Word, Word, Word] = [NO_WORD, NO_WORD, NO_WORD, NO_WORD];
  /** Where the list of exports begins that the scan is in. */
  #list = -1;
  #assigned: { readonly rank: number; readonly at: number } | null = null;

  get first(): number | null {
    return this.#places.find((place) => place !== undefined) ?? null;
  }

  read(word: Word): void {
    const [before, second, third] = this.#last;
    if (word.text === "=" && this.#assigned !== null) this.#put(this.#assigned.rank, this.#assigned.at);
    this.#assigned = null;
    const name = NAMES.indexOf(word.text);
    if (name !== -1) this.#readName(name * 4);
    else if (word.text === "default" && before.text === "export") this.#put(NAMES.length * 4, before.at);
    else if (word.text === "=" && before.text === "exports" && second.text === "." && third.text === "module")
      this.#put(NAMES.length * 4 + 1, third.at);
    if (word.text === "{") this.#list = before.text === "export" ? before.at : -1;
    else if (word.text === "}") this.#list = -1;
    this.#last = [word, before, second, third];
  }

  #readName(rank: number): void {
    const [before, second, third, fourth] = this.#last;
    const [keyword, modifier, farther] = before.text === "*" ? [second, third, fourth] : [before, second, third];
    if (keyword.text === "function") {
      const start = modifier.text === "async" ? modifier : keyword;
      const outer = modifier.text === "async" ? farther : modifier;
      this.#put(rank, outer.text === "export" ? outer.at : start.at);
    } else if (before.text === "const" || before.text === "let" || before.text === "var") {
      this.#put(rank + 1, second.text === "export" ? second.at : before.at);
    } else if (before.text === "." && second.text === "exports") {
      const isModules = third.text === "." && fourth.text === "module";
      this.#assigned = { rank: rank + 2, at: isModules ? fourth.at : second.at };
    } else if (this.#list !== -1) this.#put(rank + 3, this.#list);
  }

  #put(rank: number, at: number): void {
    this.#places[rank] ??= at;
  }
}

/** Words and signs, without comments; a string is one sign. */
function* wordsOf(source: string): Generator<Word> {
  for (let at = 0; at < source.length;) {
    const code = source.charCodeAt(at);
    const opaque = endOfOpaque(source, at, code);
    if (opaque !== null) {
      if (code !== SLASH) yield { text: '"', at };
      at = opaque;
    } else if (isOfWord(code)) {
      let end = at + 1;
      while (end < source.length && isOfWord(source.charCodeAt(end))) end += 1;
      yield { text: end - at > LONGEST_WORD ? "…" : source.slice(at, end), at };
      at = end;
    } else {
      if (code > 0x20 && code < 0x80) yield { text: source[at]!, at };
      at += 1;
    }
  }
}

const SLASH = 0x2f;
const STAR = 0x2a;
const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;
const BACKTICK = 0x60;

/** ASCII letters and digits, `_`, `$`, and letters beyond ASCII. */
function isOfWord(code: number): boolean {
  if (code < 0x80)
    return (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a ? true : (code >= 0x30 && code <= 0x39) || code === 0x5f || code === 0x24;
  return code > 0xa0 && !(code >= 0x2000 && code <= 0x206f) && code !== 0x3000 && code !== 0xfeff;
} // prettier-ignore

/** Where the comment or string ends that begins here; null where none does. */
function endOfOpaque(source: string, at: number, code: number): number | null {
  if (code === SLASH) {
    const next = source.charCodeAt(at + 1);
    if (next === SLASH) return orEnd(source.indexOf("\n", at), source);
    if (next !== STAR) return null;
    const close = source.indexOf("*/", at + 2);
    return close === -1 ? source.length : close + 2;
  }
  if (code !== 0x22 && code !== 0x27 && code !== BACKTICK) return null;
  for (let next = at + 1; next < source.length; next += 1) {
    const inside = source.charCodeAt(next);
    if (inside === BACKSLASH) next += 1;
    else if (inside === code) return next + 1;
    else if (inside === LINE_FEED && code !== BACKTICK) return next;
  }
  return source.length;
}

function orEnd(index: number, source: string): number {
  return index === -1 ? source.length : index;
}

function placeOf(source: string, at: number): EntryPlace {
  let line = 1;
  let start = 0;
  for (let next = source.indexOf("\n"); next !== -1 && next < at; next = source.indexOf("\n", start)) {
    line += 1;
    start = next + 1;
  }
  return { line, column: at - start + 1 };
}
