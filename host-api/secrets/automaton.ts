/**
 * Many byte strings sought at once, after Aho and Corasick: each byte of a text is looked at once, however many patterns there are and whatever
 * the text repeats. Hostile text and a tenant's own odd secrets therefore cost the host no more than their length.
 */
import type { Slices } from "../../base/slices.ts";

/** Bytes of patterns, or states, that are worked on between two steps: each may be the first to touch a page of memory. */
const STEP = 512;

/** Byte strings, none of them empty, made when their turn comes; of equal ones the first counts. */
export interface Patterns {
  readonly bytes: Iterable<Uint8Array>;
  readonly count: number;
  /** Bytes of all of them together. */
  readonly size: number;
}

export class Automaton {
  readonly #trie: Trie;
  readonly #lengths: Int32Array;
  #fail = new Int32Array(0);
  /** Bytes of the longest pattern. */
  deepest = 0;

  private constructor({ size, count }: Patterns) {
    this.#trie = new Trie(size + 1);
    this.#lengths = new Int32Array(zeros(count * INT32));
  }

  static of(patterns: Patterns): Automaton {
    const automaton = new Automaton(patterns);
    const building = automaton.#building(patterns);
    while (building.next().done !== true);
    return automaton;
  }

  /** The same of patterns that may be very many. */
  static async inSlices(patterns: Patterns, slices: Slices): Promise<Automaton> {
    const automaton = new Automaton(patterns);
    const building = automaton.#building(patterns);
    while (building.next().done !== true) await slices.pause();
    return automaton;
  }

  *#building(patterns: Patterns): Generator<void> {
    let done = 0;
    let index = 0;
    for (const pattern of patterns.bytes) {
      this.deepest = Math.max(this.deepest, pattern.length);
      this.#lengths[index] = pattern.length;
      this.#trie.insert(pattern, index++);
      done += pattern.length;
      if (done >= STEP) yield void (done = 0);
    }
    const { parents, bytes, depths, ends, states } = this.#trie;
    const fail = (this.#fail = new Int32Array(zeros(states * INT32)));
    for (const state of yield* byDepth(depths, states)) {
      if (depths[state]! > 1) fail[state] = this.step(fail[parents[state]!]!, bytes[state]!);
      // A state in which a pattern of its own ends keeps it: it is the longest.
      if (ends[state] === 0) ends[state] = ends[fail[state]!]!;
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
    return this.#trie.ends[state]! - 1;
  }

  /** Bytes of a pattern. */
  lengthOf(index: number): number {
    return this.#lengths[index]!;
  }

  /** How many of the last bytes may be the beginning of a pattern. */
  depth(state: number): number {
    return this.#trie.depths[state]!;
  }
}

/** From here on an array is reserved and not allocated: zeroing megabytes of used memory in one go would be a long turn of the event loop. */
const RESERVED_BYTES = 1024 * 1024;

function zeros(bytes: number): ArrayBuffer {
  if (bytes < RESERVED_BYTES) return new ArrayBuffer(bytes);
  // Growing commits pages that nothing has used, and these are zero when they are first touched.
  const reserved = new ArrayBuffer(0, { maxByteLength: bytes });
  reserved.resize(bytes);
  return reserved;
}

const INT32 = Int32Array.BYTES_PER_ELEMENT;

/** Places of a table of further children, at first and where it ceases to double. */
const [FEW, MANY] = [16, 1_024];

/** Held here: every byte of a text may come to it, and a global of a context of the host's own is looked up slowly. */
const { imul } = Math;

class Trie {
  readonly parents: Int32Array;
  readonly bytes: Uint8Array;
  readonly depths: Int32Array;
  /** Of the pattern that ends in a state, its index and one; 0 for none. */
  readonly ends: Int32Array;
  readonly fromRoot = new Int32Array(256);
  states = 1;
  /** Most states have one child, which is kept with the state; 0 for none. */
  readonly #firstByte: Uint8Array;
  readonly #firstChild: Int32Array;
  /** Further ones by a hash of state and byte, each at its place or the next free one behind. */
  #further = new Int32Array(FEW);
  #furtherCount = 0;
  #shift = Math.clz32(FEW) + 1;
  readonly #most: number;
  /** Drawn, so that patterns cannot be made to share places. */
  readonly #multiplier = Math.floor(Math.random() * 2 ** 32) | 1;

  constructor(most: number) {
    this.parents = new Int32Array(zeros(most * INT32));
    this.bytes = new Uint8Array(zeros(most));
    this.depths = new Int32Array(zeros(most * INT32));
    this.ends = new Int32Array(zeros(most * INT32));
    this.#firstByte = new Uint8Array(zeros(most));
    this.#firstChild = new Int32Array(zeros(most * INT32));
    this.#most = most;
  }

  /** 0 where there is none: no edge leads back to the root. */
  edge(state: number, byte: number): number {
    if (state === 0) return this.fromRoot[byte]!;
    const first = this.#firstChild[state]!;
    if (first === 0 || this.#firstByte[state] === byte) return first;
    return this.#furtherCount === 0 ? 0 : this.#further[this.#place(state, byte)]!;
  }

  insert(pattern: Uint8Array, index: number): void {
    let state = 0;
    for (let at = 0; at < pattern.length; at += 1) {
      const byte = pattern[at]!;
      state = this.edge(state, byte) || this.#add(state, byte);
    }
    if (this.ends[state] === 0) this.ends[state] = index + 1;
  }

  #add(state: number, byte: number): number {
    const next = this.states++;
    this.parents[next] = state;
    this.bytes[next] = byte;
    this.depths[next] = this.depths[state]! + 1;
    if (state === 0) this.fromRoot[byte] = next;
    else if (this.#firstChild[state] === 0) {
      this.#firstByte[state] = byte;
      this.#firstChild[state] = next;
    } else {
      if (this.#furtherCount * 2 >= this.#further.length) this.#makeRoom();
      this.#further[this.#place(state, byte)] = next;
      this.#furtherCount += 1;
    }
    return next;
  }

  /** A table of few children doubles; one of many has room for all that may come, for moving those would be a long turn. */
  #makeRoom(): void {
    const few = this.#further;
    const size = few.length < MANY ? few.length * 2 : 2 ** (Math.ceil(Math.log2(this.#most)) + 1);
    this.#further = new Int32Array(zeros(size * INT32));
    this.#shift = Math.clz32(size) + 1;
    for (const child of few)
      if (child !== 0) this.#further[this.#place(this.parents[child]!, this.bytes[child]!)] = child;
  }

  /** Where the child is, or would be. The table is never more than half full. */
  #place(state: number, byte: number): number {
    const last = this.#further.length - 1;
    for (let at = imul(state * 256 + byte, this.#multiplier) >>> this.#shift; ; at = (at + 1) & last) {
      const child = this.#further[at]!;
      if (child === 0 || (this.parents[child] === state && this.bytes[child] === byte)) return at;
    }
  }
}

/** Every state but the root, the shallow ones first. */
function* byDepth(depths: Int32Array, states: number): Generator<void, Int32Array> {
  const next: number[] = [];
  for (let state = 1; state < states; state += 1) {
    next[depths[state]!] = (next[depths[state]!] ?? 0) + 1;
    if (state % STEP === 0) yield;
  }
  let sum = 0;
  for (let depth = 1; depth < next.length; depth += 1) {
    const count = next[depth]!;
    next[depth] = sum;
    sum += count;
  }
  const order = new Int32Array(zeros((states - 1) * INT32));
  for (let state = 1; state < states; state += 1) {
    order[next[depths[state]!]!++] = state;
    if (state % STEP === 0) yield;
  }
  return order;
}
