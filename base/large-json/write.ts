/**
 * Writes JSON text in slices: the same text as `JSON.stringify`, which cannot be left before its end, or the same with the keys of each object in
 * order. A value that changes meanwhile is written as it is when its turn comes.
 */
import { types } from "node:util";
import { type Slices, createSlices } from "../slices.ts";
import { isSmall } from "./size.ts";
import { sortedInSlices } from "./sort.ts";

/** Values that are written between two looks at the clock. */
const VALUES = 256;
/** Characters of a piece, about. */
const PIECE_CHARS = 64 * 1024;

export interface WriteOptions {
  readonly slices: Slices;
  /** Characters that the text may have. Default: any number. */
  readonly chars?: number;
  /** Levels of lists and objects. Default: any number. */
  readonly depth?: number;
  /** Keys in the order of their code units, those that are indices before all others, as an object made of them has them. */
  readonly sorted?: boolean;
}

/** Why there is no text: it holds itself, a BigInt or a getter that throws, or nothing that JSON knows; or it passes a bound. */
export type NotWritten = { readonly wrong: "no_json" | "too_long" | "too_deep" };

export async function writeJson(value: unknown, options: WriteOptions): Promise<string | NotWritten> {
  const pieces: string[] = [];
  const writer = new Writer(options).write(value);
  try {
    for (let next = await writer.next(); ; next = await writer.next()) {
      if (next.done === true) return next.value ?? pieces.join("");
      pieces.push(next.value);
    }
  } catch {
    return { wrong: "no_json" };
  }
}

/** Of what was read from JSON text, and so has one: at once where it is small, in slices where it is long. */
export async function jsonText(value: unknown): Promise<string> {
  if (isSmall(value)) return JSON.stringify(value);
  return (await writeJson(value, { slices: createSlices({ isSpent: true }) })) as string;
}

/** The text piece by piece, for what takes it so. Throws where there is no text. */
export async function* jsonPieces(value: unknown, slices: Slices): AsyncGenerator<string, void> {
  const wrong = yield* new Writer({ slices }).write(value);
  if (wrong !== null) throw new TypeError("It cannot be written as JSON.");
}

interface Open {
  readonly value: object;
  readonly keys: readonly string[] | null;
  readonly count: number;
  at: number;
  isFirst: boolean;
}

class Writer {
  readonly #options: WriteOptions;
  readonly #open: Open[] = [];
  readonly #ancestors = new Set<object>();
  #pieces: string[] = [];
  /** Characters of these. */
  #waiting = 0;
  #chars = 0;

  constructor(options: WriteOptions) {
    this.#options = options;
  }

  async *write(given: unknown): AsyncGenerator<string, NotWritten | null> {
    const { slices, chars = Infinity, depth = Infinity, sorted = false } = this.#options;
    let inside = this.#put(asWritten(given, ""), "");
    if (inside === undefined) return { wrong: "no_json" };
    for (let left = VALUES; ; left--) {
      if (inside) {
        if (this.#ancestors.has(inside)) return { wrong: "no_json" };
        if (this.#open.length >= depth) return { wrong: "too_deep" };
        this.#enter(
          inside,
          sorted && !Array.isArray(inside) ? await sortedInSlices(Object.keys(inside), slices) : null,
        );
      }
      if (this.#chars > chars) return { wrong: "too_long" };
      const top = this.#open.at(-1);
      if (top === undefined) {
        yield this.#take();
        return null;
      }
      inside = this.#next(top);
      if (left > 0 && this.#waiting < PIECE_CHARS) continue;
      left = VALUES;
      yield this.#take();
      await slices.pause();
    }
  }

  #take(): string {
    const text = this.#pieces.join("");
    this.#pieces = [];
    this.#waiting = 0;
    return text;
  }

  #enter(value: object, sorted: readonly string[] | null): void {
    const keys = Array.isArray(value) ? null : (sorted ?? Object.keys(value));
    const count = keys?.length ?? (value as readonly unknown[]).length;
    this.#open.push({ value, keys, count, at: 0, isFirst: true });
    this.#ancestors.add(value);
    this.#add(keys === null ? "[" : "{");
  }

  /** The next member of it, or its end; gives what is to be entered then. */
  #next(top: Open): object | null {
    if (top.at === top.count) {
      this.#open.pop();
      this.#ancestors.delete(top.value);
      this.#add(top.keys === null ? "]" : "}");
      return null;
    }
    const at = top.at++;
    const key = top.keys === null ? at : top.keys[at]!;
    const value = asWritten((top.value as Readonly<Record<string | number, unknown>>)[key], key);
    const name = top.keys === null ? "" : `${JSON.stringify(key)}:`;
    const inside = this.#put(value, top.isFirst ? name : `,${name}`, top.keys === null ? "null" : undefined);
    if (inside !== undefined) top.isFirst = false;
    return inside ?? null;
  }

  /** Undefined: JSON leaves it out. An object or list is to be entered; null: it is written. */
  #put(value: unknown, before: string, instead?: string): object | null | undefined {
    const isInside = typeof value === "object" && value !== null && !isLeaf(value);
    const text = isInside ? "" : ((JSON.stringify(value) as string | undefined) ?? instead);
    if (text === undefined) return undefined;
    this.#add(before + text);
    return isInside ? value : null;
  }

  #add(text: string): void {
    if (text === "") return;
    this.#pieces.push(text);
    this.#chars += text.length;
    this.#waiting += text.length;
  }
}

/** What `toJSON` makes of it, if it has one. */
function asWritten(value: unknown, key: string | number): unknown {
  if ((typeof value !== "object" || value === null) && typeof value !== "bigint") return value;
  const { toJSON } = value as { readonly toJSON?: unknown };
  return typeof toJSON === "function" ? (toJSON as (key: string) => unknown).call(value, String(key)) : value;
}

const { isRawJSON } = JSON as unknown as { readonly isRawJSON: (value: unknown) => boolean };
const isLeaf = (value: object): boolean => types.isBoxedPrimitive(value) || isRawJSON(value);
