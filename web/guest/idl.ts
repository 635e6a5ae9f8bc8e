/**
 * Conversions of Web IDL, by which the platform's classes read what an action hands them, and the shape that it gives a class: what a member
 * cannot be made of is a TypeError, as in Node, and never a setting that is silently left out.
 */
export type Dictionary = Readonly<Record<string, unknown>>;

/** A text, of which a symbol can be none. */
export function toText(value: unknown): string {
  return "".concat(value as string);
}

/** A text without half a surrogate pair. */
export function toWellFormed(value: unknown): string {
  return toText(value).toWellFormed();
}

export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Options: what is not there has no members, and nothing but an object has any. */
export function toDictionary(value: unknown, what: string): Dictionary {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw invalidType(`${what} must be an object, and ${typeof value} was given`);
  return value as Dictionary;
}

/** One of the words that an option may be; the letters' case counts. */
export function toEnum<const Word extends string>(value: unknown, words: readonly Word[], what: string): Word {
  const text = toText(value);
  const word = words.find((known) => known === text);
  if (word === undefined) {
    throw invalidType(
      `${what}: ${JSON.stringify(text.slice(0, 50))} is none of ${words.map((w) => `"${w}"`).join(", ")}`,
    );
  }
  return word;
}

/** A whole number of so many bits, cut to them as the standard does where it does not refuse. */
export function toUnsigned(value: unknown, bits: number): number {
  const number = Math.trunc(value as number);
  return Number.isFinite(number) ? ((number % 2 ** bits) + 2 ** bits) % 2 ** bits : 0;
}

/** The code is Node's own, by which libraries know a wrong argument. */
export function invalidType(message: string): TypeError {
  return Object.defineProperty(new TypeError(message), "code", {
    value: "ERR_INVALID_ARG_TYPE",
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/**
 * Classes as the standard shapes them: members that a loop over an object finds, a tag that is a value, one function for a loop over an object and
 * its entries, and as many declared parameters as must be given, where that is another number than the code's own (`Class` or `Class.method`, of a
 * static one first).
 */
export function shaped<Exports extends Readonly<Record<string, unknown>>>(
  classes: Exports,
  parameters: Readonly<Record<string, number>> = {},
): Exports {
  for (const [name, value] of Object.entries(classes)) shape(name, value as Shape);
  for (const [path, length] of Object.entries(parameters)) {
    const [name, method] = path.split(".") as [string, string?];
    const given = classes[name] as Shape;
    const place = method !== undefined && Object.hasOwn(given, method) ? given : given.prototype;
    const member = method === undefined ? given : place[method];
    Object.defineProperty(member, "length", { value: length });
  }
  return classes;
}

interface Shape {
  readonly prototype: Readonly<Record<PropertyKey, unknown>>;
  readonly [name: string]: unknown;
}

function shape(name: string, given: Shape): void {
  const { prototype } = given;
  const show = (place: object, hidden: readonly string[]): void => {
    for (const key of Object.getOwnPropertyNames(place))
      if (!hidden.includes(key)) Object.defineProperty(place, key, { enumerable: true });
  };
  show(given, ["length", "name", "prototype"]);
  show(prototype, ["constructor"]);
  if (Object.hasOwn(prototype, Symbol.toStringTag))
    Object.defineProperty(prototype, Symbol.toStringTag, { value: name, writable: false });
  if (Object.hasOwn(prototype, Symbol.iterator))
    Object.defineProperty(prototype, Symbol.iterator, { value: prototype["entries"] });
}
