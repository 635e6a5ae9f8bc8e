/** `Headers`: names in lower case, values joined, sorted when listed, `set-cookie` kept apart. */
import { createIterators } from "../iterators.ts";
import { toText } from "../idl.ts";
import { showWhole } from "../shown.ts";

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const EDGES = /^[\t\n\r ]+|[\t\n\r ]+$/g;
// oxlint-disable-next-line no-control-regex -- what a header value must not carry
const FORBIDDEN = /[\u0000\r\n]|[^\u0000-\u00ff]/;

export type HeaderPair = [string, string];
/** Its key, its value, and its name as it was written, which only a console shows. */
type Kept = [key: string, value: string, name: string];

const ITERATORS = createIterators("Headers");

export class Headers {
  #pairs: Kept[] = [];
  #immutable = false;

  constructor(init?: unknown) {
    if (init === undefined) return;
    if (init === null || (typeof init !== "object" && typeof init !== "function"))
      throw new TypeError("headers must be an object");
    if (
      init instanceof Headers &&
      (init as { [Symbol.iterator]: unknown })[Symbol.iterator] === Headers.prototype[Symbol.iterator]
    ) {
      this.#pairs = init.#pairs.map((pair): Kept => [...pair]);
    } else if (Symbol.iterator in init) {
      for (const entry of init as Iterable<unknown>) {
        const pair =
          typeof entry === "object" && entry !== null && Symbol.iterator in entry ? [...(entry as unknown[])] : [];
        if (pair.length !== 2) throw new TypeError("each header must be a [name, value] pair");
        this.append(pair[0], pair[1]);
      }
    } else {
      for (const name of Reflect.ownKeys(init)) {
        if (!Object.prototype.propertyIsEnumerable.call(init, name)) continue;
        this.append(name, (init as Record<PropertyKey, unknown>)[name]);
      }
    }
  }
  append(name: unknown, value: unknown): void {
    need(arguments, 2);
    this.#pairs.push(this.#checked(name, value));
  }
  set(name: unknown, value: unknown): void {
    need(arguments, 2);
    const kept = this.#checked(name, value);
    const [key] = kept;
    const first = this.#pairs.findIndex((pair) => pair[0] === key);
    if (first < 0) this.#pairs.push(kept);
    else {
      this.#pairs = this.#pairs.filter((pair, at) => at <= first || pair[0] !== key);
      this.#pairs[first] = kept;
    }
  }
  delete(name: unknown): void {
    need(arguments, 1);
    const key = nameOf(name);
    this.#mutable();
    this.#pairs = this.#pairs.filter((pair) => pair[0] !== key);
  }
  get(name: unknown): string | null {
    need(arguments, 1);
    const key = nameOf(name);
    const values = this.#pairs.filter((pair) => pair[0] === key).map((pair) => pair[1]);
    return values.length === 0 ? null : values.join(key === "cookie" ? "; " : ", ");
  }
  has(name: unknown): boolean {
    need(arguments, 1);
    const key = nameOf(name);
    return this.#pairs.some((pair) => pair[0] === key);
  }
  getSetCookie(): string[] {
    return this.#pairs.filter(([name]) => name === "set-cookie").map(([, value]) => value);
  }
  forEach(callback: (value: string, name: string, headers: this) => void, thisArg?: unknown): void {
    if (typeof callback !== "function") throw new TypeError("forEach takes a function");
    for (const [name, value] of this) Reflect.apply(callback, thisArg, [value, name, this]);
  }
  entries(): IterableIterator<HeaderPair> {
    return this.#each((pair) => pair);
  }
  keys(): IterableIterator<string> {
    return this.#each(([name]) => name);
  }
  values(): IterableIterator<string> {
    return this.#each(([, value]) => value);
  }
  #each<Item>(part: (pair: HeaderPair) => Item): IterableIterator<Item> {
    return ITERATORS.of({ size: () => this.#listed().length, item: (at) => part(this.#listed()[at]!) });
  }
  [Symbol.iterator](): IterableIterator<HeaderPair> {
    return this.entries();
  }
  static freeze(headers: Headers): Headers {
    headers.#immutable = true;
    return headers;
  }
  static shown(headers: Headers): Record<string, string> {
    const shown: Record<string, string> = {};
    for (const [key, , name] of headers.#pairs) {
      if (!headers.#pairs.some((pair) => pair[0] === key && Object.hasOwn(shown, pair[2])))
        Object.defineProperty(shown, name, { value: headers.get(key), enumerable: true });
    }
    return shown;
  }
  #listed(): HeaderPair[] {
    const names = [...new Set(this.#pairs.map(([name]) => name))].sort();
    return names.flatMap((name) =>
      name === "set-cookie"
        ? this.getSetCookie().map((value): HeaderPair => [name, value])
        : [[name, this.get(name)!] as HeaderPair],
    );
  }
  #checked(name: unknown, value: unknown): Kept {
    const key = nameOf(name);
    const text = toText(value).replace(EDGES, "");
    if (FORBIDDEN.test(text)) throw new TypeError(`the value of header ${key} cannot be sent`);
    this.#mutable();
    return [key, text, toText(name)];
  }
  #mutable(): void {
    if (this.#immutable) throw new TypeError("these headers cannot be changed");
  }
  get [Symbol.toStringTag](): string {
    return "Headers";
  }
}

export const freezeHeaders = Headers.freeze;
Reflect.deleteProperty(Headers, "freeze");
showWhole(Headers, "Headers", Headers.shown);
Reflect.deleteProperty(Headers, "shown");

function nameOf(name: unknown): string {
  const text = toText(name);
  if (!TOKEN.test(text)) throw new TypeError(`"${text.slice(0, 100)}" is no name of a header`);
  return text.toLowerCase();
}

function need(given: IArguments, count: number): void {
  if (given.length < count)
    throw new TypeError(`this method of Headers needs ${count} argument${count > 1 ? "s" : ""}`);
}
