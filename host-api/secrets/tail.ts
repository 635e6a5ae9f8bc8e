/**
 * The rest of a long value, followed in a text behind its beginning. Where it goes on otherwise, a later beginning of the same value may stand within what was
 * read: it is found as Knuth, Morris and Pratt find it, so that no byte of the text is read again.
 */
import type { Automaton } from "./automaton.ts";
import type { Form } from "./encodings.ts";

export interface Tail {
  /** Of the text: where the first of these beginnings stands, and how far one of them goes. */
  readonly start: number;
  readonly end: number;
  readonly base64: Form["base64"];
  /** False where what was read with this byte ends with no beginning of the value any more. */
  follow(byte: number, end: number): boolean;
}

/** Of values that begin alike: all of them at once, however many there are. */
export class TailOfMany implements Tail {
  readonly start: number;
  end: number;
  readonly base64: Form["base64"];
  readonly #automaton: Automaton;
  #state = 0;
  readonly #least: number;

  constructor(forms: readonly Form[], automaton: Automaton, start: number, end: number, least: number) {
    this.start = start;
    this.end = end;
    this.base64 = forms.find(({ base64 }) => base64 !== null)?.base64 ?? null;
    this.#automaton = automaton;
    this.#least = least;
    for (const byte of forms[0]!.bytes.subarray(0, least)) this.#state = automaton.step(this.#state, byte);
  }

  follow(byte: number, end: number): boolean {
    this.#state = this.#automaton.step(this.#state, byte);
    if (this.#automaton.depth(this.#state) < this.#least) return false;
    this.end = end;
    return true;
  }
}

export class TailOfOne implements Tail {
  readonly form: Form;
  readonly start: number;
  end: number;
  /** How many bytes of the value were read. */
  #at: number;
  readonly #least: number;
  /** Of the value's first bytes, by their number: how many of them they end with as well. */
  readonly #borders: number[] = [0, 0];

  /** `least` bytes have been read; with fewer it is no beginning. */
  constructor(form: Form, start: number, end: number, least: number) {
    this.form = form;
    this.start = start;
    this.end = end;
    this.#at = least;
    this.#least = least;
  }

  get base64(): Form["base64"] {
    return this.form.base64;
  }

  follow(byte: number, end: number): boolean {
    const { bytes } = this.form;
    let at = this.#at;
    while (at === bytes.length || bytes[at] !== byte) {
      at = this.#borderOf(at);
      if (at < this.#least) return false;
    }
    this.#at = at + 1;
    this.end = end;
    return true;
  }

  #borderOf(length: number): number {
    const { bytes } = this.form;
    const borders = this.#borders;
    for (let next = borders.length; next <= length; next += 1) {
      const byte = bytes[next - 1];
      let border = borders[next - 1]!;
      while (border > 0 && bytes[border] !== byte) border = borders[border]!;
      borders.push(bytes[border] === byte ? border + 1 : 0);
    }
    return borders[length]!;
  }
}
