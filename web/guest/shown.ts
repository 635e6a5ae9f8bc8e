/**
 * Shown objects: how `console` shows the classes of the platform: as Node's do, by the method that Node's own formatter looks for. What they hold is in
 * private fields, so that without it each would be an empty object, and a stream the inside of a polyfill.
 */
const CUSTOM = Symbol.for("nodejs.util.inspect.custom");
/** The mark of the platform's own methods, which an action's do not have: the parts that define them and the one that prints are loaded apart. */
const OWN = Symbol.for("baton.shown");
const MAX_SEEN = 1_000;
/** Of an array as many are shown. */
const MAX_ITEMS = 100;

export interface ShowOptions {
  depth?: number | null;
  readonly breakLength?: number;
  readonly stylize: (text: string, style: string) => string;
}
export type Inspect = (value: unknown, options: ShowOptions) => string;
type Shows<T> = (self: T, depth: number | null, options: ShowOptions, inspect: Inspect) => unknown;
interface ClassOf<T> {
  readonly prototype: T;
}

/** What is no object of the class after all, such as one made of its prototype, is shown as any other object. */
export function showBy<T extends object>(given: ClassOf<T>, show: Shows<T>): void {
  const holder = {
    [CUSTOM](this: T, depth: number | null, options: ShowOptions, inspect: Inspect): unknown {
      try {
        return show(this, depth, options, inspect);
      } catch (error) {
        // As it is shown where its prototype is no class of the platform.
        if (error instanceof TypeError) return `${nameOf(this)} {}`;
        throw error;
      }
    },
  };
  Object.defineProperty(holder[CUSTOM], OWN, { value: true });
  Object.defineProperty(given.prototype, CUSTOM, { value: holder[CUSTOM], writable: true, configurable: true });
}

/**
 * Whether a value is of the platform, or holds what is, and nothing that shows itself by a method of the action's. `console.dir` calls no such method;
 * without any the platform's objects would be shown as what they are made of.
 */
export function holdsShown(value: unknown, levels: number): boolean {
  let isFound = false;
  let seen = 0;
  const isOther = (one: unknown, depth: number): boolean => {
    if (one === null || typeof one !== "object" || depth < 0 || ++seen > MAX_SEEN) return false;
    const method: unknown = (one as Record<symbol, unknown>)[CUSTOM];
    if (typeof method === "function") {
      if (!Object.hasOwn(method, OWN)) return true;
      isFound = true;
      return false;
    }
    if (ArrayBuffer.isView(one)) return false;
    const keys = Array.isArray(one)
      ? Array.from({ length: Math.min(one.length, MAX_ITEMS) }, (_, at) => String(at))
      : Object.keys(one);
    return keys.some((key) => isOther(Object.getOwnPropertyDescriptor(one, key)?.value, depth - 1));
  };
  return !isOther(value, levels) && isFound;
}

/** `Name { … }` with one level less below it, and the name alone where the depth is used up. */
export function showFields<T extends object>(
  given: ClassOf<T>,
  name: string | null,
  fields: (self: T) => object,
): void {
  showBy(given, (self, depth, options, inspect) => {
    const own = name ?? nameOf(self);
    if (depth !== null && depth < 0) return options.stylize(`[${own}]`, "special");
    return `${own} ${inspect(fields(self), below(options))}`;
  });
}

/** `Name { … }` at every depth, as Node shows what belongs to `fetch`. */
export function showWhole<T extends object>(given: ClassOf<T>, name: string, fields: (self: T) => object): void {
  showBy(given, (self, depth, options, inspect) => {
    options.depth ??= depth;
    return `${name} ${inspect(fields(self), options)}`;
  });
}

export function below(options: ShowOptions): ShowOptions {
  return { ...options, depth: typeof options.depth === "number" ? options.depth - 1 : null };
}

/** Of the nearest class that has a name. */
export function nameOf(self: object): string {
  for (let at: object | null = self; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const made: unknown = Object.getOwnPropertyDescriptor(at, "constructor")?.value;
    if (typeof made === "function" && made.name !== "") return made.name;
  }
  return "Object";
}
