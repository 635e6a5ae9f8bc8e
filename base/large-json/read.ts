/**
 * Reads JSON text in slices: the same value as `JSON.parse`, which cannot be left before its end. A mebibyte of members with names of their own
 * takes that some forty milliseconds.
 */
import type { Json } from "../json.ts";
import type { MaybePromise } from "../promises.ts";
import type { Slices } from "../slices.ts";
import { COLON, COMMA, LIST, LIST_END, OBJECT, OBJECT_END, QUOTE, isEscaped } from "./characters.ts";

/** Characters that `JSON.parse` reads at once. */
const SHORT = 64 * 1024;
/** Values, or quotes within a text, between two looks at the clock. */
const STEPS = 256;

export function parseJson(text: string, slices: Slices): MaybePromise<Json> {
  return text.length <= SHORT ? (JSON.parse(text) as Json) : parseLong(text, slices);
}

async function parseLong(text: string, slices: Slices): Promise<Json> {
  const reader = new Reader(text);
  while (!reader.read(STEPS)) {
    const pause = slices.pause();
    if (pause !== undefined) await pause;
  }
  return reader.value;
}

type Fields = Record<string, Json>;
type Open = Json[] | Fields;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS: readonly (readonly [string, Json])[] = [["true", true], ["false", false], ["null", null]]; // prettier-ignore

/** Lists and objects are held by a list of its own, so that no depth is too deep. */
class Reader {
  readonly #text: string;
  readonly #open: Open[] = [];
  /** The name of the member that comes next, of each open object. */
  readonly #keys: string[] = [];
  #at = 0;
  /** Where the end of the text that is being read is sought from; 0 between texts. */
  #seek = 0;
  #wants: "value" | "key" | "more" = "value";
  #isEmpty = false;
  #isDone = false;
  value: Json = null;

  constructor(text: string) {
    this.#text = text;
  }

  /** Whether it is at its end. */
  read(steps: number): boolean {
    for (let left = steps; left > 0 && !this.#isDone; left--) this.#step();
    return this.#isDone;
  }

  #step(): void {
    this.#skipSpace();
    const code = this.#text.charCodeAt(this.#at);
    if (this.#wants === "more") return this.#readOn(code);
    if (this.#isEmpty) {
      this.#isEmpty = false;
      if (this.#close(code)) return;
    }
    if (this.#wants === "key") return this.#readKey(code);
    if (code === QUOTE) {
      const text = this.#readText();
      if (text !== null) this.#add(text);
    } else if (code === LIST) this.#begin([], "value");
    else if (code === OBJECT) this.#begin({}, "key");
    else this.#add(this.#readPlain());
  }

  #readOn(code: number): void {
    if (this.#open.length === 0) {
      if (this.#at < this.#text.length) this.#fail();
      this.#isDone = true;
    } else if (code === COMMA) {
      this.#at++;
      this.#wants = Array.isArray(this.#open.at(-1)) ? "value" : "key";
    } else if (!this.#close(code)) this.#fail();
  }

  #readKey(code: number): void {
    if (code !== QUOTE) this.#fail();
    const key = this.#readText();
    if (key === null) return;
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#at) !== COLON) this.#fail();
    this.#at++;
    this.#keys[this.#keys.length - 1] = key;
    this.#wants = "value";
  }

  #begin(opened: Open, wants: "value" | "key"): void {
    this.#at++;
    this.#add(opened);
    this.#open.push(opened);
    this.#keys.push("");
    this.#wants = wants;
    this.#isEmpty = true;
  }

  #close(code: number): boolean {
    if (code !== (Array.isArray(this.#open.at(-1)) ? LIST_END : OBJECT_END)) return false;
    this.#at++;
    this.#open.pop();
    this.#keys.pop();
    this.#wants = "more";
    return true;
  }

  #add(value: Json): void {
    const into = this.#open.at(-1);
    this.#wants = "more";
    if (into === undefined) this.value = value;
    else if (Array.isArray(into)) into.push(value);
    else {
      const key = this.#keys.at(-1)!;
      if (key !== "__proto__") into[key] = value;
      else Object.defineProperty(into, key, { value, enumerable: true, writable: true, configurable: true });
    }
  }

  /** Null: its end is still to be sought. A text may be nothing but quotes with a backslash before each. */
  #readText(): string | null {
    const begin = this.#at;
    let end = Math.max(this.#seek, begin + 1);
    for (let left = STEPS; left > 0; left--) {
      end = this.#text.indexOf('"', end);
      if (end === -1) this.#fail();
      if (isEscaped(this.#text, end)) end++;
      else {
        this.#seek = 0;
        this.#at = end + 1;
        return JSON.parse(this.#text.slice(begin, end + 1)) as string;
      }
    }
    this.#seek = end;
    return null;
  }

  #readPlain(): Json {
    NUMBER.lastIndex = this.#at;
    if (NUMBER.test(this.#text)) {
      const number = Number(this.#text.slice(this.#at, NUMBER.lastIndex));
      this.#at = NUMBER.lastIndex;
      return number;
    }
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return this.#fail();
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #fail(): never {
    if (this.#at >= this.#text.length) throw new SyntaxError("Unexpected end of JSON input");
    throw new SyntaxError(`Unexpected token in JSON at position ${this.#at}`);
  }
}
