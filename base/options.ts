/**
 * Options of public functions, read by strict schemas where they are given: a misspelt or impossible option ends in one sentence that
 * names the key and says what it should be, at the start and not in the middle of a call. No sentence shows a value: it may be a secret.
 */
import { z } from "zod";

/** Thrown by a function whose options cannot be used; `retry` is "never", as of a HostFault. */
export class OptionsError extends TypeError {
  readonly code: string;
  readonly retry = "never";
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "OptionsError";
    this.code = code;
  }
}

/** The page of the documentation that has the options of a function; where each key has its own, the page of a key. */
export type Page = string | ((key: string | null) => string);

interface Told {
  readonly page: Page;
  readonly code?: string;
}

/** `of` is the function, as its user calls it. */
export function readOptions<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
  of: string,
  { page, code = "OPTIONS_INVALID" }: Told,
): z.output<Schema> {
  const see = (key: string | null): string => ` (${typeof page === "string" ? page : page(key)})`;
  let read;
  try {
    read = schema.safeParse(isContainer(given) ? null : given);
  } catch (cause) {
    // A getter of the caller's, whose words may hold anything.
    throw new OptionsError(code, `${of}: the options cannot be read, a getter of theirs throws${see(null)}.`, {
      cause,
    });
  }
  if (read.success) return read.data;
  const [key = null] = read.error.issues[0]?.path ?? [];
  const where = see(key === null ? null : String(key));
  const whole = schema instanceof z.ZodObject ? "the options" : "it";
  throw new OptionsError(code, `${of}: ${sentenceOf(read.error, given, schema, whole)}${where}.`);
}

/** A promise, a Map or a list has no keys of its own, and would pass for an object in which nothing is set. */
export function isContainer(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return (
    typeof (value as { then?: unknown }).then === "function" || (Symbol.iterator in value && !Array.isArray(value))
  );
}

/** What is wrong first, as a clause: `"ringSeconds" should be a whole number from 1 to 600`. `whole` is what stands for all that was given. */
export function sentenceOf(error: z.ZodError, given: unknown, schema?: z.ZodType, whole = "it"): string {
  const issue = nearestIssue(error.issues[0] as z.core.$ZodIssue);
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    const known = schema === undefined ? [] : keysAt(schema, issue.path);
    const meant = nearest(key, known);
    const where = issue.path.length === 0 ? "" : ` in "${pathOf(issue.path)}"`;
    if (meant !== null) return `there is no "${shown(key)}"${where}; did you mean "${meant}"?`.replace(/\?$/, "");
    const list = known.length === 0 ? "" : `; there are ${known.slice(0, 24).join(", ")}`;
    return `there is no "${shown(key)}"${where}${list}`;
  }
  const what = wanted(issue);
  if (issue.path.length === 0) return `${whole} should be ${what.replace("a value of type object", "an object")}`;
  const missing = valueAt(given, issue.path) === undefined;
  return `"${pathOf(issue.path)}" ${missing ? "is missing; it " : ""}should be ${what}`;
}

/** A message of ours says what is wanted; zod's own say what was found as well. */
function wanted(issue: z.core.$ZodIssue): string {
  if (issue.code === "too_big" && issue.message.startsWith("Too big")) return `at most ${issue.maximum}`;
  if (issue.code === "too_small" && issue.message.startsWith("Too small")) return `at least ${issue.minimum}`;
  const [text = ""] = issue.message.split(", received ", 1);
  const type = after("Invalid input: expected ", text);
  const choice = after("Invalid option: expected ", text);
  if (choice !== null) return choice;
  const bare = type === null ? (after("expected ", text) ?? text) : `a value of type ${type}`;
  return bare.endsWith(".") ? bare.slice(0, -1) : bare;
}

const after = (start: string, text: string): string | null =>
  text.startsWith(start) ? text.slice(start.length) : null;

const shown = (key: string): string => key.slice(0, 64).replaceAll(/[^\x20-\x7e]/g, "?");

function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((part, at) => (typeof part === "number" ? `[${part}]` : at === 0 ? String(part) : `.${String(part)}`))
    .join("");
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  let at = given as Record<PropertyKey, unknown> | null | undefined;
  for (const part of path) at = at?.[part] as typeof at;
  return at;
}

/** Inside a union, the issue of the alternative that came furthest; of a key, what is wrong with it. */
function nearestIssue(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code === "invalid_key" && issue.issues[0]) return { ...issue.issues[0], path: issue.path };
  // A union with a message of its own says what it wants better than any of its parts.
  if (issue.code !== "invalid_union" || issue.errors.length === 0 || issue.message !== "Invalid input") return issue;
  const [best] = issue.errors.toSorted((left, right) => (right[0]?.path.length ?? 0) - (left[0]?.path.length ?? 0));
  return best?.[0] ? nearestIssue({ ...best[0], path: [...issue.path, ...best[0].path] }) : issue;
}

function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: unknown = schema;
  for (const part of [...path, null]) {
    while (at instanceof z.ZodOptional || at instanceof z.ZodDefault || at instanceof z.ZodNullable) at = at.unwrap();
    if (part === null) break;
    at = at instanceof z.ZodObject ? (at.shape as Record<PropertyKey, unknown>)[part] : undefined;
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

/** The key that differs by a letter or two, or by case alone, or begins alike. */
function nearest(word: string, known: readonly string[]): string | null {
  const alike = known.find((name) => word.length >= 5 && name.toLowerCase().startsWith(word.slice(0, 5).toLowerCase()));
  const allowed = Math.max(1, Math.floor(word.length / 3));
  const scored = known.map((name) => ({ name, distance: distanceOf(word.toLowerCase(), name.toLowerCase()) }));
  const best = scored.toSorted((left, right) => left.distance - right.distance)[0];
  return best !== undefined && best.distance <= allowed ? best.name : (alike ?? null);
}

function distanceOf(from: string, to: string): number {
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [row, letter] of from.slice(0, 64).split("").entries()) {
    const current = [row + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const cost = (last[column - 1] as number) + (letter === to[column - 1] ? 0 : 1);
      current.push(Math.min(cost, (last[column] as number) + 1, (current[column - 1] as number) + 1));
    }
    last = current;
  }
  return last.at(-1) as number;
}

/** Parts of schemas whose messages complete the sentence "KEY should be …". */
export const text = (what: string, max = 10_000): z.ZodString => z.string(what).min(1, what).max(max, what);

export const whole = (min: number, max: number): z.ZodNumber => {
  const what = `a whole number from ${min} to ${max}`;
  return z.int(what).min(min, what).max(max, what);
};

/**
 * Milliseconds that a timer can keep: a longer one would fire at once. Rounded up to whole ones: `AbortSignal.timeout` throws for a half, and a
 * database refuses it.
 */
export const milliseconds = (max = 2_147_483_647) => {
  const what = `a number of milliseconds above 0 and at most ${max}`;
  return z.number(what).positive(what).max(max, what).transform(Math.ceil);
};

export const flag = (): z.ZodBoolean => z.boolean("true or false");

export function fn<Type>(what = "a function"): z.ZodType<Type> {
  return z.custom<Type>((value) => typeof value === "function", what);
}

/** An object that offers these functions. */
export function offering<Type>(what: string, names: readonly (keyof Type & string)[]): z.ZodType<Type> {
  return z.custom<Type>((value) => {
    if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
    return names.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
  }, what);
}

const LEVELS = ["debug", "info", "warn", "error"] as const;

/** A pino logger, the console, or anything of that shape. */
export function logger<Type>(): z.ZodType<Type> {
  return z.custom<Type>((value) => {
    if (value === null || typeof value !== "object") return false;
    return LEVELS.every((level) => typeof (value as Record<string, unknown>)[level] === "function");
  }, "a logger: an object with the functions debug, info, warn and error, such as pino's or the console");
}
