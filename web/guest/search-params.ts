/** `URLSearchParams`: a list of pairs that may belong to a URL and then writes itself into it. */
import type { Bridge } from "../../sandbox/guest/bridge.d.ts";

import { toWellFormed } from "./idl.ts";
import { createIterators } from "./iterators.ts";
import { below, nameOf, showBy } from "./shown.ts";

type Pair = [string, string];

// oxlint-disable-next-line eslint/max-lines-per-function -- a class over the bridge; each method is short
export function createSearchParams(bridge: Bridge) {
  const parse = (query: string): Pair[] =>
    query === "" ? [] : (bridge.callWorker("params.parse", JSON.stringify(query)).value as Pair[]);

  const iterators = createIterators("URLSearchParams");

  class URLSearchParams {
    #pairs: Pair[] = [];
    #update: ((query: string) => void) | null = null;

    constructor(init: unknown = "") {
      if (typeof init === "function" || (typeof init === "object" && init !== null)) this.#pairs = pairsOf(init);
      else {
        const text = toWellFormed(init);
        this.#pairs = parse(text.startsWith("?") ? text.slice(1) : text);
      }
    }
    get size(): number {
      return this.#pairs.length;
    }
    append(name: unknown, value: unknown): void {
      need(arguments, 2, "append");
      this.#pairs.push([toWellFormed(name), toWellFormed(value)]);
      this.#changed();
    }
    delete(name: unknown, value?: unknown): void {
      need(arguments, 1, "delete");
      const [key, only] = [toWellFormed(name), value === undefined ? null : toWellFormed(value)];
      this.#pairs = this.#pairs.filter((pair) => pair[0] !== key || (only !== null && pair[1] !== only));
      this.#changed();
    }
    get(name: unknown): string | null {
      need(arguments, 1, "get");
      const key = toWellFormed(name);
      return this.#pairs.find((pair) => pair[0] === key)?.[1] ?? null;
    }
    getAll(name: unknown): string[] {
      need(arguments, 1, "getAll");
      const key = toWellFormed(name);
      return this.#pairs.filter((pair) => pair[0] === key).map((pair) => pair[1]);
    }
    has(name: unknown, value?: unknown): boolean {
      need(arguments, 1, "has");
      const [key, only] = [toWellFormed(name), value === undefined ? null : toWellFormed(value)];
      return this.#pairs.some((pair) => pair[0] === key && (only === null || pair[1] === only));
    }
    set(name: unknown, value: unknown): void {
      need(arguments, 2, "set");
      const [key, text] = [toWellFormed(name), toWellFormed(value)];
      const first = this.#pairs.findIndex((pair) => pair[0] === key);
      if (first < 0) this.#pairs.push([key, text]);
      else {
        this.#pairs = this.#pairs.filter((pair, at) => at <= first || pair[0] !== key);
        this.#pairs[first] = [key, text];
      }
      this.#changed();
    }
    sort(): void {
      this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      this.#changed();
    }
    toString(): string {
      return bridge.callWorker("params.stringify", JSON.stringify(this.#pairs)).value as string;
    }
    forEach(callback: (value: string, name: string, params: this) => void, thisArg?: unknown): void {
      if (typeof callback !== "function") throw new TypeError("forEach takes a function");
      for (const [name, value] of this) Reflect.apply(callback, thisArg, [value, name, this]);
    }
    entries(): IterableIterator<Pair> {
      return this.#each((pair): Pair => [...pair]);
    }
    keys(): IterableIterator<string> {
      return this.#each(([name]) => name);
    }
    values(): IterableIterator<string> {
      return this.#each(([, value]) => value);
    }
    #each<Item>(part: (pair: Pair) => Item): IterableIterator<Item> {
      return iterators.of({ size: () => this.#pairs.length, item: (at) => part(this.#pairs[at]!) });
    }
    [Symbol.iterator](): IterableIterator<Pair> {
      return this.entries();
    }
    static link(
      query: string,
      update: ((query: string) => void) | null,
      params: URLSearchParams = new URLSearchParams(),
    ): URLSearchParams {
      params.#pairs = parse(query);
      if (update) params.#update = update;
      return params;
    }
    #changed(): void {
      this.#update?.(this.toString());
    }
    get [Symbol.toStringTag](): string {
      return "URLSearchParams";
    }
  }
  const { link } = URLSearchParams;
  Reflect.deleteProperty(URLSearchParams, "link");
  showBy(iterators, (self, depth, options, inspect) => {
    if (depth !== null && depth < 0) return options.stylize("[Object]", "special");
    const inner = { ...options, ...(depth === null ? {} : { depth: depth - 1 }) };
    const rest = iterators.rest(self);
    const gap = inspect(rest, inner).includes("\n") ? "\n  " : " ";
    return `URLSearchParams Iterator {${gap}${rest.map((item) => inspect(item, inner)).join(`,${gap}`)} }`;
  });
  showBy(URLSearchParams, (self, depth, options, inspect) => {
    if (depth !== null && depth < 0) return options.stylize("[Object]", "special");
    const inner = below(options);
    const pairs = [...self.entries()].map(([name, value]) => `${inspect(name, inner)} => ${inspect(value, inner)}`);
    const length = pairs.reduce((sum, pair) => sum + pair.length + 2, -2);
    if (pairs.length === 0) return `${nameOf(self)} {}`;
    return length > (options.breakLength ?? 128)
      ? `${nameOf(self)} {\n  ${pairs.join(",\n  ")} }`
      : `${nameOf(self)} { ${pairs.join(", ")} }`;
  });
  return { URLSearchParams, link };
}

function pairsOf(init: object): Pair[] {
  if (Symbol.iterator in init) {
    return Array.from(init as Iterable<unknown>, (entry) => {
      const pair =
        typeof entry === "object" && entry !== null && Symbol.iterator in entry ? [...(entry as string[])] : [];
      if (pair.length !== 2) throw new TypeError("each query pair must be an iterable [name, value] tuple");
      return [toWellFormed(pair[0]), toWellFormed(pair[1])];
    });
  }
  const pairs = new Map<string, string>();
  for (const key of Reflect.ownKeys(init)) {
    if (!Object.prototype.propertyIsEnumerable.call(init, key)) continue;
    if (typeof key === "symbol") throw new TypeError("a symbol cannot be the name of a query pair");
    pairs.set(toWellFormed(key), toWellFormed((init as Record<string, unknown>)[key]));
  }
  return [...pairs];
}

function need(given: IArguments, count: number, name: string): void {
  if (given.length < count)
    throw new TypeError(`URLSearchParams.${name} needs ${count} argument${count > 1 ? "s" : ""}`);
}
