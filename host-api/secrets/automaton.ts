/**
 * Many byte strings sought at once, after Aho and Corasick: each byte of a text is looked at once, however many patterns there are and whatever
 * the text repeats. Hostile text and a tenant's own odd secrets therefore cost the host no more than their length.
 */

/** Bytes of patterns, or states, that are worked on between two steps. */
const STEP = 8_192;

export class Automaton {
  readonly #trie: Trie;
  #fail = new Int32Array(0);
  readonly deepest: number;

  private constructor(patterns: readonly Uint8Array[]) {
    this.#trie = new Trie(patterns.reduce((sum, { length }) => sum + length, 1));
    this.deepest = patterns.reduce((most, { length }) => Math.max(most, length), 0);
  }

  /** Patterns must not be empty; of equal ones the first counts. */
  static of(patterns: readonly Uint8Array[]): Automaton {
    const automaton = new Automaton(patterns);
    const building = automaton.#building(patterns);
    while (building.next().done !== true);
    return automaton;
  }

  /** The same of patterns that may be very many: `pause` is asked every so often. */
  static async inSlices(patterns: readonly Uint8Array[], pause: () => Promise<void> | undefined): Promise<Automaton> {
    const automaton = new Automaton(patterns);
    const building = automaton.#building(patterns);
    while (building.next().done !== true) await pause();
    return automaton;
  }

  *#building(patterns: readonly Uint8Array[]): Generator<void> {
    let done = 0;
    for (const [index, pattern] of patterns.entries()) {
      this.#trie.insert(pattern, index);
      done += pattern.length;
      if (done >= STEP) yield void (done = 0);
    }
    const { parents, bytes, depths, ends, states } = this.#trie;
    const fail = (this.#fail = new Int32Array(states));
    for (const state of byDepth(depths, states)) {
      if (depths[state]! > 1) fail[state] = this.step(fail[parents[state]!]!, bytes[state]!);
      // A state in which a pattern of its own ends keeps it: it is the longest.
      if (ends[state] === -1) ends[state] = ends[fail[state]!]!;
      if (++done >= STEP) yield void (done = 0);
    }
  }

  /** The state after one more byte. 0 is the state in which nothing has begun. */
  step(from: number, byte: number): number {
    const { fromRoot } = this.#trie;
    for (let state = from; state !== 0; state = this.#fail[state]!) {
      const next = this.#trie.edge(state, byte);
      if (next !== 0) return next;
    }
    return fromRoot[byte]!;
  }

  /** From `from` on, the first place of a byte that begins a pattern; the length of the text if there is none. */
  nextBeginning(text: Uint8Array, from: number): number {
    const { fromRoot } = this.#trie;
    let at = from;
    while (at < text.length && fromRoot[text[at]!] === 0) at += 1;
    return at;
  }

  /** The longest pattern that ends in this state, by its index; -1 for none. */
  ending(state: number): number {
    return this.#trie.ends[state]!;
  }

  /** How many of the last bytes may be the beginning of a pattern. */
  depth(state: number): number {
    return this.#trie.depths[state]!;
  }
}

class Trie {
  readonly parents: Int32Array;
  readonly bytes: Uint8Array;
  readonly depths: Int32Array;
  readonly ends: Int32Array;
  readonly fromRoot = new Int32Array(256);
  states = 1;
  /** Most states have one child: it is kept with the state, and further ones in a table by state and byte. */
  readonly #firstByte: Int16Array;
  readonly #firstChild: Int32Array;
  readonly #further = new Map<number, number>();

  constructor(most: number) {
    this.parents = new Int32Array(most);
    this.bytes = new Uint8Array(most);
    this.depths = new Int32Array(most);
    this.ends = new Int32Array(most).fill(-1);
    this.#firstByte = new Int16Array(most).fill(-1);
    this.#firstChild = new Int32Array(most);
  }

  /** 0 where there is none: no edge leads back to the root. */
  edge(state: number, byte: number): number {
    if (state === 0) return this.fromRoot[byte]!;
    if (this.#firstByte[state] === byte) return this.#firstChild[state]!;
    return this.#firstByte[state] === -1 || this.#further.size === 0 ? 0 : (this.#further.get(state * 256 + byte) ?? 0);
  }

  insert(pattern: Uint8Array, index: number): void {
    let state = 0;
    for (let at = 0; at < pattern.length; at += 1) {
      const byte = pattern[at]!;
      state = this.edge(state, byte) || this.#add(state, byte);
    }
    if (this.ends[state] === -1) this.ends[state] = index;
  }

  #add(state: number, byte: number): number {
    const next = this.states++;
    if (state === 0) this.fromRoot[byte] = next;
    else if (this.#firstByte[state] === -1) {
      this.#firstByte[state] = byte;
      this.#firstChild[state] = next;
    } else this.#further.set(state * 256 + byte, next);
    this.parents[next] = state;
    this.bytes[next] = byte;
    this.depths[next] = this.depths[state]! + 1;
    return next;
  }
}

/** Every state but the root, the shallow ones first. */
function byDepth(depths: Int32Array, states: number): Int32Array {
  const next: number[] = [];
  for (let state = 1; state < states; state += 1) next[depths[state]!] = (next[depths[state]!] ?? 0) + 1;
  let sum = 0;
  for (let depth = 1; depth < next.length; depth += 1) {
    const count = next[depth]!;
    next[depth] = sum;
    sum += count;
  }
  const order = new Int32Array(states - 1);
  for (let state = 1; state < states; state += 1) order[next[depths[state]!]!++] = state;
  return order;
}
