/**
 * Remembers which entry of the cache a source led to, so that a run of a known action costs neither a hash of its text nor a wait. The cache stays
 * the one that holds artifacts and gives them up: what is here only leads there.
 */
import { LRUCache } from "lru-cache";

export interface Known {
  /** As it was given. */
  readonly filename: string | undefined;
  /** As they were given: what one may import another with the same text may not. */
  readonly packages: readonly string[] | undefined;
  /** As it is shown. */
  readonly shown: string;
  readonly key: string;
}

const MAX_CHARS = 8 * 1024 * 1024;

export class ActionMemo {
  readonly #known = new LRUCache<string, Known>({
    maxSize: MAX_CHARS,
    sizeCalculation: (_, source) => source.length + 512,
  });

  find(source: string, filename: string | undefined, packages: readonly string[] | undefined): Known | undefined {
    const known = this.#known.get(source);
    return known?.filename === filename && areSame(known?.packages, packages) ? known : undefined;
  }

  note(source: string, known: Known): void {
    this.#known.set(source, known);
  }
}

function areSame(left: readonly string[] | undefined, right: readonly string[] | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return left.length === right.length && left.every((name, at) => name === right[at]);
}
