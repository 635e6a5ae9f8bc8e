/**
 * The scanner of secrets: where secrets stand in a text that arrives piece by piece. The text is read as it is, and once more in each encoding that
 * occurs in it; each reading looks at a byte once, so the cost is the text's length, whatever it holds and however many values are sought.
 */
import { createStride } from "../../base/slices.ts";
import type { Slices } from "../../base/slices.ts";
import { Automaton, type Patterns } from "./automaton.ts";
import { type Tail, TailOfMany, TailOfOne } from "./tail.ts";
import { type Encoding, type Form, type Unit, encodingsFor, formsOf } from "./encodings.ts";

/** What is sought: made once, used by any number of scans. */
export interface Search {
  readonly automaton: Automaton;
  /** By the index of the automaton's pattern: every form that begins with it. Absent where it is the form itself, and plain text. */
  readonly forms: ReadonlyMap<number, readonly Form[]>;
  /** Of those forms where several are longer than what is sought: these as a whole. */
  readonly alike: ReadonlyMap<readonly Form[], Automaton>;
  readonly encodings: readonly Encoding[];
  readonly isFolded: boolean;
  readonly shortest: number;
}

const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);

export interface Range {
  start: number;
  end: number;
  readonly base64: Form["base64"];
}

/** Of a longer form, the beginning is sought and the rest followed. */
const LONGEST_SOUGHT = 512;

/** With `isFolded`, A to Z count as small letters everywhere. */
export function createSearch(values: readonly string[], isFolded: boolean): Search {
  const byBeginning = new Map<string, Form[]>();
  for (const form of values.flatMap(formsOf)) {
    const folded = isFolded ? { ...form, bytes: form.bytes.map(lower) } : form;
    addAlike(byBeginning, folded);
  }
  const forms = [...byBeginning.values()];
  const bytes = forms.map(([first]) => beginningOf(first!.bytes));
  const alike = new Map(forms.filter(areSeveral).map((some) => [some, Automaton.of(wholeOf(some))] as const));
  return {
    automaton: Automaton.of(patternsOf(bytes)),
    alike,
    forms: new Map(forms.entries()),
    encodings: encodingsFor(values),
    isFolded,
    shortest: bytes.reduce((least, { length }) => Math.min(least, length), Infinity),
  };
}

/**
 * Texts as they are and in the encodings of addresses, JSON and HTML, in no other form. They may be very many, and no two are the same: nothing is
 * kept of one that is short but its way through the automaton.
 */
export async function createPlainSearch(texts: readonly string[], slices: Slices): Promise<Search> {
  const step = createStride(slices);
  const forms = new Map<number, Form[]>();
  const longer = new Map<string, Form[]>();
  let [size, shortest] = [0, Infinity];
  for (const [index, text] of texts.entries()) {
    const pause = step();
    if (pause !== undefined) await pause;
    const length = Buffer.byteLength(text);
    size += Math.min(length, LONGEST_SOUGHT);
    shortest = Math.min(shortest, length);
    if (length < LONGEST_SOUGHT) continue;
    // Of those that begin alike the automaton knows the first.
    const first = addAlike(longer, { bytes: Buffer.from(text), base64: null });
    if (first !== null) forms.set(index, first);
  }
  const automaton = await Automaton.inSlices({ bytes: beginningsOf(texts), count: texts.length, size }, slices);
  const alike = new Map<readonly Form[], Automaton>();
  for (const some of longer.values())
    if (areSeveral(some)) alike.set(some, await Automaton.inSlices(wholeOf(some), slices));
  return { automaton, forms, alike, encodings: encodingsFor(texts), isFolded: false, shortest: Math.min(shortest, LONGEST_SOUGHT) };
} // prettier-ignore

/** Puts a form beside those that begin as it does; gives them where it is the first of them. */
function addAlike(byBeginning: Map<string, Form[]>, form: Form): Form[] | null {
  const beginning = Buffer.from(beginningOf(form.bytes)).toString("latin1");
  const alike = byBeginning.get(beginning);
  if (alike !== undefined) {
    alike.push(form);
    return null;
  }
  const first = [form];
  byBeginning.set(beginning, first);
  return first;
}

const areSeveral = (forms: readonly Form[]): boolean => forms.filter(isLong).length > 1;
const isLong = ({ bytes }: Form): boolean => bytes.length > LONGEST_SOUGHT;

const wholeOf = (forms: readonly Form[]): Patterns => patternsOf(forms.filter(isLong).map(({ bytes }) => bytes));

const patternsOf = (bytes: readonly Uint8Array[]): Patterns => ({
  bytes,
  count: bytes.length,
  size: bytes.reduce((sum, { length }) => sum + length, 0),
});

const beginningOf = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, LONGEST_SOUGHT);

function* beginningsOf(texts: readonly string[]): Generator<Uint8Array, void> {
  for (const text of texts) yield beginningOf(Buffer.from(text));
}

const NONE: readonly Form[] = [];

/** One reading of the text: its state, and for each of its last bytes where that began. Positions count from the start of all text. */
export class Lane {
  readonly #search: Search;
  readonly #encoding: Encoding | null;
  /** Of the bytes that were read, where each began; the plain reading's are where they stand. */
  readonly #starts: Float64Array | null;
  readonly #unit: Unit = { length: 0, bytes: [] };
  #read = 0;
  #state = 0;
  readonly #tails: Tail[] = [];
  /** Whose tails these are. */
  readonly #followed: (readonly Form[])[] = [];
  /** How far this reading has come in the text; short of its end where it ends within a unit. */
  at = 0;

  constructor(search: Search, encoding: Encoding | null) {
    this.#search = search;
    this.#encoding = encoding;
    const places = 1 << Math.ceil(Math.log2(search.automaton.deepest + 1));
    this.#starts = encoding === null ? null : new Float64Array(places);
  }

  /** Nothing has begun that later text could complete. */
  get isIdle(): boolean {
    return this.#state === 0 && this.#tails.length === 0;
  }

  /** Before this place, later text changes nothing. */
  get settledTo(): number {
    const depth = this.#search.automaton.depth(this.#state);
    const begun = depth === 0 ? this.at : this.#startOf(depth);
    return this.#tails.reduce((least, { start }) => Math.min(least, start), begun);
  }

  /** Goes through `text`, which begins at `offset`. */
  scan(text: Buffer, offset: number, whole: boolean, found: Range[]): void {
    if (this.#encoding === null) this.#scanPlain(text, offset, found);
    else this.#scanEncoded(this.#encoding, text, offset, whole, found);
    // As far as they go; the next piece may bring more of them.
    for (const tail of this.#tails) found.push(rangeOf(tail));
  }

  #scanPlain(text: Buffer, offset: number, found: Range[]): void {
    const { automaton, isFolded } = this.#search;
    let state = this.#state;
    for (let at = this.at - offset; at < text.length; at += 1) {
      if (state === 0 && !isFolded && this.#tails.length === 0) at = automaton.nextBeginning(text, at);
      if (at === text.length) break;
      const byte = isFolded ? lower(text[at]!) : text[at]!;
      if (this.#tails.length > 0) this.#follow(byte, offset + at + 1, found);
      state = automaton.step(state, byte);
      if (state === 0) continue;
      const ending = automaton.ending(state);
      if (ending === -1) continue;
      this.at = offset + at + 1;
      this.#note(ending, this.at, found);
    }
    this.#state = state;
    this.at = offset + text.length;
  }

  #scanEncoded(encoding: Encoding, text: Buffer, offset: number, whole: boolean, found: Range[]): void {
    const unit = this.#unit;
    for (let at = this.at - offset; at < text.length; at = this.at - offset) {
      const byte = text[at]!;
      const read = encoding.isMark[byte] === 1 && encoding.read(text, at, unit);
      if (read === null && !whole) return;
      const start = this.at;
      this.at += read === true ? unit.length : 1;
      if (read !== true) this.#step(byte, start, found);
      else for (let part = 0; part < unit.bytes.length; part += 1) this.#step(unit.bytes[part]!, start, found);
    }
  }

  #step(given: number, start: number, found: Range[]): void {
    const { automaton, isFolded } = this.#search;
    const byte = isFolded ? lower(given) : given;
    const starts = this.#starts!;
    starts[this.#read & (starts.length - 1)] = start;
    this.#read += 1;
    if (this.#tails.length > 0) this.#follow(byte, this.at, found);
    this.#state = automaton.step(this.#state, byte);
    const ending = automaton.ending(this.#state);
    if (ending !== -1) this.#note(ending, this.at, found);
  }

  #startOf(back: number): number {
    return this.#starts === null ? this.at - back : this.#starts[(this.#read - back) & (this.#starts.length - 1)]!;
  }

  #note(ending: number, end: number, found: Range[]): void {
    const { automaton, forms, alike } = this.#search;
    const some = forms.get(ending) ?? NONE;
    const start = this.#startOf(automaton.lengthOf(ending));
    const last = found.at(-1);
    const base64 = some.find((form) => form.base64 !== null)?.base64 ?? null;
    // Of values that overlap themselves, one range is kept and not one for each place.
    if (last !== undefined && start < last.end && start >= last.start && base64 === null && last.base64 === null) {
      last.end = Math.max(last.end, end);
    } else found.push({ start, end, base64 });
    const long = some.find(isLong);
    if (long === undefined || this.#followed.includes(some)) return;
    const many = alike.get(some);
    this.#followed.push(some);
    this.#tails.push(
      many === undefined
        ? new TailOfOne(long, start, end, LONGEST_SOUGHT)
        : new TailOfMany(some.filter(isLong), many, start, end, LONGEST_SOUGHT),
    );
  }

  #follow(byte: number, end: number, found: Range[]): void {
    const tails = this.#tails;
    let kept = 0;
    for (const [index, tail] of tails.entries()) {
      if (tail.follow(byte, end)) {
        this.#followed[kept] = this.#followed[index]!;
        tails[kept++] = tail;
      } else found.push(rangeOf(tail));
    }
    tails.length = kept;
    this.#followed.length = kept;
  }
}

const rangeOf = ({ start, end, base64 }: Tail): Range => ({ start, end, base64 });
