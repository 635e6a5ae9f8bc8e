/**
 * Whatever an action throws becomes text here, inside the isolate and under its deadline: a getter of a thrown error may loop or throw,
 * and only strings that were read once and cut leave. It is loaded for the first thing thrown, so it calls nothing but what it is handed.
 */
import type { Primordials } from "../primordials.ts";

export interface Envelope {
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
  readonly code: string | null;
}

const MAX_NAME = 200;
const MAX_MESSAGE = 4_000;
const MAX_STACK = 8_000;
/** Errors within errors: all of them together, and how deep they may stand. */
const MAX_INNER = 10;
const MAX_DEPTH = 4;
const MAX_TEXT = 16_000;

type Own = Pick<Primordials, "cut" | "isArray">;

export default function failure(own: Own): (thrown: unknown) => Envelope {
  return (thrown) => describe(thrown, own);
}

function describe(thrown: unknown, own: Own): Envelope {
  if (thrown === null || (typeof thrown !== "object" && typeof thrown !== "function"))
    return describePrimitive(thrown, own);
  const message = read(thrown, "message", MAX_MESSAGE, own);
  const stack = read(thrown, "stack", MAX_STACK, own);
  if (message === null && stack === null) return describeObject(thrown, own);
  return {
    name: read(thrown, "name", MAX_NAME, own) || "Error",
    message: message ?? "",
    stack: withInner(thrown, stack, own),
    code: read(thrown, "code", MAX_NAME, own),
  };
}

function describePrimitive(thrown: unknown, own: Own): Envelope {
  const shown = primitive(thrown, MAX_MESSAGE, own);
  return { name: "NonError", message: `${shown} was thrown, which is not an Error`, stack: null, code: null };
}

function primitive(value: unknown, max: number, { cut }: Own): string {
  if (typeof value === "string") return `the string "${cut(value, max)}"`;
  if (typeof value === "symbol") return "a symbol";
  if (typeof value === "bigint") return "a BigInt";
  return typeof value === "function" ? "a function" : `${value as null | undefined | number | boolean}`;
}

function describeObject(thrown: object, own: Own): Envelope {
  const kind = typeof thrown === "function" ? "a function" : "an object";
  return {
    name: read(thrown, "name", MAX_NAME, own) || "NonError",
    message: `${kind} was thrown, which is not an Error and has no message`,
    stack: null,
    code: read(thrown, "code", MAX_NAME, own),
  };
}

/** The stack, and after it those of the errors inside: causes, the errors of an AggregateError, what a SuppressedError holds. */
function withInner(thrown: object, stack: string | null, own: Own): string | null {
  if (stack === null) return null;
  const state = { text: stack, left: MAX_INNER };
  addInner({ error: thrown, outer: null }, MAX_DEPTH, state, own);
  return state.text;
}

/** An error and those around it: one that is its own cause is shown once. */
interface Chain {
  readonly error: object;
  readonly outer: Chain | null;
}

function addInner(chain: Chain, depth: number, state: { text: string; left: number }, own: Own): void {
  if (depth === 0) return;
  const { error } = chain;
  const add = (label: string, inner: unknown): void => {
    if (state.left <= 0 || isIn(chain, inner)) return;
    const isObject = inner !== null && typeof inner === "object";
    const stack = isObject ? read(inner, "stack", MAX_STACK, own) : null;
    // A cause that only repeats its error, as that of a refused request does, which is there for its code.
    if (stack === null && isObject && repeats(inner, error, own)) return;
    state.left--;
    state.text = own.cut(`${state.text}\n${label}: ${stack ?? shortly(inner, own)}`, MAX_TEXT);
    if (isObject && stack !== null) addInner({ error: inner, outer: chain }, depth - 1, state, own);
  };
  const name = read(error, "name", MAX_NAME, own);
  if (name === "AggregateError") {
    const errors = readRaw(error, "errors");
    const count = errors !== null && typeof errors === "object" && isList(errors, own) ? length(errors) : 0;
    for (let at = 0; at < count && state.left > 0; at++)
      add(`Error ${at + 1} of ${count}`, readRaw(errors as object, `${at}`));
  }
  if (name === "SuppressedError") {
    add("Error", readRaw(error, "error"));
    add("Suppressed", readRaw(error, "suppressed"));
  }
  const cause = readRaw(error, "cause");
  if (cause !== null && cause !== undefined) add("Caused by", cause);
}

function isIn(chain: Chain, inner: unknown): boolean {
  for (let at: Chain | null = chain; at !== null; at = at.outer) if (at.error === inner) return true;
  return false;
}

function repeats(inner: object, error: object, own: Own): boolean {
  const message = read(inner, "message", MAX_MESSAGE, own);
  return message !== null && message === read(error, "message", MAX_MESSAGE, own);
}

/** What is no error, in a few words on one line: it has no stack. */
function shortly(value: unknown, own: Own): string {
  if (value === null || typeof value !== "object") return primitive(value, MAX_NAME, own);
  const message = read(value, "message", MAX_NAME, own);
  const code = read(value, "code", MAX_NAME, own);
  if (message !== null) return code === null ? message : `${message} (${code})`;
  return code === null ? "an object" : `an object with the code ${code}`;
}

/** A proxy that was revoked throws. */
function isList(value: object, { isArray }: Own): boolean {
  try {
    return isArray(value);
  } catch {
    return false;
  }
}

function length(list: object): number {
  const count = readRaw(list, "length");
  return typeof count === "number" ? count : 0;
}

function read(from: object, key: string, max: number, { cut }: Own): string | null {
  const value = readRaw(from, key);
  return typeof value === "string" ? cut(value, max) : null;
}

function readRaw(from: object, key: string): unknown {
  try {
    return (from as Record<string, unknown>)[key];
  } catch {
    return null;
  }
}
