/**
 * Matchers in expectations. `resolve` gives the value that was expected of what came: a matcher that holds becomes what came, one that
 * does not stays as it is written. So a difference of the two shows what is wrong and nothing else.
 */
import type { Json } from "../../sandbox/index.ts";
import { nearest } from "../../base/suggest.ts";
import { isSame } from "./difference.ts";

const MATCHERS = ["$any", "$contains", "$exact", "$partial", "$regex"] as const;
export const KINDS = ["array", "boolean", "null", "number", "object", "string"] as const;

type Fields = { readonly [key: string]: Json };

export function resolve(expected: Json, actual: Json | undefined, isPartial = false): Json {
  if (expected === "$any") return actual ?? expected;
  if (Array.isArray(expected)) {
    return expected.map((each: Json, at) =>
      resolve(each, Array.isArray(actual) ? (actual as Json[])[at] : undefined, isPartial),
    );
  }
  const fields = fieldsOf(expected);
  if (fields === null) return expected;
  if (isMatcher(fields)) return resolveMatcher(fields, actual);
  const came = fieldsOf(actual);
  const named = Object.entries(fields).map(([key, value]) => [key, resolve(value, own(came, key), isPartial)] as const);
  return { ...(isPartial && came), ...Object.fromEntries(named) };
}

export const holds = (expected: Json, actual: Json | undefined): boolean =>
  actual !== undefined && isSame(resolve(expected, actual), actual);

function resolveMatcher(matcher: Fields, actual: Json | undefined): Json {
  if (actual === undefined) return matcher;
  if ("$exact" in matcher) return matcher["$exact"]!;
  if ("$any" in matcher) return isOfKind(matcher["$any"]!, actual) ? actual : matcher;
  if ("$regex" in matcher) {
    const pattern = patternOf(matcher);
    return typeof actual === "string" && pattern.test(actual) ? actual : matcher;
  }
  if ("$partial" in matcher) return resolve(matcher["$partial"]!, actual, true);
  const part = matcher["$contains"]!;
  if (fieldsOf(part) !== null && fieldsOf(actual) !== null && !isMatcher(fieldsOf(part)!))
    return resolve(part, actual, true);
  return contains(actual, part) ? actual : matcher;
}

/** Throws a SyntaxError where it is none. */
function patternOf({ $regex, $flags = "u" }: Fields): RegExp {
  if (typeof $regex !== "string" || typeof $flags !== "string") throw new SyntaxError("expected text");
  return new RegExp($regex, $flags);
}

function contains(actual: Json, part: Json): boolean {
  if (typeof actual === "string") {
    return Array.isArray(part)
      ? part.every((each: Json) => contains(actual, each))
      : typeof part === "string" && actual.includes(part);
  }
  if (!Array.isArray(actual)) return false;
  const wanted = Array.isArray(part) ? (part as Json[]) : [part];
  return wanted.every((each) => (actual as Json[]).some((item) => isSame(resolve(each, item, true), item)));
}

function isOfKind(asked: Json, actual: Json): boolean {
  if (asked === true) return true;
  const kind = actual === null ? "null" : Array.isArray(actual) ? "array" : typeof actual;
  return asked === kind;
}

function isMatcher(fields: Fields): boolean {
  const keys = Object.keys(fields);
  if (keys.length === 2 && "$regex" in fields && "$flags" in fields) return true;
  return keys.length === 1 && (MATCHERS as readonly string[]).includes(keys[0]!);
}

function fieldsOf(value: Json | undefined): Fields | null {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Fields) : null;
}

const own = (fields: Fields | null, key: string): Json | undefined =>
  fields !== null && Object.hasOwn(fields, key) ? fields[key] : undefined;

export interface MatcherMistake {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What is wrong with the matchers of an expected value; null where nothing is. */
export function matcherMistake(value: Json, path: readonly (string | number)[] = []): MatcherMistake | null {
  if (Array.isArray(value))
    return firstOf(
      value.map((each: Json, at) => [at, each] as const),
      path,
    );
  const fields = fieldsOf(value);
  if (fields === null) return null;
  if (isMatcher(fields)) {
    if ("$exact" in fields) return null;
    const message = badMatcher(fields);
    if (message !== null) return { path, message };
    return firstOf(Object.entries(fields), path);
  }
  const [only, ...more] = Object.keys(fields);
  const near = only !== undefined && more.length === 0 && only.startsWith("$") ? nearest(only, MATCHERS) : null;
  if (near !== null) {
    return {
      path,
      message: `there is no matcher ${only}: did you mean ${near}? ($exact takes what it holds as it is written)`,
    };
  }
  return firstOf(Object.entries(fields), path);
}

function firstOf(entries: readonly (readonly [string | number, Json])[], path: readonly (string | number)[]) {
  for (const [key, value] of entries) {
    const found = matcherMistake(value, [...path, key]);
    if (found !== null) return found;
  }
  return null;
}

function badMatcher(fields: Fields): string | null {
  const kind = fields["$any"];
  if (kind !== undefined && kind !== true && !(KINDS as readonly unknown[]).includes(kind)) {
    return `$any is true, or one of ${KINDS.join(", ")}`;
  }
  if (!("$regex" in fields)) return null;
  try {
    patternOf(fields);
    return null;
  } catch (error) {
    return `$regex cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}
