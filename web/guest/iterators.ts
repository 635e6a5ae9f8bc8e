/**
 * Iterators of the platform's lists (`Headers`, `URLSearchParams`, `FormData`): by position, so that a loop sees what changes while it runs, and with
 * the names that the standard gives them.
 */
const PROTOTYPE = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object;

/** A list as it is at the moment of each call. */
export interface Listing<Item> {
  size(): number;
  item(at: number): Item;
}

interface Position {
  readonly listing: Listing<unknown>;
  at: number;
}

/** Makes iterators of one class; `rest` of one gives what it has still to come. */
export interface Iterators {
  of<Item>(listing: Listing<Item>): IterableIterator<Item>;
  readonly prototype: object;
  rest(iterator: object): readonly unknown[];
}

export function createIterators(className: string): Iterators {
  const positions = new WeakMap<object, Position>();
  const prototype = Object.create(PROTOTYPE) as object;
  const positionOf = (iterator: object): Position => {
    const position = positions.get(iterator);
    if (position === undefined) throw new TypeError(`next is called on something that is no ${className} Iterator`);
    return position;
  };
  const methods = {
    next(this: object): IteratorResult<unknown> {
      const position = positionOf(this);
      if (position.at >= position.listing.size()) return { value: undefined, done: true };
      return { value: position.listing.item(position.at++), done: false };
    },
  };
  const shared = { writable: true, enumerable: true, configurable: true };
  Object.defineProperty(prototype, "next", { ...shared, value: methods.next });
  Object.defineProperty(prototype, Symbol.toStringTag, { value: `${className} Iterator`, configurable: true });
  return {
    prototype,
    of<Item>(listing: Listing<Item>) {
      const iterator = Object.create(prototype) as IterableIterator<Item>;
      positions.set(iterator, { listing, at: 0 });
      return iterator;
    },
    rest(iterator) {
      const { listing, at } = positionOf(iterator);
      return Array.from({ length: Math.max(0, listing.size() - at) }, (_, index) => listing.item(at + index));
    },
  };
}
