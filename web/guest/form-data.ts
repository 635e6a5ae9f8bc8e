/** `FormData`: names with texts or files, in order. How it becomes a body is the sender's business. */
import { createIterators } from "./iterators.ts";
import { toWellFormed } from "./idl.ts";
import { showWhole } from "./shown.ts";

interface FileLike {
  readonly name: string;
  readonly lastModified: number;
}
interface Classes {
  readonly isBlob: (value: unknown) => boolean;
  readonly File: new (parts: unknown, name: unknown, options?: object) => FileLike;
}
type Value = string | FileLike;
type Pair = [string, Value];

// oxlint-disable-next-line eslint/max-lines-per-function -- a class over its iterators; each method is short
export function createFormData({ isBlob, File }: Classes) {
  const iterators = createIterators("FormData");

  class FormData {
    #pairs: Pair[] = [];

    constructor(form?: unknown) {
      if (form !== undefined) throw new TypeError("there is no form to read here");
    }
    append(name: unknown, value: unknown, filename?: unknown): void {
      need(arguments, 2);
      this.#pairs.push(entry(name, value, filename, filename !== undefined));
    }
    set(name: unknown, value: unknown, filename?: unknown): void {
      need(arguments, 2);
      const pair = entry(name, value, filename, filename !== undefined);
      const first = this.#pairs.findIndex(([key]) => key === pair[0]);
      if (first < 0) this.#pairs.push(pair);
      else {
        this.#pairs = this.#pairs.filter(([key], at) => at <= first || key !== pair[0]);
        this.#pairs[first] = pair;
      }
    }
    delete(name: unknown): void {
      need(arguments, 1);
      const key = toWellFormed(name);
      this.#pairs = this.#pairs.filter((pair) => pair[0] !== key);
    }
    get(name: unknown): Value | null {
      need(arguments, 1);
      const key = toWellFormed(name);
      return this.#pairs.find((pair) => pair[0] === key)?.[1] ?? null;
    }
    getAll(name: unknown): Value[] {
      need(arguments, 1);
      const key = toWellFormed(name);
      return this.#pairs.filter((pair) => pair[0] === key).map((pair) => pair[1]);
    }
    has(name: unknown): boolean {
      need(arguments, 1);
      const key = toWellFormed(name);
      return this.#pairs.some((pair) => pair[0] === key);
    }
    forEach(callback: (value: Value, name: string, form: this) => void, thisArg?: unknown): void {
      if (typeof callback !== "function") throw new TypeError("forEach takes a function");
      for (const [name, value] of this) Reflect.apply(callback, thisArg, [value, name, this]);
    }
    entries(): IterableIterator<Pair> {
      return this.#each((pair): Pair => [...pair]);
    }
    keys(): IterableIterator<string> {
      return this.#each(([name]) => name);
    }
    values(): IterableIterator<Value> {
      return this.#each(([, value]) => value);
    }
    #each<Item>(part: (pair: Pair) => Item): IterableIterator<Item> {
      return iterators.of({ size: () => this.#pairs.length, item: (at) => part(this.#pairs[at]!) });
    }
    [Symbol.iterator](): IterableIterator<Pair> {
      return this.entries();
    }
    get [Symbol.toStringTag](): string {
      return "FormData";
    }
  }
  // Of some entries of one name Node shows a list.
  showWhole(FormData, "FormData", (form) => {
    const shown: Record<string, unknown> = {};
    for (const name of new Set(form.keys())) {
      const values = form.getAll(name);
      Object.defineProperty(shown, name, { value: values.length === 1 ? values[0] : values, enumerable: true });
    }
    return shown;
  });
  return FormData;

  function entry(name: unknown, value: unknown, filename: unknown, named: boolean): Pair {
    if (!isBlob(value)) {
      if (named) throw new TypeError("only a Blob can have a file name");
      return [toWellFormed(name), toWellFormed(value)];
    }
    const file = value instanceof File ? value : null;
    if (file && !named) return [toWellFormed(name), file];
    const { type } = value as { type: string };
    const options = file ? { type, lastModified: file.lastModified } : { type };
    return [toWellFormed(name), new File([value], named ? toWellFormed(filename) : "blob", options)];
  }
}

function need(given: IArguments, count: number): void {
  if (given.length < count)
    throw new TypeError(`this method of FormData needs ${count} argument${count > 1 ? "s" : ""}`);
}
