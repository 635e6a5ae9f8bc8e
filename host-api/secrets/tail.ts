/**
 * The rest of a long value, followed in a text behind its beginning. Where it goes on otherwise, a later beginning of the same value may stand within what was
 * read: it is found as Knuth, Morris and Pratt find it, so that no byte of the text is read again.
 */
import type { Form } from "./encodings.ts";

export class Tail {
  readonly form: Form;
  /** Of the text: where the first of these beginnings stands, and how far one of them goes. */
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

  /** False where what was read with this byte ends with no beginning of the value any more. */
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
